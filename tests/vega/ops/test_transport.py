"""Plans have their marginals, exact ones are the cheapest, and Sinkhorn's lie between them and the outer product."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vega.ops.transport import (
    Mixture,
    Permutation,
    assignment,
    mixtures,
    permutations,
    sinkhorn_plan,
    squared_distances,
)

ot = pytest.importorskip("ot", reason="soft plans are POT's, and so is what exact ones are compared with")


def random_cost(size: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((size, size))


@given(size=st.integers(1, 6), seed=st.integers(0, 99))
def test_the_exact_plan_is_the_cheapest_permutation(size: int, seed: int) -> None:
    cost = random_cost(size, seed)
    before, sources = cost.copy(), assignment(cost)
    assert (cost == before).all()
    assert sorted(sources) == list(range(size))
    cheapest = min(cost[list(p), range(size)].sum() for p in itertools.permutations(range(size)))
    assert cost[sources, range(size)].sum() == pytest.approx(cheapest)


@given(size=st.integers(1, 40), seed=st.integers(0, 99))
def test_the_exact_plan_is_that_of_pots_emd(size: int, seed: int) -> None:
    assert_allclose(exact_plan(random_cost(size, seed)), ot.emd([], [], random_cost(size, seed)), atol=1e-12)


def exact_plan(cost: np.ndarray) -> np.ndarray:
    """As a matrix, with marginals 1/n."""
    plan = np.zeros_like(cost)
    plan[assignment(cost), np.arange(len(cost))] = 1 / len(cost)
    return plan


@settings(max_examples=30)
@given(size=st.integers(1, 12), seed=st.integers(0, 99), regularisation=st.sampled_from([0.02, 0.3, 5.0]))
def test_sinkhorns_marginals_are_uniform(size: int, seed: int, regularisation: float) -> None:
    plan = sinkhorn_plan(random_cost(size, seed), regularisation)
    assert_allclose([plan.sum(0), plan.sum(1)], 1 / size, rtol=0.011)


def test_sinkhorn_goes_from_the_exact_plan_to_the_outer_product() -> None:
    cost = random_cost(9, 3)
    assert_allclose(sinkhorn_plan(cost, 0.002), ot.emd([], [], cost), atol=1e-4)
    assert_allclose(sinkhorn_plan(cost, 1e5), 1 / 81, rtol=1e-4)
    assert_allclose(sinkhorn_plan(cost * 1e6, 0.3), sinkhorn_plan(cost, 0.3), rtol=1e-5)


def test_equally_good_neurons_stay() -> None:
    rows = torch.randn(64, 20, generator=torch.Generator().manual_seed(1))
    rows[40:] = rows[7]
    assert (assignment(squared_distances([(rows, rows)], 64)) == np.arange(64)).all()
    twins = np.ones((8, 8)) - (1 - 1e-12) * np.eye(8)
    twins[[2, 5], [5, 2]] = 0.0  # alike but for rounding
    assert (assignment(twins) == np.arange(8)).all()
    assert (assignment(np.zeros((4, 4)) + 1e-3) == np.arange(4)).all()


def test_heads_travel_whole_and_neurons_inside_them() -> None:
    generator = torch.Generator().manual_seed(1)
    first = [torch.randn(12, 30, generator=generator) for _ in range(2)]
    heads = torch.tensor([2, 0, 3, 1])
    expected = [torch.cat([h * 3 + torch.randperm(3, generator=generator) for h in heads.tolist()]) for _ in range(2)]
    second = [rows[order] for rows, order in zip(first, expected, strict=True)]
    costs = [squared_distances([pair], 12) for pair in zip(first, second, strict=True)]
    assert [plan.source.tolist() for plan in permutations(costs, 4)] == [order.tolist() for order in expected]
    for cost, soft in zip(costs, mixtures(costs, 4, 0.5), strict=True):
        blocks = soft.matrix.view(4, 3, 4, 3).sum((1, 3))
        assert torch.equal(blocks.argmax(0), heads)
        assert int((blocks > 0).sum()) == 4  # no head is mixed with another
        assert torch.allclose(soft.matrix.sum(0), torch.ones(12))
        assert len(cost) == 12
    unlike = torch.randn(12, 30, generator=generator)  # even where nothing fits
    source = permutations([squared_distances([(first[0], unlike)], 12)], 4)[0].source
    assert all(len(set((part // 3).tolist())) == 1 for part in source.view(4, 3))


def test_distances_are_summed_over_pairs_and_chunks() -> None:
    generator = torch.Generator().manual_seed(2)
    pairs = [tuple(torch.randn(5, m, generator=generator) for _ in range(2)) for m in (1, 7, 1500)]
    joined = [torch.cat(each, 1).double() for each in zip(*pairs, strict=True)]
    assert_allclose(squared_distances(pairs, 5), torch.cdist(*joined).square().numpy(), rtol=1e-9)  # type: ignore[arg-type]


def test_moving_by_a_permutation_is_moving_by_its_matrix() -> None:
    tensor = torch.arange(24.0).view(4, 6)
    plan = Permutation(torch.tensor([3, 0, 5, 1, 4, 2]))
    matrix = torch.zeros(6, 6)
    matrix[plan.source, torch.arange(6)] = 1
    assert torch.equal(plan.move(tensor, 1), Mixture(matrix).move(tensor, 1))
    assert torch.equal(plan.move(tensor, 1), tensor @ matrix)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        assignment(np.full((3, 3), np.nan))
