"""The exponential moving average of weights that are being trained.

After update t (1, 2, ...), with the decay d that is asked for:

    average <- d_t * average + (1 - d_t) * weights          d_t = min(d, (1 + t) / (10 + t))

The average starts as the weights before the first update. The smaller decay at the start, as in TensorFlow's
ExponentialMovingAverage, Marian's --exponential-smoothing and OpenNMT-py's average_decay, makes it forget them soon: a
constant 0.999 would still have a third of the random initialisation in it after 1000 updates. Polyak and Juditsky 1992
is the plain mean; 1 / (1 - d) updates are what this one looks back on.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def decay_at(update: int, decay: float) -> float:
    """d_t of the `update`-th update, which counts from 1."""
    return min(decay, (1 + update) / (10 + update))


@torch.no_grad()
def average_in(averages: Sequence[Tensor], weights: Sequence[Tensor], update: int, decay: float) -> None:
    """Let the averages (fp32) follow the weights of the same shapes, of any type, after an update; in place."""
    if averages:
        same = [weight.to(average.dtype) for average, weight in zip(averages, weights, strict=True)]
        torch._foreach_lerp_(list(averages), same, 1 - decay_at(update, decay))
