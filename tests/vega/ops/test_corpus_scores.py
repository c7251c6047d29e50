"""Scores from sums of statistics are sacreBLEU's."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from vega.ops.corpus_scores import bleu, chrf

WORDS = "a b red house the tree runs . , x".split()  # noqa: SIM905


def corpora(lines: int, longest: int) -> tuple[list[str], list[list[str]]]:
    """References, and outputs of 40 systems from all wrong to all right, some empty."""
    rng = random.Random(3)

    def sentence() -> str:
        return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, longest)))

    references = [sentence() for _ in range(lines)]
    systems = [
        [line if rng.random() < system / 39 else ("" if rng.random() < 0.2 else sentence()) for line in references]
        for system in range(40)
    ]
    return references, [*systems, ["zz"] * lines, [""] * lines]


@pytest.mark.parametrize("name", ["chrf", "bleu"])
@pytest.mark.parametrize(("lines", "longest"), [(1, 1), (1, 9), (3, 3), (30, 9)])
def test_scores_are_those_of_sacrebleu(name: str, lines: int, longest: int) -> None:
    references, systems = corpora(lines, longest)
    metric: Metric = CHRF(references=[references]) if name == "chrf" else BLEU(references=[references])
    sums = np.array([np.sum(metric._extract_corpus_statistics(system, None), axis=0) for system in systems])
    expected = [metric._compute_score_from_stats(row.tolist()).score for row in sums]
    found = (chrf if name == "chrf" else bleu)(sums.astype(np.float64))
    assert found == pytest.approx(expected, abs=1e-9)
    assert max(expected) > 0 or longest < 4  # BLEU of lines without a 4-gram is 0
