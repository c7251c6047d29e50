from __future__ import annotations

import torch
from hypothesis import given, settings
from torch import Tensor

from tests.vega.masks import masks
from vega.ops.packing import Packing

WIDTH = 3


@given(masks)
@settings(deadline=None)
def test_packing_is_choosing_the_real_tokens_in_order(real: Tensor) -> None:
    padded = torch.randn(*real.shape, WIDTH)
    assert torch.equal(Packing(real).pack(padded), padded[real])


@given(masks)
@settings(deadline=None)
def test_padding_puts_them_back_and_is_finite_between(real: Tensor) -> None:
    packing = Packing(real)
    packed = torch.randn(int(real.sum()), WIDTH)
    padded = packing.pad(packed)
    assert padded.shape == (*real.shape, WIDTH) and bool(padded.isfinite().all())
    assert torch.equal(packing.pack(padded), packed)


@given(masks)
@settings(deadline=None)
def test_gradients_pass_through_real_tokens_only(real: Tensor) -> None:
    """That of `pack` is what indexing gives; padding hands on nothing, whatever gradient it gets."""
    packing = Packing(real)
    padded = torch.randn(*real.shape, WIDTH, requires_grad=True)
    above = torch.randn(int(real.sum()), WIDTH)
    packing.pack(padded).backward(above)
    (expected,) = torch.autograd.grad(padded[real], padded, above)
    assert padded.grad is not None and torch.equal(padded.grad, expected)

    packed = torch.randn(int(real.sum()), WIDTH, requires_grad=True)
    above = torch.randn(*real.shape, WIDTH)
    packing.pad(packed).backward(above)
    assert packed.grad is not None and torch.equal(packed.grad, above[real])


@given(masks)
@settings(deadline=None)
def test_key_masks_hide_padding(real: Tensor) -> None:
    for dtype in (torch.float32, torch.bfloat16):
        mask = Packing(real).key_mask(dtype)
        if bool(real.all()):
            assert mask is None
        else:
            assert mask is not None and mask.dtype == dtype and mask.shape == (real.shape[0], 1, 1, real.shape[1])
            assert torch.equal(mask[:, 0, 0] == 0, real) and torch.equal(mask[:, 0, 0] == float("-inf"), ~real)


def test_a_full_batch_is_only_reshaped() -> None:
    packing, packed = Packing(torch.ones(2, 3, dtype=torch.bool)), torch.randn(6, WIDTH)
    assert packing.pad(packed).data_ptr() == packed.data_ptr() == packing.pack(packing.pad(packed)).data_ptr()
