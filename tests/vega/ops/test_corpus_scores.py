"""Many corpus scores at once are sacreBLEU's, one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.base import Metric

from vega.metrics import build_metric, corpus_scores
from vega.ops.corpus_scores import bleu, chrf

METRICS = {name: build_metric(name, "de", [["a"]]) for name in ("bleu", "chrf", "chrf++", "ter")}


@st.composite
def bleu_sums(draw: st.DrawFn) -> list[int]:
    """Correct n-grams are some of all of their order; of an order there are at most as many as of the one before."""
    total = sorted(draw(st.lists(st.integers(0, 60), min_size=4, max_size=4)), reverse=True)
    correct = [draw(st.integers(0, each)) for each in total]
    return [total[0], draw(st.integers(0, 60)), *correct, *total]


@st.composite
def chrf_sums(draw: st.DrawFn, orders: int) -> list[int]:
    found = []
    for _ in range(orders):
        hypothesis, reference = draw(st.integers(0, 40)), draw(st.integers(0, 40))
        found += [hypothesis, reference, draw(st.integers(0, min(hypothesis, reference)))]
    return found


SUMS = {
    "bleu": bleu_sums(),
    "chrf": chrf_sums(6),
    "chrf++": chrf_sums(8),
    "ter": st.lists(st.integers(0, 90), min_size=2, max_size=2),
}


@pytest.mark.parametrize("name", METRICS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_scores_are_sacrebleus(name: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(SUMS[name], min_size=1, max_size=20))
    metric = METRICS[name]
    expected = [metric._compute_score_from_stats(list(row)).score for row in rows]
    assert corpus_scores(metric, np.array(rows, dtype=np.float64)).tolist() == pytest.approx(expected, abs=1e-9)
    single = [float(metric._compute_score_from_stats(np.array(row, dtype=np.float32)).score) for row in rows]
    found = corpus_scores(metric, np.array(rows, dtype=np.float64), single=True)
    assert found.tolist() == pytest.approx(single, abs=1e-12)


def test_a_metric_of_another_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="no vectorised score of Other"):
        corpus_scores(type("Other", (Metric,), dict.fromkeys(Metric.__abstractmethods__))(), np.zeros((1, 2)))


def test_sums_may_have_any_shape() -> None:
    rows = np.random.default_rng(1).integers(1, 50, size=(6, 18)).astype(np.float64)
    assert chrf(rows.reshape(2, 3, 18)).tolist() == chrf(rows).reshape(2, 3).tolist()
    assert bleu(rows[:, :10].reshape(2, 3, 10)).tolist() == bleu(rows[:, :10]).reshape(2, 3).tolist()
