"""How sharp a minimum is: the rise of the loss within a ball of some radius around the weights.

Two measures at radius rho: along the gradient, L(w + rho g/||g||) - L(w), which is SAM's first-order answer to the worst
point of the ball (Foret et al. 2021, arXiv 2010.01412, eq. 2), and the mean over random points of the ball's surface.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vega.methods.fsam import Fsam, FsamOptions


class Rise(NamedTuple):
    """Losses are means, in the unit of the function that was given."""

    loss: float
    along_gradient: float
    at_random: float


def loss_rise(
    loss: Callable[[bool], float], weights: Sequence[Tensor], rho: float, *, directions: int = 5, seed: int = 1
) -> Rise:
    """`loss(True)` is the loss at the present weights and leaves its gradient in them, `loss(False)` only the loss.

    Both must be deterministic (no dropout). `directions` random points are drawn with `seed`. Weights are restored.
    """
    ascent = Fsam(FsamOptions(rho=rho, density=1), [True] * len(weights))
    at = loss(True)
    gradients = [torch.zeros_like(w) if w.grad is None else w.grad.detach().clone() for w in weights]
    with ascent.moved([w.data for w in weights], gradients, 0):
        along = loss(False) - at
    generator = torch.Generator().manual_seed(seed)
    at_random = []
    for _ in range(directions):
        normal = [torch.randn(w.shape, generator=generator).to(w.device, w.dtype) for w in weights]
        with ascent.moved([w.data for w in weights], normal, 0):
            at_random.append(loss(False) - at)
    return Rise(at, along, sum(at_random) / len(at_random))
