"""sacreBLEU's corpus scores of many sums of statistics at once: one numpy operation where it has a Python loop.

The formulas are those of `compute_bleu` and `_compute_f_score` for the metrics that `vega.metrics` builds (BLEU with
exponential smoothing, chrF and chrF++ with effective order, TER); tests hold them equal to sacreBLEU's.

Shapes: R rows of S summed statistics. Scores are 0 to 100, of TER more where there are more edits than words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

Array = NDArray[np.float64]

#: What sacreBLEU takes for the logarithm of 0, and for a precision that has no n-grams.
_LOG_OF_ZERO, _NO_PRECISION = -9999999999.0, 1e-16


def corpus_scores(metric: Metric, sums: Array, *, single: bool = False) -> Array:
    """(R, S) sums -> (R,) scores.

    `single`: divide in 32 bits, as sacreBLEU's bootstrap does, whose p-values are counts that this may change by one.
    """
    if isinstance(metric, BLEU):
        return _bleu(sums, metric.max_ngram_order)
    if isinstance(metric, CHRF):
        return _chrf(sums, metric.order, metric.beta, single)
    if isinstance(metric, TER):
        return _ter(sums, single)
    raise TypeError(f"no vectorised score of {type(metric).__name__}")


def _bleu(sums: Array, order: int) -> Array:
    system, reference = sums[:, 0], sums[:, 1]
    correct, total = sums[:, 2 : 2 + order], sums[:, 2 + order : 2 + 2 * order]
    known = np.logical_and.accumulate(total > 0, axis=1)  # from the first order without n-grams on all are 0
    missed = (correct == 0) & known
    smoothed = np.where(missed, np.exp2(np.cumsum(missed, axis=1)) * total, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(missed, 100.0 / smoothed, 100.0 * correct / total)
        logarithm = np.where(known, np.log(precision), _LOG_OF_ZERO)
        brevity = np.where(system < reference, np.where(system > 0, np.exp(1 - reference / system), 0.0), 1.0)
    summed = np.zeros(len(sums))
    for column in range(order):  # in sacreBLEU's order of adding
        summed = summed + logarithm[:, column]
    scores: Array = np.where(correct.any(axis=1), brevity * np.exp(summed / order), 0.0)
    return scores


def _chrf(sums: Array, order: int, beta: int, single: bool) -> Array:
    hypothesis, reference, matched = (sums[:, start : 3 * order : 3] for start in range(3))
    precision = _ratio(matched, hypothesis, single)
    recall = _ratio(matched, reference, single)
    counted = (hypothesis > 0) & (reference > 0)
    zeros: Array = np.zeros(len(sums))
    orders = mean_precision = mean_recall = zeros
    for column in range(order):
        use = counted[:, column]
        orders = orders + use
        mean_precision = mean_precision + np.where(use, precision[:, column], 0.0)
        mean_recall = mean_recall + np.where(use, recall[:, column], 0.0)
    orders = np.maximum(orders, 1)
    mean_precision, mean_recall = mean_precision / orders, mean_recall / orders
    factor = beta**2
    some = mean_precision + mean_recall > 0
    below = np.where(some, factor * mean_precision + mean_recall, 1.0)
    scores: Array = np.where(some, 100 * ((1 + factor) * mean_precision * mean_recall / below), 0.0)
    return scores


def _ratio(above: Array, below: Array, single: bool) -> Array:
    kind = np.float32 if single else np.float64
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (above.astype(kind) / below.astype(kind)).astype(np.float64)
    return np.where(below > 0, found, _NO_PRECISION)


def _ter(sums: Array, single: bool) -> Array:
    edits, words = sums[:, 0], sums[:, 1]
    without_words = np.where(edits > 0, 1.0, 0.0)
    scores: Array = 100.0 * np.where(words > 0, _ratio(edits, words, single), without_words)
    return scores
