from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from vega.ops.dropout import add_dropped, keep_mask, rounded_probability

SHAPE = (301, 67)  # no multiple of the four elements that share a draw
COUNT = math.prod(SHAPE)


def mask(seed: int, probability: float) -> Tensor:
    torch.manual_seed(seed)
    return keep_mask(torch.Size(SHAPE), probability)


@given(st.floats(0.0, 1.0), st.integers(0, 1000))
@settings(deadline=None, max_examples=60)
def test_the_share_kept_is_the_one_promised(probability: float, seed: int) -> None:
    used = rounded_probability(probability)
    assert abs(used - probability) <= 2**-16 and used < 1
    spread = math.sqrt(used * (1 - used) / COUNT)
    assert abs(mask(seed, probability).float().mean().item() - (1 - used)) <= 5 * spread + 1e-6


def test_each_of_four_that_share_a_draw_is_kept_independently() -> None:
    """Correlation between neighbours, and with the element four on, is noise."""
    kept = torch.stack([mask(seed, 0.3).flatten()[: COUNT // 4 * 4] for seed in range(20)]).float() - 0.7
    for distance in (1, 2, 3, 4):
        correlation = (kept[:, distance:] * kept[:, :-distance]).mean().item() / (0.3 * 0.7)
        assert abs(correlation) < 5 / math.sqrt(kept.numel())
    assert kept.view(20, -1, 4).mean(dim=(0, 1)).abs().max().item() < 5 * math.sqrt(0.21 / (kept.numel() / 4))


def test_masks_depend_on_torchs_seed_alone() -> None:
    assert torch.equal(mask(1, 0.1), mask(1, 0.1))
    assert not torch.equal(mask(1, 0.1), mask(2, 0.1))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("probability", [0.1, 0.5])
def test_the_sum_and_its_gradients(dtype: torch.dtype, probability: float) -> None:
    """residual + mask * x / (1 - p); the gradient of x is mask / (1 - p), that of the residual 1."""
    leaf = torch.randn(SHAPE, dtype=dtype, requires_grad=True)
    residual = torch.randn(SHAPE, dtype=dtype, requires_grad=True)
    above = torch.randn(SHAPE, dtype=dtype)
    factor = (mask(3, probability) / (1 - rounded_probability(probability))).to(dtype)
    torch.manual_seed(3)
    total = add_dropped(leaf * 1, residual, probability, training=True)
    total.backward(above)
    tolerance = {"rtol": 2e-2, "atol": 2e-2} if dtype == torch.bfloat16 else {}
    torch.testing.assert_close(total, residual + factor * leaf, **tolerance)
    torch.testing.assert_close(leaf.grad, factor * above, **tolerance)
    assert total.dtype == dtype and residual.grad is not None and torch.equal(residual.grad, above)


def test_it_is_computed_in_the_memory_of_its_input_and_keeps_one_byte_per_element() -> None:
    leaf, residual = torch.randn(SHAPE, requires_grad=True), torch.randn(SHAPE)
    fresh = leaf @ torch.eye(SHAPE[1])
    place = fresh.data_ptr()
    saved: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        total = add_dropped(fresh, residual, 0.1, training=True)
    assert total.data_ptr() == place
    assert [t.dtype for t in saved] == [torch.bool]
    total.sum().backward()  # the product above saved nothing that was overwritten


def test_one_who_reads_the_input_later_is_told() -> None:
    leaf = torch.randn(SHAPE, requires_grad=True)
    fresh = leaf.exp()  # its gradient needs its result
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        add_dropped(fresh, torch.zeros(SHAPE), 0.1, training=True).sum().backward()


def test_without_dropout_it_is_a_sum() -> None:
    x, residual = torch.randn(SHAPE), torch.randn(SHAPE)
    for probability, training in ((0.0, True), (0.9, False)):
        assert torch.equal(add_dropped(x, residual, probability, training), residual + x)


def test_mixed_types_and_other_devices_use_torchs_dropout(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []
    monkeypatch.setattr(F, "dropout", lambda x, p: calls.append(p) or x)
    mixed = add_dropped(torch.randn(SHAPE, dtype=torch.bfloat16), torch.randn(SHAPE), 0.1, training=True)
    elsewhere = add_dropped(torch.empty(SHAPE, device="meta"), torch.empty(SHAPE, device="meta"), 0.2, training=True)
    assert mixed.dtype == torch.float32 and elsewhere.device.type == "meta" and calls == [0.1, 0.2]
