"""COMET as the utility of minimum Bayes risk decoding: every candidate with every sample as its reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vega.errors import UserError
from vega.methods.mbr import Floats, Pairwise
from vega.neural.process import Segment
from vega.neural.scorer import NeuralScorer
from vega.settings.neural import NeuralMetric

#: Lines whose pairs are scored together: their batches are fuller, their pairs in memory at once.
LINES_AT_ONCE = 32


class NeuralUtility:
    """A metric that compares with references. Its process stays for the next lines; scores are not kept on disk."""

    def __init__(self, metric: NeuralMetric) -> None:
        """UserError where the model is not there, or takes no references."""
        self._scorer = NeuralScorer(metric, keep=False)
        if not self._scorer.assets.with_references:
            raise UserError(
                f"{self._scorer.name} takes no references, so it cannot compare candidates with samples. Take a "
                "reference-based model, such as wmt22-comet-da."
            )

    @property
    def name(self) -> str:
        """In tables."""
        return self._scorer.name

    @property
    def sha256(self) -> str:
        """Of the model's checkpoint."""
        return self._scorer.assets.sha256

    def pairwise(
        self, lines: Sequence[str], hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
    ) -> list[Pairwise]:
        """For each line the function that gives the utility of its hypotheses with its references, any of them."""
        found: list[Pairwise] = []
        for start in range(0, len(lines), LINES_AT_ONCE):
            part = slice(start, start + LINES_AT_ONCE)
            found += self._score(lines[part], hypotheses[part], references[part])
        return found

    def close(self) -> None:
        """End the metric's process."""
        self._scorer.close()

    def _score(
        self, lines: Sequence[str], hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
    ) -> list[Pairwise]:
        segments = [
            Segment(line, hypothesis, reference)
            for line, texts, others in zip(lines, hypotheses, references, strict=True)
            for hypothesis in dict.fromkeys(texts)
            for reference in dict.fromkeys(others)
        ]
        known = self._scorer.score(segments)
        table = {segment: each.score for segment, each in zip(segments, known, strict=True)}
        return [_lookup(line, table) for line in lines]


def _lookup(line: str, table: dict[Segment, float]) -> Pairwise:
    def pairwise(hypotheses: Sequence[str], references: Sequence[str]) -> Floats:
        rows = [[table[Segment(line, h, r)] for r in references] for h in hypotheses]
        return np.array(rows, dtype=np.float64).reshape(len(hypotheses), len(references))

    return pairwise
