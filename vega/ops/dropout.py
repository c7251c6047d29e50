"""Dropout, quick on CPU.

torch draws one random number per element on CPU, which takes as long as a fifth of a Transformer's matrix products.
Here one 64-bit draw decides four elements, so the probability is rounded to 1/65,536, and the scale with it.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_LEVELS = 1 << 16


def _dropped_levels(probability: float) -> int:
    """How many of 65,536 equally likely numbers mean "dropped"; never all, so that the scale is finite."""
    return min(round(probability * _LEVELS), _LEVELS - 1)


def rounded_probability(probability: float) -> float:
    """The probability that is really used on CPU."""
    return _dropped_levels(probability) / _LEVELS


def keep_mask(shape: torch.Size, probability: float) -> Tensor:
    """True with probability 1 - `rounded_probability(probability)`; from torch's CPU generator."""
    count = shape.numel()
    draws = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(1 << 63), None)
    return (draws.view(torch.int16)[:count] >= _dropped_levels(probability) - _LEVELS // 2).view(shape)


class _AddDropped(torch.autograd.Function):
    """residual + dropout(x), computed in the memory of x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, residual: Tensor, probability: float) -> Tensor:
        kept = keep_mask(x.shape, probability)
        ctx.save_for_backward(kept)
        ctx.scale = 1.0 / (1.0 - rounded_probability(probability))
        ctx.mark_dirty(x)
        return torch.addcmul(residual, x, kept, value=ctx.scale, out=x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        (kept,) = ctx.saved_tensors
        return torch.ops.aten.native_dropout_backward(grad, kept, ctx.scale), grad, None


def add_dropped(x: Tensor, residual: Tensor, probability: float, training: bool) -> Tensor:
    """residual + dropout(x), of one shape. `x` must be a fresh result that nobody else reads: it may be overwritten."""
    if not training or probability == 0.0:
        return residual + x
    if x.device.type != "cpu" or x.dtype != residual.dtype:
        return residual + F.dropout(x, probability)
    total: Tensor = _AddDropped.apply(x, residual, probability)  # type: ignore[no-untyped-call]
    return total
