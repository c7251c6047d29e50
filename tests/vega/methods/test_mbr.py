"""Minimum Bayes risk: chrF is sacreBLEU's, and who is chosen does not hang on any order."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from vega.methods.mbr import choose, expected_utilities, pairwise_chrf

#: Letters of one to four bytes, marks that join, and white space of which Rust knows not all.
TEXT = st.text("ab ä日😀\u0301\u200b\u3000\x1c\n.", max_size=20)
TEXTS = st.lists(TEXT, min_size=1, max_size=6)


@given(TEXTS, TEXTS)
def test_pairs_have_the_chrf_of_sacrebleu(hypotheses: list[str], references: list[str]) -> None:
    metric = CHRF()
    expected = [[metric.sentence_score(h, [r]).score for r in references] for h in hypotheses]
    assert pairwise_chrf(hypotheses, references) == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize("aggregated", [False, True])
@given(texts=TEXTS, samples=TEXTS, seed=st.integers(0, 5))
def test_the_choice_does_not_hang_on_any_order(
    aggregated: bool, texts: list[str], samples: list[str], seed: int
) -> None:
    chosen = choose(texts, samples, aggregated=aggregated)
    assert chosen.text in texts
    rng = random.Random(seed)
    assert choose(rng.sample(texts, len(texts)), rng.sample(samples, len(samples)), aggregated=aggregated) == chosen
    assert choose(texts * 2, samples, aggregated=aggregated) == chosen


@pytest.mark.parametrize("aggregated", [False, True])
def test_equal_candidates_give_themselves(aggregated: bool) -> None:
    assert choose(["a red house"] * 4, ["a red house"] * 4, aggregated=aggregated) == ("a red house", 100.0)


def test_a_sample_counts_as_often_as_it_was_drawn() -> None:
    texts = ["a red house", "an old tree"]
    assert choose(texts, [texts[0]] * 2 + [texts[1]] * 3).text == texts[1]
    assert choose(texts, [texts[0]] * 3 + [texts[1]] * 2).text == texts[0]
    twice = expected_utilities(texts, [*texts, *texts])
    assert twice == pytest.approx(expected_utilities(texts, texts))


def test_recall_of_the_reference_weighs_more_than_precision() -> None:
    """The candidate is the output, the sample the reference, not the other way round."""
    long, short = "the red house runs", "the red"
    assert pairwise_chrf([long], [short])[0, 0] > pairwise_chrf([short], [long])[0, 0]


def test_mean_counts_choose_nearly_as_single_samples_do() -> None:
    rng = random.Random(1)
    words = "the red house tree runs old new bird".split()  # noqa: SIM905
    agree = 0
    for _ in range(50):
        line = rng.choices(words, k=8)
        samples = [" ".join(rng.choice(words) if rng.random() < 0.3 else word for word in line) for _ in range(12)]
        table = expected_utilities(samples, samples)
        agree += table[samples.index(choose(samples, samples, aggregated=True).text)] >= np.sort(table)[-2]
    assert agree >= 45
