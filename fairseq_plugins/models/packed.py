"""Transformer layers on packed tokens: fairseq's layers, with one more way to run.

fairseq computes on padded (T, B, C) batches, copies them between layouts for attention, and draws dropout slowly on
CPU. Given a `Packing`, these layers compute the same on the (N, C) matrix of real tokens (`vega.ops.packing`):
queries, keys and values by one product, attention by torch's fused kernel, dropout and residual in one pass. Called in
any other way (generation, alignment) they are fairseq's.

Shapes: N source tokens, M target tokens, S and T the longest source and target, B sentences, H heads, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from fairseq.modules.transformer_layer import (
    TransformerDecoderLayer,
    TransformerDecoderLayerBase,
    TransformerEncoderLayer,
    TransformerEncoderLayerBase,
)
from torch import Tensor, nn

from vega.ops.dropout import add_dropped
from vega.ops.packing import Packing


@dataclass
class PackedSource:
    """What the decoder sees of the encoder: its output (N, C) and where its tokens are."""

    states: Tensor
    packing: Packing


class PackedEncoderLayer(TransformerEncoderLayerBase):
    """`layer(x, packing)` for packed x (N, C); all else as fairseq."""

    def forward(self, x: Tensor, encoder_padding_mask: Any, attn_mask: Any = None) -> Any:
        if not isinstance(encoder_padding_mask, Packing):
            return super().forward(x, encoder_padding_mask, attn_mask)
        x = _sublayer(
            self, x, self.self_attn_layer_norm, lambda h: _self_attention(self, h, encoder_padding_mask, False)
        )
        return _sublayer(self, x, self.final_layer_norm, lambda h: _feed_forward(self, h))


class PackedDecoderLayer(TransformerDecoderLayerBase):
    """`layer(x, states, source, packing)` for packed x (M, C); all else as fairseq."""

    def forward(
        self, x: Tensor, encoder_out: Any = None, encoder_padding_mask: Any = None, *args: Any, **kw: Any
    ) -> Any:
        if not isinstance(encoder_padding_mask, Packing):
            return super().forward(x, encoder_out, encoder_padding_mask, *args, **kw)
        source, target = encoder_padding_mask, args[0]
        x = _sublayer(self, x, self.self_attn_layer_norm, lambda h: _self_attention(self, h, target, True))
        x = _sublayer(
            self, x, self.encoder_attn_layer_norm, lambda h: _cross_attention(self, h, target, encoder_out, source)
        )
        return _sublayer(self, x, self.final_layer_norm, lambda h: _feed_forward(self, h))


def _sublayer(layer: Any, x: Tensor, norm: nn.Module, compute: Any) -> Tensor:
    """Norm before or after, residual, dropout."""
    fresh = compute(norm(x) if layer.normalize_before else x)
    x = add_dropped(fresh, x, layer.dropout_module.p, layer.training)
    return x if layer.normalize_before else norm(x)


def _feed_forward(layer: Any, x: Tensor) -> Tensor:
    hidden = F.relu_(layer.fc1(x))
    return layer.fc2(layer.activation_dropout_module(hidden))


def _joined(x: Tensor, *projections: nn.Linear) -> Tensor:
    """Several projections of x by one product: (N, C * number)."""
    return F.linear(x, torch.cat([p.weight for p in projections]), torch.cat([p.bias for p in projections]))


def _self_attention(layer: Any, x: Tensor, packing: Packing, causal: bool) -> Tensor:
    attention = layer.self_attn
    joined = packing.pad(_joined(x, attention.q_proj, attention.k_proj, attention.v_proj))  # (B, T, 3C)
    query, key, value = joined.view(packing.batch, packing.length, 3, attention.num_heads, -1).permute(2, 0, 3, 1, 4)
    # Padding comes after the sentence, where a causal mask hides it from every token.
    mask = None if causal else packing.key_mask(x.dtype)
    return _attend(layer, attention, query, key, value, packing, mask, causal)


def _cross_attention(layer: Any, x: Tensor, target: Packing, states: Tensor, source: Packing) -> Tensor:
    attention = layer.encoder_attn
    query = target.pad(attention.q_proj(x)).view(target.batch, target.length, attention.num_heads, -1).transpose(1, 2)
    joined = source.pad(_joined(states, attention.k_proj, attention.v_proj))  # (B, S, 2C)
    key, value = joined.view(source.batch, source.length, 2, attention.num_heads, -1).permute(2, 0, 3, 1, 4)
    return _attend(layer, attention, query, key, value, target, source.key_mask(x.dtype), False)


def _attend(
    layer: Any, attention: Any, query: Tensor, key: Tensor, value: Tensor, packing: Packing, mask: Any, causal: bool
) -> Tensor:
    """Attention of (B, H, T, d) queries, projected and packed: (M, C)."""
    dropped = attention.dropout_module.p if layer.training else 0.0
    out = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropped, is_causal=causal)
    return attention.out_proj(packing.pack(out.transpose(1, 2).flatten(2)))


_PLAIN = {
    TransformerEncoderLayerBase: PackedEncoderLayer,
    TransformerEncoderLayer: PackedEncoderLayer,
    TransformerDecoderLayerBase: PackedDecoderLayer,
    TransformerDecoderLayer: PackedDecoderLayer,
}


def make_packed(layers: nn.ModuleList) -> bool:
    """Give fairseq's layers the second way to run, if all of them can; otherwise leave all as they are."""
    possible = type(layers) is nn.ModuleList and all(map(_can_run_packed, layers))
    if possible:
        for layer in layers:
            layer.__class__ = _PLAIN[type(layer)]
    return possible


def _can_run_packed(layer: Any) -> bool:
    """Plain layers with ReLU and projections with biases, not wrapped, nothing quantized or scaled."""
    if type(layer) not in _PLAIN or hasattr(layer, "precheckpoint_forward") or layer.quant_noise > 0:
        return False
    added = ("attn_ln", "c_attn", "ffn_layernorm", "w_resid")
    if any(getattr(layer, name, None) is not None for name in added) or getattr(layer, "cross_self_attention", False):
        return False
    if getattr(layer, "return_fc", False) or layer.activation_fn is not F.relu:
        return False
    attentions = [layer.self_attn, *([layer.encoder_attn] if hasattr(layer, "encoder_attn") else [])]
    return all(_is_plain_attention(attention) for attention in attentions)


def _is_plain_attention(attention: Any) -> bool:
    return (
        attention is not None
        and attention.bias_k is None
        and not attention.add_zero_attn
        and not getattr(attention, "attention", None)  # xFormers'
        and all(
            type(p) is nn.Linear and p.bias is not None for p in (attention.q_proj, attention.k_proj, attention.v_proj)
        )
        and attention.kdim == attention.vdim
    )
