"""The moving average is the weighted sum it claims to be."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vega.methods.ema import average_in, decay_at


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 30), st.integers(0, 1000))
def test_it_is_a_weighted_mean_of_all_weights_so_far(decay: float, updates: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(3, 2, generator=generator, dtype=torch.float64)
    history = [torch.randn(3, 2, generator=generator, dtype=torch.float64) for _ in range(updates)]
    average = start.clone()
    for update, weights in enumerate(history, start=1):
        average_in([average], [weights], update, decay)
    decays = [decay_at(update, decay) for update in range(1, updates + 1)]
    shares = [torch.tensor(decays[i + 1 :], dtype=torch.float64).prod() * (1 - d) for i, d in enumerate(decays)]
    rest = torch.tensor(decays, dtype=torch.float64).prod()
    assert float(sum(shares) + rest) == pytest.approx(1)
    expected = rest * start + sum(share * w for share, w in zip(shares, history, strict=True))
    assert torch.allclose(average, expected, atol=1e-12)


def test_with_decay_0_it_is_the_weights() -> None:
    average, weights = torch.zeros(5), torch.randn(5)
    average_in([average], [weights], 1, 0.0)
    assert torch.equal(average, weights)


def test_weights_in_16_bit_are_averaged_in_32() -> None:
    """Steps far below what bf16 can tell apart do add up."""
    average, weights = torch.ones(1), torch.full((1,), 2.0, dtype=torch.bfloat16)
    for _ in range(100):
        average_in([average], [weights], 10**9, 0.9999)
    assert average.dtype == torch.float32
    assert float(average) == pytest.approx(2 - 0.9999**100, abs=1e-5)


def test_the_decay_grows_to_what_was_asked_for() -> None:
    found = [decay_at(update, 0.99) for update in (1, 10, 100, 889, 890, 10**6)]
    assert found[:3] == [2 / 11, 11 / 20, 101 / 110]
    assert found[3] < 0.99 + 1e-12 and found[4:] == [0.99, 0.99]
