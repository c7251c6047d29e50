"""SAM and FSAM: the gradient of a worst neighbour of the weights, in place of that of the weights.

SAM (Foret et al. 2021, arXiv 2010.01412, eq. 2 and 3): e = rho g / ||g||; training steps along the gradient at w + e.
FSAM (Zhong et al. 2022, arXiv 2210.05497, algorithm 1): only the entries with the largest diagonal Fisher information,
that is squared gradient, are moved; the norm is that of the whole gradient, and what is left of e is not scaled up.
LookSAM (Liu et al. 2022, arXiv 2203.02714, algorithm 1) makes the second gradient only every k-th update and reuses the
part of it that is orthogonal to the first; there always with the same weight, here by default with the weight it had.
ASAM (Kwon et al. 2021, arXiv 2102.11600, eq. 7) scales by the weights.

Where we differ from the authors' release (WHU-ZQH/FSAM4PLM): entries outside of the ranked tensors are not moved
(there, fully); an update that refreshes the mask is moved by the gradient that the mask was made from (there, by none);
the entries are restored from what is stored (there, `fisher-sam` fails on its first update).

"Density" is the share of entries that are moved. Shapes: n tensors of weights, and their gradients in the
same order; with sharded training the local parts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from vega.ops.shards import WHOLE, Shards
from vega.ops.top_share import top_share

#: Added to norms that are divided by; and to a weight's size in adaptive scaling (ASAM, section 3).
TINY, ETA = 1e-12, 0.01


@dataclass(frozen=True)
class FsamOptions:
    """`rho`: radius. `density`: share of entries moved; 1 = SAM. `refresh`: updates between two masks. `period`:
    updates between two second gradients; 1 = each has its own. `reuse_weight`: LookSAM's alpha; None = what it was in
    the last second gradient. `adaptive`: ASAM's scaling. ValueError where one is out of its range."""

    rho: float = 0.05
    density: float = 0.1
    refresh: int = 100
    period: int = 1
    reuse_weight: float | None = None
    adaptive: bool = False

    def __post_init__(self) -> None:
        if self.rho < 0:
            raise ValueError(f"rho is a radius, 0 or more, not {self.rho}")
        if not 0 < self.density <= 1:
            raise ValueError(f"density is a share above 0, up to 1, not {self.density}")
        if self.refresh < 1 or self.period < 1:
            raise ValueError("refresh and period are numbers of updates, 1 or more")


