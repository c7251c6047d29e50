"""The loss on a plane through a model's weights: how wide the valley is that training has found.

Zan et al. 2022 (arXiv 2209.03316), as released (zanchangtong/PTvsRI at 7bc9225, analysis/lls.py); the scaling of
directions by filter is that of Li et al. 2018 (arXiv 1712.09913, section 4).

    theta(a, b) = theta + (a - 1) d1 + b d2,   d1 = theta - start,   d2 = other - start, scaled to d1

so that the model is at (1, 0) and its initial weights, where they are known, at (0, 0). Only matrices move: vectors
(norms, biases), embeddings and the output projection stay the model's. A filter is a column of a matrix: all weights
that one input goes into (the release takes norms over dim 0).

Otherwise than the release: its directions are made from the model's own start, and random ones where there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

#: By name: of another model, or of the start.
Source = Callable[[str], Tensor]

#: In the names of tensors that stay.
STAYING = ("embed_tokens", "embed_positions", "output_projection")

#: As in the release; a filter without any length stays so.
_TINY = 1e-7


class Plane(NamedTuple):
    """Two directions by name of tensor; tensors without one do not move."""

    first: dict[str, Tensor]
    second: dict[str, Tensor]


def moving(weights: Mapping[str, Tensor]) -> list[str]:
    """Names of the tensors that move."""
    return [name for name, w in weights.items() if w.dim() > 1 and not any(part in name for part in STAYING)]


def filter_norms(direction: Tensor) -> Tensor:
    """(out, in, ...) -> (1, in, ...): the length of each filter."""
    norms: Tensor = torch.linalg.vector_norm(direction, dim=0, keepdim=True)
    return norms


def scaled(direction: Tensor, like: Tensor) -> Tensor:
    """The direction with the filter norms of `like`."""
    return direction * (filter_norms(like) / (filter_norms(direction) + _TINY))


def differences(weights: Mapping[str, Tensor], start: Source) -> dict[str, Tensor]:
    """theta - start of all that moves, in memory of its own."""
    return {name: weights[name].detach() - _like(start(name), weights[name]) for name in moving(weights)}


def towards(other: Source, start: Source, first: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """other - start, scaled to the first direction."""
    return {name: scaled(_like(other(name), d) - _like(start(name), d), d) for name, d in first.items()}


def random_direction(like: Mapping[str, Tensor], seed: int) -> dict[str, Tensor]:
    """Normal numbers by `seed`, scaled to `like`: the weights themselves (Li et al.), or a direction."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: scaled(_like(torch.randn(like[name].shape, generator=generator), like[name]), like[name].detach())
        for name in moving(like)
    }


def losses_on(
    plane: Plane, weights: Mapping[str, Tensor], loss: Callable[[], float], axis: Sequence[float]
) -> Iterator[list[float]]:
    """Rows for b in `axis`, each with the losses for a in `axis`. At the end the weights are as before, to the bit.

    `loss()` must be deterministic and read the very tensors `weights`, which are changed in place.
    """
    with _restored([weights[name] for name in plane.first]) as before:
        kept = dict(zip(plane.first, before, strict=True))
        for b in axis:
            row = []
            for a in axis:
                with torch.no_grad():
                    for name, old in kept.items():
                        weights[name].copy_(old).add_(plane.first[name], alpha=a - 1)
                        weights[name].add_(plane.second[name], alpha=b)
                row.append(loss())
            yield row


def flatness(losses: Sequence[Sequence[float]], margin: float) -> float:
    """Share (0..1) of the grid whose loss is below the lowest plus `margin`; points without a finite loss are not."""
    every = [value for row in losses for value in row]
    finite = [value for value in every if math.isfinite(value)]
    return sum(value < min(finite) + margin for value in finite) / len(every) if finite else 0.0


def kinship(weights: Mapping[str, Tensor], start: Source) -> tuple[float, float]:
    """Cosine of the weights that move with a start, and how far from 0 it must be to be no chance (6 deviations).

    Training moves weights, but does not make them forget where they began; those of unrelated random weights have a
    cosine of 0, with a standard deviation of 1 / sqrt(numbers).
    """
    product, mine, theirs, numbers = 0.0, 0.0, 0.0, 0
    for name in moving(weights):
        w = weights[name].detach()
        began = _like(start(name), w)
        product += float((w * began).double().sum())
        mine += float(w.double().square().sum())
        theirs += float(began.double().square().sum())
        numbers += w.numel()
    return product / max(math.sqrt(mine * theirs), 1e-30), 6 / math.sqrt(max(numbers, 1))


def _like(tensor: Tensor, other: Tensor) -> Tensor:
    return tensor.detach().to(other.device, other.dtype)


@contextmanager
def _restored(weights: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Inside, copies of the weights; after, they have those values again."""
    before = [w.detach().clone() for w in weights]
    try:
        yield before
    finally:
        with torch.no_grad():
            for weight, old in zip(weights, before, strict=True):
                weight.copy_(old)
