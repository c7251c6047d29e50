"""Optimal transport between two equally large sets of neurons, and moving a tensor's axis along a plan.

With uniform marginals and sets of one size the exact plan is a permutation (Birkhoff; Peyre and Cuturi 2019, section
2.3). POT's `ot.emd` finds it by network simplex on a graph of n^2 edges; scipy's assignment solver (Crouse 2016) finds
the same one, which tests hold it to, in less time and with no other memory than the cost. Sinkhorn's plan, by POT, is
soft: each neuron of the second set gets a convex mix of the first's (Singh and Jaggi 2020, arXiv 1910.05653). Neurons
may lie in heads: heads then travel as wholes, and neurons inside them.

Shapes: n neurons, H heads of d = n / H neurons. Costs are (n, n), fp64: rows are the first set, columns the second.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Cost = NDArray[np.float64]
Matrix = TypeVar("Matrix", Cost, Tensor)

#: Columns of two tensors that are in memory in fp64 at a time.
CHUNK = 1024
#: Equally good neurons stay where they are; far above the rounding of a cost, far below any difference that matters.
TIE = 1e-9
#: Largest cost over the regularisation that exp() still expresses well; beyond it Sinkhorn works on logarithms.
STEEP = 200.0
#: Row sums of Sinkhorn's plan may be off by this share.
MARGINAL_ERROR = 0.01


@dataclass(frozen=True)
class Permutation:
    """Neuron j of the result is neuron `source[j]`."""

    source: Tensor

    def move(self, tensor: Tensor, axis: int) -> Tensor:
        """The tensor with this axis in the second set's order; no rounding."""
        return tensor.index_select(axis, self.source)

    @property
    def moved(self) -> float:
        """The share of neurons that change places."""
        return float((self.source != torch.arange(len(self.source))).double().mean())


@dataclass(frozen=True)
class Mixture:
    """Neuron j of the result is the mean of all, with the weights `matrix[:, j]`, which sum to 1."""

    matrix: Tensor

    def move(self, tensor: Tensor, axis: int) -> Tensor:
        moved: Tensor = torch.tensordot(tensor, self.matrix.to(tensor.dtype), dims=([axis], [0])).movedim(-1, axis)
        return moved

    @property
    def moved(self) -> float:
        """The share of the mass that changes places."""
        return 1 - float(self.matrix.diagonal().double().mean())


Plan = Permutation | Mixture


def squared_distances(pairs: Iterable[tuple[Tensor, Tensor]], size: int) -> Cost:
    """Between the rows of all first and all second tensors (n, m), summed over pairs; in fp64, chunk by chunk.

    A sum over pairs is what one permutation for all of them minimises: ||P A - B||^2.
    """
    cost = torch.zeros(size, size, dtype=torch.float64)
    for first, second in pairs:
        for start in range(0, first.shape[1], CHUNK):
            a, b = (rows[:, start : start + CHUNK].double() for rows in (first, second))
            cost.addmm_(a, b.T, alpha=-2)
            cost += a.square().sum(1)[:, None]
            cost += b.square().sum(1)
    values: Cost = cost.clamp_(min=0).numpy()
    return values


def assignment(cost: Cost) -> NDArray[np.int64]:
    """The cheapest plan with uniform marginals, for each neuron of the second set the one of the first that goes there:
    (n,). In ties it stays. The cost's diagonal is changed meanwhile. Raises ValueError for costs that are not finite.
    """
    if not np.isfinite(tie := TIE * float(cost.mean())):
        raise ValueError("the models' distances are no finite numbers: weights or activations are not finite")
    staying = cost.diagonal().copy()
    np.fill_diagonal(cost, staying - tie)
    first, second = importlib.import_module("scipy.optimize").linear_sum_assignment(cost)  # by name: it has no types
    np.fill_diagonal(cost, staying)
    sources = np.empty(len(cost), dtype=np.int64)
    sources[second] = first
    return sources


def sinkhorn_plan(cost: Cost, regularisation: float) -> Cost:
    """The plan with marginals 1/n that is cheapest with `regularisation` x the mean cost x its negative entropy added.

    `regularisation` is above 0. Large: every neuron is spread over all; small: near the exact plan. Raises ValueError
    where the iteration has not come near the marginals (`regularisation` too small for this cost).
    """
    size = len(cost)
    marginal = np.full(size, 1 / size)
    scale = regularisation * float(cost.mean())
    if scale == 0:
        return np.full((size, size), 1 / size**2)  # all are equal
    shifted = cost - cost.min()
    method = "sinkhorn" if shifted.max() < STEEP * scale else "sinkhorn_log"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # we look for ourselves
        plan: Cost = _pot().sinkhorn(marginal, marginal, shifted, scale, method=method, numItermax=10_000)
    error = np.abs(plan.sum(1) * size - 1).max()
    if not error <= MARGINAL_ERROR:
        raise ValueError(
            f"Sinkhorn has not come near its marginals (off by {error:.0%}) with a regularisation of {regularisation}"
        )
    return plan


def permutations(costs: Sequence[Cost], heads: int = 1) -> list[Permutation]:
    """The cheapest permutation of each cost's neurons that keeps heads whole; all costs share the order of heads."""
    order = _head_order(costs, heads)
    found = []
    for cost in costs:
        d = len(cost) // heads
        parts = [int(h) * d + assignment(_block(cost, int(h), g, d)) for g, h in enumerate(order)]
        found.append(Permutation(torch.from_numpy(np.concatenate(parts))))
    return found


def mixtures(costs: Sequence[Cost], heads: int, regularisation: float) -> list[Mixture]:
    """Sinkhorn's plans, each column normalised by its sum. Heads are not mixed: they travel as the exact plan says."""
    order = _head_order(costs, heads)
    found = []
    for cost in costs:
        d = len(cost) // heads
        matrix = torch.zeros(len(cost), len(cost))
        for g, h in enumerate(order):
            plan = sinkhorn_plan(_block(cost, int(h), g, d), regularisation)
            _block(matrix, int(h), g, d).copy_(torch.from_numpy(plan / plan.sum(0)))
        found.append(Mixture(matrix))
    return found


def _head_order(costs: Sequence[Cost], heads: int) -> NDArray[np.int64]:
    """For each head of the second model the one of the first: the cheapest when neurons inside may move freely."""
    if heads == 1:
        return np.zeros(1, dtype=np.int64)
    between = np.zeros((heads, heads))
    for cost in costs:
        d = len(cost) // heads
        for h in range(heads):
            for g in range(heads):
                block = _block(cost, h, g, d)
                between[h, g] += block[assignment(block), np.arange(d)].sum()
    return assignment(between)


def _block(matrix: Matrix, h: int, g: int, d: int) -> Matrix:
    """Head h's rows and head g's columns; a view."""
    return matrix[h * d : (h + 1) * d, g * d : (g + 1) * d]


def _pot() -> Any:
    """Imported when needed: it looks for every array library there is. By name, for it has no types."""
    return importlib.import_module("ot")
