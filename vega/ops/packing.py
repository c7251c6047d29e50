"""Batches without padding: the real tokens of B sentences as rows of one (N, C) matrix.

Linear layers, norms and dropout then work on real tokens only; attention, which needs sentences, sees (B, T, C) again.
Shapes: B sentences, T longest sentence, N real tokens, C channels.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class Packing:
    """Where the real tokens of a padded batch are. `real` is (B, T), True for tokens."""

    def __init__(self, real: Tensor) -> None:
        self.batch, self.length = real.shape
        flat = real.reshape(-1)
        #: Position in the padded batch of every packed row, (N,).
        self.positions = flat.nonzero().squeeze(1)
        self.is_full = self.positions.numel() == flat.numel()
        self.real = real
        if not self.is_full:
            #: Packed row of every padded position, (B * T,); padding borrows the first row, any finite numbers do.
            self.rows = torch.where(flat, flat.cumsum(0) - 1, 0)
            self.padding = (~flat).nonzero().squeeze(1)
        self._key_masks: dict[torch.dtype, Tensor] = {}

    def key_mask(self, dtype: torch.dtype) -> Tensor | None:
        """What attention adds to scores: 0 for tokens, -inf for padding, (B, 1, 1, T); None without padding."""
        if self.is_full:
            return None
        if dtype not in self._key_masks:
            mask = torch.zeros(self.real.shape, dtype=dtype, device=self.real.device)
            self._key_masks[dtype] = mask.masked_fill_(~self.real, float("-inf"))[:, None, None, :]
        return self._key_masks[dtype]

    def pack(self, padded: Tensor) -> Tensor:
        """(B, T, C) to (N, C)."""
        flat = padded.reshape(self.batch * self.length, -1)
        packed: Tensor = flat if self.is_full else _Pack.apply(flat, self)  # type: ignore[no-untyped-call]
        return packed

    def pad(self, packed: Tensor) -> Tensor:
        """(N, C) to (B, T, C); padding holds finite numbers without meaning, and gives no gradient."""
        flat: Tensor = packed if self.is_full else _Pad.apply(packed, self)  # type: ignore[no-untyped-call]
        return flat.view(self.batch, self.length, -1)


class _Pack(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, flat: Tensor, packing: Packing) -> Tensor:
        ctx.packing = packing
        return flat.index_select(0, packing.positions)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        spread = grad.index_select(0, ctx.packing.rows)
        return spread.index_fill_(0, ctx.packing.padding, 0), None


class _Pad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, packed: Tensor, packing: Packing) -> Tensor:
        ctx.packing = packing
        return packed.index_select(0, packing.rows)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad.index_select(0, ctx.packing.positions), None
