from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from vega.ops.contrastive import nt_xent

seeds = st.integers(0, 1000)


def plain(a: Tensor, b: Tensor, temperature: float, same: list[list[bool]] | None = None) -> float:
    """The formula, one pair at a time."""

    def similar(x: Tensor, y: Tensor) -> float:
        return math.exp(float(x @ y / (x.norm() * y.norm())) / temperature)

    def negatives(i: int) -> list[int]:
        return [j for j in range(len(a)) if j != i and not (same and same[i][j])]

    total = 0.0
    for one, other in ((a, b), (b, a)):
        for i in range(len(a)):
            positive = similar(one[i], other[i])
            below = positive + sum(similar(one[i], one[j]) + similar(one[i], other[j]) for j in negatives(i))
            total -= math.log(positive / below) / 2
    return total


@given(st.integers(1, 6), st.floats(0.1, 2.0), seeds, st.booleans())
@settings(deadline=None, max_examples=40)
def test_it_is_the_formula(sentences: int, temperature: float, seed: int, repeats: bool) -> None:
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(2, sentences, 5, generator=generator).unbind()
    keys = torch.randint(3, (sentences,), generator=generator)
    same = keys[:, None] == keys if repeats else None
    found = nt_xent(a, b, temperature, same)
    expected = plain(a.double(), b.double(), temperature, None if same is None else same.tolist())
    assert float(found) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_it_is_the_release_s_loss_without_repeats() -> None:
    """WHU-ZQH/E2S2, `_contrastive_loss_forward`: two tables of scores side by side, a large number off the diagonal."""
    a, b = torch.randn(2, 7, 16, generator=torch.Generator().manual_seed(1)).unbind()
    x, y = F.normalize(a, dim=1), F.normalize(b, dim=1)
    hidden, goal = torch.eye(7) * 1e9, torch.arange(7)
    loss = [
        F.cross_entropy(torch.cat([p @ q.t(), p @ p.t() - hidden], 1), goal, reduction="sum")
        for p, q in ((x, y), (y, x))
    ]
    assert torch.allclose(nt_xent(a, b, 1.0), (loss[0] + loss[1]) / 2)


@given(st.integers(1, 300), seeds)
@settings(deadline=None, max_examples=25)
def test_one_sentence_alone_gives_nothing(width: int, seed: int) -> None:
    a = torch.randn(1, width, generator=torch.Generator().manual_seed(seed)).requires_grad_()
    loss = nt_xent(a, a.detach() + 0.1, 0.05)
    loss.backward()
    assert float(loss.detach()) == 0.0 and a.grad is not None and float(a.grad.abs().max()) < 1e-5


def test_no_sentence_gives_nothing() -> None:
    assert float(nt_xent(torch.zeros(0, 4), torch.zeros(0, 4), 1.0)) == 0.0


def test_copies_are_not_pushed_apart() -> None:
    """A batch of one sentence many times has no negatives at all; without `same` it has."""
    a = torch.randn(1, 8, generator=torch.Generator().manual_seed(1)).repeat(4, 1).requires_grad_()
    everything = torch.ones(4, 4, dtype=torch.bool)
    loss = nt_xent(a, a.detach() * 2, 0.1, everything)
    loss.backward()
    assert a.grad is not None and bool(a.grad.isfinite().all())
    a = a.detach()
    assert abs(float(loss.detach())) < 1e-5 and float(nt_xent(a, a, 0.1)) > 4
    alone = ~everything
    assert torch.equal(nt_xent(a, a, 0.1, alone), nt_xent(a, a, 0.1))
    assert torch.equal(nt_xent(a, a, 0.1, torch.eye(4, dtype=torch.bool)), nt_xent(a, a, 0.1))


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_it_is_computed_in_float32(kind: torch.dtype) -> None:
    """Halves are only the input's precision; autocast changes nothing, and numbers too large for a half stay finite."""
    a, b = (torch.randn(2, 6, 32, generator=torch.Generator().manual_seed(2)) * 5000).to(kind).unbind()
    expected = nt_xent(a.float(), b.float(), 0.01)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = nt_xent(a, b, 0.01)
    assert loss.dtype == torch.float32 and torch.equal(loss, expected) and bool(loss.isfinite())
