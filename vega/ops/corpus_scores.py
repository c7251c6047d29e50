"""sacreBLEU's chrF and BLEU of many corpora at once, from their summed statistics.

sacreBLEU scores one corpus per call; a search for weights asks for tens of thousands. Default options of sacreBLEU 2
(chrF2 with 6 orders, no word n-grams; BLEU with 4 orders and exponential smoothing); `tests/vega/ops` holds the two
against each other. Shapes: (..., S) sums to (...) scores from 0 to 100.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BETA_SQUARED = 4.0
_BLEU_ORDERS = 4


def chrf(sums: Floats) -> Floats:
    """`sums` (..., 3 orders): n-grams of the outputs, of the references, and of both, per order."""
    ours, theirs, both = np.moveaxis(sums.reshape(*sums.shape[:-1], -1, 3), -1, 0)  # (..., orders) each
    counts = (ours > 0) & (theirs > 0)
    orders = np.maximum(counts.sum(-1), 1)
    precision = np.divide(both, ours, out=np.zeros_like(both), where=counts).sum(-1) / orders
    recall = np.divide(both, theirs, out=np.zeros_like(both), where=counts).sum(-1) / orders
    bottom = _BETA_SQUARED * precision + recall
    top = (1 + _BETA_SQUARED) * precision * recall
    found: Floats = 100 * np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
    return found


def bleu(sums: Floats) -> Floats:
    """`sums` (..., 10): tokens of the outputs, of the references, right n-grams per order, n-grams per order."""
    ours, theirs = sums[..., 0], sums[..., 1]
    right, total = sums[..., 2 : 2 + _BLEU_ORDERS], sums[..., 2 + _BLEU_ORDERS :]
    reached = np.logical_and.accumulate(total > 0, -1)  # an order that no output is long enough for ends it
    wrong = reached & (right == 0)
    smoothed = np.where(wrong, 2.0 ** -np.cumsum(wrong, -1), right)
    precision = np.divide(smoothed, total, out=np.zeros_like(smoothed), where=reached)
    with np.errstate(divide="ignore"):
        mean = np.log(precision).mean(-1)  # -inf where an order has no n-gram
    short = np.divide(theirs, ours, out=np.full_like(ours, np.inf), where=ours > 0)
    brevity = np.minimum(0.0, 1.0 - short)
    found: Floats = np.where(right.any(-1), 100 * np.exp(brevity + mean), 0.0)
    return found


#: By the name of the metric in settings.
SCORES = {"chrf": chrf, "bleu": bleu}
