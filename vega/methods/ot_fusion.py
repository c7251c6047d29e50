"""Fusion of two models by optimal transport: the neurons of one are aligned with the other's, then both are averaged.

After Zan et al. 2022 (arXiv 2209.03316) and Singh and Jaggi 2020 (arXiv 1910.05653). Theirs aligns matrix by matrix;
here only orders are changed that leave the model's function as it is (`vega.ops.symmetry`), each for all tensors that
have it at once, as in Git Re-Basin (Ainsworth et al. 2023, arXiv 2209.04836). Tensors are read when needed and not
kept: memory holds one cost matrix, one soft plan, the exact plans, and a few tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor

from vega.ops.symmetry import Group, Symmetry
from vega.ops.transport import Cost, Mixture, Permutation, Plan, mixtures, permutations, squared_distances

Read = Callable[[str], Tensor]

#: Rounds of alignment end by themselves; this many at most.
ROUNDS = 50


class Costs(Protocol):
    """How far the neurons of the first model are from those of the second."""

    #: Whether costs change when other axes are aligned.
    depends_on_plans: bool

    def cost(self, axis: str, size: int, plans: Mapping[str, Plan]) -> Cost:
        """Of one axis (n, n), with the first model's other axes moved by `plans`; what has an order that is neither
        fixed nor among them is left out."""


class WeightCosts:
    """Squared distances of weights, over all tensors that have the axis."""

    depends_on_plans = True

    def __init__(self, symmetry: Symmetry, first: Read, second: Read) -> None:
        self._symmetry, self._first, self._second = symmetry, first, second

    def cost(self, axis: str, size: int, plans: Mapping[str, Plan]) -> Cost:
        usable = [
            (name, at)
            for name, at in self._symmetry.tensors(axis)
            if all(other in plans for other in self._symmetry.axes[name] if other not in (None, axis))
        ]
        pairs = (
            (
                _rows(moved(self._first(name), self._symmetry.axes[name], {**plans, axis: None}), at),
                _rows(self._second(name), at),
            )
            for name, at in usable
        )
        return squared_distances(pairs, size)


class ActivationCosts:
    """Squared distances of what neurons answer to the same tokens; `first(axis)` and `second(axis)` are (n, tokens)."""

    depends_on_plans = False

    def __init__(self, first: Read, second: Read) -> None:
        self._first, self._second = first, second

    def cost(self, axis: str, size: int, plans: Mapping[str, Plan]) -> Cost:
        first, second = self._first(axis), self._second(axis)
        if first.shape != second.shape or first.shape[0] != size:
            raise ValueError(f"activations of '{axis}' are {tuple(first.shape)} and {tuple(second.shape)}")
        return squared_distances([(first, second)], size)


class Alignment:
    """Which neuron of the first model goes where, so that it is like the second.

    With weights, the streams' orders are found first (from embeddings and norms), then again given all inner orders,
    until none changes: each step lowers the distance of the models. Inner groups depend on streams only, so where
    these are fixed a single step is the optimum. With `regularisation`, final plans are Sinkhorn's; the way there is
    by exact ones.
    """

    def __init__(self, symmetry: Symmetry, costs: Costs, regularisation: float = 0.0) -> None:
        self.symmetry, self.rounds = symmetry, 0
        self._costs, self._regularisation = costs, regularisation
        self._inner: dict[str, Permutation] = {}
        self._last: dict[str, Mixture] = {}
        exact = self._settled_streams()
        self._streams: dict[str, Plan] = dict(exact)
        if regularisation:
            for group in symmetry.streams:
                self._streams |= self._soft(group, {**exact, **self._inner})

    def plan(self, axis: str) -> Plan:
        """Of one order; soft ones of inner groups are made anew unless they were the last."""
        if axis in self._streams:
            return self._streams[axis]
        group = self.symmetry.group(axis)
        if not self._regularisation:
            if axis not in self._inner:
                self._inner |= self._exact(group, self._streams)
            return self._inner[axis]
        if axis not in self._last:
            self._last = self._soft(group, self._streams)
        return self._last[axis]

    def aligned(self, name: str, tensor: Tensor) -> Tensor:
        """A tensor of the first model in the second's order; to the bit its own numbers if plans are exact."""
        axes = self.symmetry.axes[name]
        plans = {axis: self.plan(axis) for axis in axes if axis is not None}
        exact = all(isinstance(plan, Permutation) for plan in plans.values())
        return moved(tensor if exact or not plans else tensor.float(), axes, plans)

    def _settled_streams(self) -> dict[str, Permutation]:
        plans: dict[str, Permutation] = {}
        for group in self.symmetry.streams:
            plans |= self._exact(group, plans)
        if not plans or not self._costs.depends_on_plans:
            return plans
        for self.rounds in range(1, ROUNDS + 1):
            self._inner = {}
            for group in self.symmetry.inner:
                self._inner |= self._exact(group, plans)
            before = dict(plans)
            for group in self.symmetry.streams:
                plans |= self._exact(group, {**plans, **self._inner})
            if all(torch.equal(plan.source, plans[axis].source) for axis, plan in before.items()):
                break
        else:
            self._inner = {}  # they belong to the streams of a round ago
        return plans

    def _exact(self, group: Group, plans: Mapping[str, Plan]) -> dict[str, Permutation]:
        return dict(zip(group.axes, permutations(self._costs_of(group, plans), group.heads), strict=True))

    def _soft(self, group: Group, plans: Mapping[str, Plan]) -> dict[str, Mixture]:
        found = mixtures(self._costs_of(group, plans), group.heads, self._regularisation)
        return dict(zip(group.axes, found, strict=True))

    def _costs_of(self, group: Group, plans: Mapping[str, Plan]) -> list[Cost]:
        return [self._costs.cost(axis, group.size, plans) for axis in group.axes]


def moved(tensor: Tensor, axes: tuple[str | None, ...], plans: Mapping[str, Plan | None]) -> Tensor:
    """The tensor with each axis moved by the plan of its order, where there is one."""
    for at, axis in enumerate(axes):
        plan = plans.get(axis) if axis is not None else None
        if plan is not None:
            tensor = plan.move(tensor, at)
    return tensor


def interpolated(aligned: Tensor, second: Tensor, p0: float) -> Tensor:
    """p0 x aligned + (1 - p0) x second, computed in fp32 and given in the second's type; equal tensors stay to the bit
    what they are. Tensors of whole numbers are the second's."""
    if not second.is_floating_point():
        return second
    exact = torch.float64 if second.dtype == torch.float64 else torch.float32
    return torch.lerp(second.to(exact), aligned.to(exact), p0).to(second.dtype)


def _rows(tensor: Tensor, axis: int) -> Tensor:
    """(n, m), the axis first."""
    return tensor.movedim(axis, 0).reshape(tensor.shape[axis], -1)
