"""The leash: no pull is no leash, an endless one holds; the L2 step is the gradient's; KL is torch's."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from vega.methods.leash import divergence, penalty, pull
from vega.ops import cross_entropy


def some(seed: int, *shapes: tuple[int, ...]) -> list[Tensor]:
    torch.manual_seed(seed)
    return [torch.randn(shape) for shape in shapes]


@given(seed=st.integers(0, 99), strength=st.floats(1e-6, 1e6))
@settings(deadline=None)
def test_the_step_goes_down_the_penaltys_gradient_at_its_end(seed: int, strength: float) -> None:
    """v - w = lr l2 x the gradient, by autograd, of 1/2 ||w - a||^2: an implicit gradient step, stable for any l2."""
    shapes = [(3, 4), (5,)]
    before, anchors = ([each.double() for each in some(seed + n, *shapes)] for n in (0, 100))
    after = [each.clone().requires_grad_() for each in before]
    pull([each.detach() for each in after], anchors, strength)
    gradients = torch.autograd.grad(penalty(after, anchors), after)
    for old, new, gradient in zip(before, after, gradients, strict=True):
        torch.testing.assert_close(old - new, strength * gradient, rtol=1e-6, atol=1e-9)


def test_no_pull_changes_nothing_and_an_endless_one_holds() -> None:
    anchors = some(1, (4, 4), (3,))
    for strength, wanted in ((0.0, some(2, (4, 4), (3,))), (math.inf, anchors)):
        weights = some(2, (4, 4), (3,))
        pull(weights, anchors, strength)
        assert all(torch.equal(w, x) for w, x in zip(weights, wanted, strict=True))


def test_a_weight_at_its_anchor_and_one_without_stay_to_the_bit() -> None:
    weights = some(3, (50,), (50,))
    pull(weights, [weights[0].clone(), None], 0.3)
    assert all(torch.equal(w, x) for w, x in zip(weights, some(3, (50,), (50,)), strict=True))


def test_parts_are_pulled_as_the_whole_is() -> None:
    (whole,), (anchor,) = some(4, (10, 3)), some(5, (10, 3))
    parts = [part.clone() for part in whole.split(4)]
    pull([whole], [anchor], 0.7)
    pull(parts, list(anchor.split(4)), 0.7)
    assert torch.equal(torch.cat(parts), whole)


def test_adam_comes_to_rest_at_one_over_l2() -> None:
    """As the settings say: a weight that is always pushed the same way, at any rate."""
    for lr in (2e-3, 1e-2):
        weight = torch.zeros(1, requires_grad=True)
        adam = torch.optim.Adam([weight], lr=lr)
        for _ in range(1000):
            weight.grad = torch.full((1,), -3.0)
            adam.step()
            pull([weight.data], [torch.zeros(1)], lr * 5.0)
        assert float(weight.detach()) == pytest.approx(1 / 5, rel=0.02)


def reference(hidden: Tensor, weight: Tensor, start_hidden: Tensor, start_weight: Tensor) -> Tensor:
    ours, theirs = ((h @ w.t()).log_softmax(-1) for h, w in ((hidden, weight), (start_hidden, start_weight)))
    return torch.nn.functional.kl_div(ours, theirs, log_target=True, reduction="sum")


@given(tokens=st.integers(0, 70), vocabulary=st.integers(2, 40), chunk=st.sampled_from([1, 1 << 22]))
@settings(deadline=None, max_examples=40)
def test_divergence_and_its_gradients_equal_torchs(tokens: int, vocabulary: int, chunk: int) -> None:
    torch.manual_seed(tokens * 100 + vocabulary)
    hidden, start = torch.randn(tokens, 8), torch.randn(tokens, 6)
    weight, start_weight = torch.randn(vocabulary, 8), torch.randn(vocabulary, 6)
    results, original = [], cross_entropy.CHUNK_ENTRIES
    cross_entropy.CHUNK_ENTRIES = chunk  # 1 entry: many chunks of 16 rows
    try:
        for function in (divergence, reference):
            h, w = hidden.clone().requires_grad_(), weight.clone().requires_grad_()
            total = function(h, w, start, start_weight)
            (3.0 * total).backward()
            results.append((total.detach(), h.grad, w.grad))
    finally:
        cross_entropy.CHUNK_ENTRIES = original
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_a_model_is_no_way_from_itself() -> None:
    hidden, weight = some(6, (9, 8), (20, 8))
    h = hidden.clone().requires_grad_()
    total = divergence(h, weight, hidden, weight)
    total.backward()
    assert float(total.detach()) == 0.0
    assert h.grad is not None and float(h.grad.abs().max()) == 0.0
