"""BLEU and chrF exactly as sacreBLEU computes them, with 95 % bootstrap intervals.

Same draws as sacreBLEU's (see `vega.metrics`), so the half width of the interval is the one `sacrebleu --confidence`
prints; the bounds here are the percentiles themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sacrebleu.metrics.base import Metric

from vega.metrics import build_metric, resampled_sums


@dataclass(frozen=True)
class CorpusScore:
    """A corpus score in 0..100 with its 95 % interval (None where no bootstrap was asked for)."""

    score: float
    low: float | None
    high: float | None
    signature: str


def score_systems(
    hypotheses: Mapping[str, Sequence[str]],
    reference: Sequence[str],
    *,
    metric: str,
    target: str,
    resamples: int,
    seed: int,
) -> dict[str, CorpusScore]:
    """Score every system's lines against one reference. Fewer than two resamples: no interval."""
    scorer = build_metric(metric, target, reference)
    scorer.n_bootstrap, scorer.seed = (resamples, str(seed)) if resamples > 1 else (None, None)
    signature = str(scorer.get_signature())
    scores = {}
    for system, lines in hypotheses.items():
        if len(lines) != len(reference):
            raise ValueError(f"{system}: {len(lines)} lines against {len(reference)} of the reference")
        statistics = scorer._extract_corpus_statistics(lines, None)  # N lists of S integers
        score = float(scorer._aggregate_and_compute(statistics).score)
        low, high = interval(scorer, statistics, resamples=resamples, seed=seed)
        scores[system] = CorpusScore(score, low, high, signature)
    return scores


def interval(
    scorer: Metric, statistics: Sequence[Sequence[int]], *, resamples: int, seed: int
) -> tuple[float | None, float | None]:
    """The 2.5 % and 97.5 % percentiles of the resampled corpus score, by sacreBLEU's rule (n // 40 from each end)."""
    if resamples < 2:
        return None, None
    sums = resampled_sums(np.asarray(statistics, dtype=np.float64), resamples=resamples, seed=seed)
    scores = sorted(float(scorer._compute_score_from_stats(row).score) for row in sums.tolist())
    cut = resamples // 40
    return scores[cut], scores[-cut - 1]
