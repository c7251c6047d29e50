"""How sharp a minimum is: the rise of the loss within a ball of some radius around the weights.

Two measures at radius rho: along the gradient, L(w + rho g/||g||) - L(w), which is SAM's first-order answer to the
worst point of the ball (Foret et al. 2021, arXiv 2010.01412, eq. 2); and the mean over random points of its surface.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor


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
    at = loss(True)
    with _moved(weights, [torch.zeros_like(w) if w.grad is None else w.grad for w in weights], rho):
        along = loss(False) - at
    generator = torch.Generator().manual_seed(seed)
    at_random = []
    for _ in range(directions):
        normal = [torch.randn(w.shape, generator=generator).to(w.device, w.dtype) for w in weights]
        with _moved(weights, normal, rho):
            at_random.append(loss(False) - at)
    return Rise(at, along, sum(at_random) / len(at_random))


@contextmanager
def _moved(weights: Sequence[Tensor], direction: Sequence[Tensor], rho: float) -> Iterator[None]:
    """Inside, the weights are `rho` away in this direction."""
    before = [w.detach().clone() for w in weights]
    length = torch.stack([d.detach().double().square().sum() for d in direction]).sum().sqrt()
    try:
        with torch.no_grad():
            for weight, step in zip(weights, direction, strict=True):
                weight.add_(step, alpha=rho / max(float(length), 1e-12))
        yield
    finally:
        with torch.no_grad():
            for weight, old in zip(weights, before, strict=True):
                weight.copy_(old)
