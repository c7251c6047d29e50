"""sacreBLEU's corpus scores of many corpora at once, from their summed statistics.

sacreBLEU scores one corpus per call; significance tests ask for thousands, a search for weights for tens of thousands.
The formulas are those of `compute_bleu` (exponential smoothing), `_compute_f_score` (effective order) and TER, added
up in sacreBLEU's order; tests hold them equal to it. Shapes: (..., S) sums to (...) scores from 0 to 100, of TER more
where there are more edits than words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: What sacreBLEU takes for the logarithm of 0, and for a precision that has no n-grams.
_LOG_OF_ZERO, _NO_PRECISION = -9999999999.0, 1e-16


def bleu(sums: Floats, order: int = 4) -> Floats:
    """`sums` (..., 2 + 2 order): tokens of the outputs, of the references, right n-grams per order, all n-grams."""
    system, reference = sums[..., 0], sums[..., 1]
    correct, total = sums[..., 2 : 2 + order], sums[..., 2 + order : 2 + 2 * order]
    known = np.logical_and.accumulate(total > 0, axis=-1)  # from the first order without n-grams on all are 0
    missed = (correct == 0) & known
    smoothed = np.where(missed, np.exp2(np.cumsum(missed, axis=-1)) * total, 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        precision = np.where(missed, 100.0 / smoothed, 100.0 * correct / total)
        logarithm = np.where(known, np.log(precision), _LOG_OF_ZERO)
        brevity = np.where(system < reference, np.where(system > 0, np.exp(1 - reference / system), 0.0), 1.0)
    summed = np.zeros(sums.shape[:-1])
    for column in range(order):
        summed = summed + logarithm[..., column]
    scores: Floats = np.where(correct.any(axis=-1), brevity * np.exp(summed / order), 0.0)
    return scores


def chrf(sums: Floats, beta: int = 2, *, single: bool = False) -> Floats:
    """`sums` (..., 3 orders): n-grams of the outputs, of the references, and of both, per order of letters and words.

    `single`: divide in 32 bits, as sacreBLEU's bootstrap does, whose p-values are counts that this may change by one.
    """
    hypothesis, reference, matched = (sums[..., start::3] for start in range(3))
    precision = _ratio(matched, hypothesis, single)
    recall = _ratio(matched, reference, single)
    counted = (hypothesis > 0) & (reference > 0)
    orders = mean_precision = mean_recall = np.zeros(sums.shape[:-1])
    for column in range(counted.shape[-1]):
        use = counted[..., column]
        orders = orders + use
        mean_precision = mean_precision + np.where(use, precision[..., column], 0.0)
        mean_recall = mean_recall + np.where(use, recall[..., column], 0.0)
    orders = np.maximum(orders, 1)
    mean_precision, mean_recall = mean_precision / orders, mean_recall / orders
    factor = beta**2
    some = mean_precision + mean_recall > 0
    below = np.where(some, factor * mean_precision + mean_recall, 1.0)
    scores: Floats = np.where(some, 100 * ((1 + factor) * mean_precision * mean_recall / below), 0.0)
    return scores


def ter(sums: Floats, *, single: bool = False) -> Floats:
    """`sums` (..., 2): edits, words of the references. `single` as of `chrf`."""
    edits, words = sums[..., 0], sums[..., 1]
    without_words = np.where(edits > 0, 1.0, 0.0)
    scores: Floats = 100.0 * np.where(words > 0, _ratio(edits, words, single), without_words)
    return scores


def _ratio(above: Floats, below: Floats, single: bool) -> Floats:
    kind = np.float32 if single else np.float64
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (above.astype(kind) / below.astype(kind)).astype(np.float64)
    return np.where(below > 0, found, _NO_PRECISION)


#: By the name of the metric in settings, with sacreBLEU's default options.
SCORES = {"chrf": chrf, "bleu": bleu}