class Fsam:
    """What lasts from update to update: which entries are moved, and what the last second gradient taught.

    Bytes per weight: 8 x density for places (none for density 1); while weights are moved 4 x density for what they
    were; with a period above 1 another 8 x density while they are moved and 4 x density always.
    """

    def __init__(self, options: FsamOptions, ranked: Sequence[bool], shards: Shards = WHOLE) -> None:
        """`ranked`: of each tensor, whether its entries take part at all."""
        self.options, self.ranked, self._shards = options, tuple(ranked), shards
        #: Of each tensor the flat places of the entries that are moved, ascending; None = all of those ranked.
        self.places: list[Tensor] | None = None
        #: What the second gradient had beyond the first, at those entries, in lengths of what both shared; None before
        #: the first, and without a period.
        self.direction: list[Tensor] | None = None
        #: Updates (counted from 0) of the last mask and the last second gradient.
        self.masked_at = self.ascended_at = -1

    # When

    @property
    def is_dense(self) -> bool:
        """Whether all entries of ranked tensors are moved, as in SAM."""
        return self.options.density == 1

    def ascends(self, update: int) -> bool:
        """Whether this update makes a second gradient; else it follows the direction of the last one."""
        return self.direction is None or update - self.ascended_at >= self.options.period

    def needs_mask(self, update: int) -> bool:
        """Whether `choose` must be called before this update's `moved`."""
        return not self.is_dense and (self.places is None or update - self.masked_at >= self.options.refresh)

    # How

    @torch.no_grad()
    def choose(self, fisher: Sequence[Tensor], update: int) -> None:
        """Take a new mask: the `density` of all entries that `fisher` ranks highest (squared gradients or gradients, n
        tensors shaped like the weights). A direction at the old entries is forgotten."""
        places = iter(
            top_share([f for f, r in zip(fisher, self.ranked, strict=True) if r], self.options.density, self._shards)
        )
        self.places = [next(places) if r else torch.empty(0, dtype=torch.int64, device=f.device)
                       for f, r in zip(fisher, self.ranked, strict=True)]  # fmt: skip
        self.masked_at, self.direction = update, None

    @contextmanager
    def moved(self, weights: Sequence[Tensor], gradients: Sequence[Tensor], update: int) -> Iterator[None]:
        """Inside, `weights` are w + e; afterwards they are to the bit what they were, whatever happened.

        n contiguous tensors each. The gradients may be scaled by any common factor; where they are 0 or not finite,
        nothing is moved.
        """
        first = [g.clone() for g in self._entries(gradients)] if self.options.period > 1 else None
        before: list[Tensor] = []
        try:
            with torch.no_grad():
                self._move(weights, gradients, before)
            yield
        finally:
            with torch.no_grad():
                for index, old in enumerate(before):
                    self._put(weights[index], index, old)
        self._first, self.ascended_at = first, update

    @torch.no_grad()
    def learn(self, gradients: Sequence[Tensor]) -> None:
        """Keep, for updates to come, what these second gradients have beyond the first: LookSAM's g_v, at the entries
        that are moved, over the length of the rest of the second. To be called after `moved`."""
        if self._first is None:
            return
        second = self._entries(gradients)
        size = self._dot(self._first, self._first) + TINY
        along = self._dot(second, self._first) / size
        scale = 1 / (along.abs() * size.sqrt() + TINY)
        self.direction = [
            (s - f * along.to(f.dtype)) * scale.to(f.dtype) for s, f in zip(second, self._first, strict=True)
        ]
        self._first = None

    @torch.no_grad()
    def follow(self, gradients: Sequence[Tensor]) -> None:
        """Add the direction of the last second gradient to the entries of this update's gradients, in place:
        reuse_weight x ||g|| / ||g_v|| x g_v, norms over those entries; without a weight in proportion to the first
        gradient as it was then."""
        if self.direction is None:
            raise ValueError("there is no second gradient yet to follow")
        entries = self._entries(gradients)
        factor = self._dot(entries, entries).sqrt()
        if self.options.reuse_weight is not None:
            factor = factor * self.options.reuse_weight / (self._dot(self.direction, self.direction).sqrt() + TINY)
        for index, (own, extra) in enumerate(zip(entries, self.direction, strict=True)):
            self._put(gradients[index], index, own + extra * factor.to(extra.dtype))

    def share_of_norm(self, gradients: Sequence[Tensor]) -> float:
        """How much of the squared norm of all gradients lies in the entries that are moved, 0..1."""
        entries = self._entries(gradients)
        return float(self._dot(entries, entries) / (self._dot(gradients, gradients) + TINY))

    # Entries

    _first: list[Tensor] | None = None

    def _move(self, weights: Sequence[Tensor], gradients: Sequence[Tensor], before: list[Tensor]) -> None:
        """Add e, tensor by tensor; `before` gets what entries were, before they change: memory may end on the way."""
        norm = self._norm(weights, gradients)
        if not math.isfinite(norm) or norm == 0 or self.options.rho == 0:
            return
        for index, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
            old, step = self._entry(weight, index).clone(), self._entry(gradient, index)
            if self.options.adaptive:
                step = step * (old.abs() + ETA) ** 2
            before.append(old)
            self._put(weight, index, old + step * (self.options.rho / (norm + TINY)))

    def _norm(self, weights: Sequence[Tensor], gradients: Sequence[Tensor]) -> float:
        """Of the whole gradient, or of T g with ASAM's T = |w| + eta."""
        if not self.options.adaptive:
            return float(self._dot(gradients, gradients).sqrt())
        squares = ((g * (w.abs() + ETA)).square().sum().double() for w, g in zip(weights, gradients, strict=True))
        return float(self._shards.sum(torch.stack(list(squares)).sum()).sqrt())

    def _entries(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        return [self._entry(tensor, index) for index, tensor in enumerate(tensors)]

    def _entry(self, tensor: Tensor, index: int) -> Tensor:
        """The entries of the `index`-th tensor that take part, flat; a view where that is all."""
        flat = tensor.detach().reshape(-1)
        if self.places is not None:
            return flat.index_select(0, self.places[index])
        return flat if self.ranked[index] else flat[:0]

    def _put(self, tensor: Tensor, index: int, values: Tensor) -> None:
        flat = tensor.detach().view(-1)
        if self.places is not None:
            flat.index_copy_(0, self.places[index], values)
        elif self.ranked[index]:
            flat.copy_(values)

    def _dot(self, some: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
        """The inner product over all tensors and shards, fp64: large tensors lose digits otherwise."""
        total = torch.zeros((), dtype=torch.float64, device=some[0].device)
        for a, b in zip(some, others, strict=True):
            total += torch.dot(a.reshape(-1).float(), b.reshape(-1).float()).double()
        return self._shards.sum(total)
