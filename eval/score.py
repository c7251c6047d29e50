"""Corpus scores of several systems on one test set, with 95 % bootstrap intervals, exactly as sacreBLEU computes them.

Same draws as sacreBLEU's (`vega.resampling`), so the half width of the interval is the one `sacrebleu --confidence`
prints; the bounds here are the percentiles themselves. A metric with one score per line, as neural ones are, has the
mean for a corpus score, and the same intervals and tests.

Shapes: N lines, S statistics per line, R resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vega.metrics import METRICS, References, build_metric, corpus_scores, line_statistics, point_score
from vega.resampling import resampled_sums

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CorpusScore:
    """A corpus score with its 95 % interval (None where no bootstrap was asked for)."""

    score: float
    low: float | None
    high: float | None
    signature: str


@dataclass(frozen=True)
class Measure:
    """One metric on one test set: what the scores of each system are made of."""

    metric: str  # as in tables
    signature: str  # without the bootstrap's part
    bootstrap_signature: Callable[[int, int], str]
    statistics: Mapping[str, Array]  # system -> (N, S)
    point: Callable[[Array], float]  # (N, S) -> the corpus score
    of_sums: Callable[[Array, bool], Array]  # (R, S), whether to divide in 32 bits -> (R,)

    def lines(self, chosen: NDArray[np.int64]) -> Measure:
        """The same on some of the lines."""
        return replace(self, statistics={system: rows[chosen] for system, rows in self.statistics.items()})

    def scores(self) -> dict[str, float]:
        """System -> corpus score."""
        return {system: self.point(rows) for system, rows in self.statistics.items()}

    def per_line(self) -> dict[str, Array]:
        """System -> score of each line alone (N,)."""
        return {system: self.of_sums(rows, False) for system, rows in self.statistics.items()}

    def resampled(self, resamples: int, seed: int) -> dict[str, Array]:
        """System -> corpus score of each resample (R,). The same lines are drawn for all systems."""
        sums = resampled_sums(np.hstack(list(self.statistics.values())), resamples=resamples, seed=seed)
        parts = np.split(sums, len(self.statistics), axis=1)
        return {system: self.of_sums(part, True) for system, part in zip(self.statistics, parts, strict=True)}

    def with_intervals(self, drawn: Mapping[str, Array], seed: int) -> dict[str, CorpusScore]:
        """System -> score and interval; `drawn` is what `resampled` gave, or empty."""
        scores, resamples = self.scores(), len(next(iter(drawn.values()), ()))
        signature = self.bootstrap_signature(resamples, seed) if resamples > 1 else self.signature
        bounds: dict[str, tuple[float | None, float | None]]
        bounds = {system: interval(drawn[system]) if resamples > 1 else (None, None) for system in scores}
        return {system: CorpusScore(score, *bounds[system], signature) for system, score in scores.items()}


def measure(
    hypotheses: Mapping[str, Sequence[str]],
    references: References,
    *,
    metric: str,
    target: str,
    tokenizers: Mapping[str, str] | None = None,
    spm_model: Path | None = None,
) -> Measure:
    """One of sacreBLEU's metrics for every system's lines against the references."""
    for system, lines in hypotheses.items():
        if len(lines) != len(references[0]):
            raise ValueError(f"{system}: {len(lines)} lines against {len(references[0])} of the reference")
    scorer = build_metric(metric, target, references, tokenizers=tokenizers, spm_model=spm_model)
    signature = scorer.get_signature()

    def bootstrap_signature(resamples: int, seed: int) -> str:
        return str(_updated(scorer.get_signature(), bs=resamples, seed=str(seed)))

    return Measure(
        metric=METRICS[metric],
        signature=str(signature),
        bootstrap_signature=bootstrap_signature,
        statistics={system: line_statistics(scorer, lines) for system, lines in hypotheses.items()},
        point=partial(point_score, scorer),
        of_sums=lambda sums, single: corpus_scores(scorer, sums, single=single),
    )


def mean_measure(metric: str, signature: str, segments: Mapping[str, Sequence[float]]) -> Measure:
    """A metric whose corpus score is the mean of one number per line; system -> these numbers."""
    statistics = {
        system: np.column_stack([np.asarray(numbers, dtype=np.float64), np.ones(len(numbers))])
        for system, numbers in segments.items()
    }
    return Measure(
        metric=metric,
        signature=signature,
        bootstrap_signature=lambda resamples, seed: f"{signature}|bs:{resamples}|seed:{seed}",
        statistics=statistics,
        point=lambda rows: float(rows[:, 0].mean()),
        of_sums=lambda sums, _: sums[:, 0] / sums[:, 1],
    )


def interval(drawn: Array) -> tuple[float, float]:
    """The 2.5 % and 97.5 % percentiles of resampled scores, by sacreBLEU's rule (n // 40 from each end)."""
    ordered, cut = np.sort(drawn), len(drawn) // 40
    return float(ordered[cut]), float(ordered[-cut - 1])


def _updated(signature: object, **values: object) -> object:
    for key, value in values.items():
        signature.update(key, value)  # type: ignore[attr-defined]
    return signature
