"""Attention by torch's fused kernel, but by plain products where that kernel is slow: bf16 on CPU.

Shapes: B sentences, H heads, T queries, S keys, d channels of a head.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, causal: bool = False, dropout: float = 0.0
) -> Tensor:
    """Softmax of scaled scores plus `mask`, times `value`: (B, H, T, d).

    `query` is (B, H, T, d), `key` and `value` (B, H, S, d); `mask` broadcasts to (B, H, T, S). `causal` needs T = S and
    no mask. `dropout` is the probability for weights.
    """
    if query.device.type == "cpu" and query.dtype != torch.float32:
        return _plain(query, key, value, _causal_mask(query) if causal else mask, dropout)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout, is_causal=causal)


def _plain(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, dropout: float) -> Tensor:
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    weights = torch.softmax(scores if mask is None else scores + mask, dim=-1)
    return (F.dropout(weights, dropout) if dropout else weights) @ value


def _causal_mask(query: Tensor) -> Tensor:
    length = query.shape[-2]
    return query.new_full((length, length), float("-inf")).triu(1)
