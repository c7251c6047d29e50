"""Transformer layers on packed tokens: fairseq's layers, with one more way to run.

fairseq computes on padded (T, B, C) batches, copies them between layouts for attention, and draws dropout slowly on
CPU. Given a `Packing`, these layers compute the same on the (N, C) matrix of real tokens (`vega.ops.packing`), with
bias and ReLU inside the product, dropout and residual in one pass. Called in any other way (generation, alignment) they
are fairseq's.

Shapes: N source tokens, M target tokens, S and T the longest source and target, B sentences, H heads, C channels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from fairseq.modules.transformer_layer import (
    TransformerDecoderLayer,
    TransformerDecoderLayerBase,
    TransformerEncoderLayer,
    TransformerEncoderLayerBase,
)
from torch import Tensor, nn

from vega.ops.attention import attend
from vega.ops.dropout import add_dropped
from vega.ops.linear import linear
from vega.ops.packing import Packing


class PackedEncoderLayer(TransformerEncoderLayerBase):
    """`layer(x, packing)` for packed x (N, C); all else as fairseq."""

    def forward(self, x: Tensor, encoder_padding_mask: Any, attn_mask: Any = None) -> Any:
        if not isinstance(encoder_padding_mask, Packing):
            return super().forward(x, encoder_padding_mask, attn_mask)
        source = encoder_padding_mask
        x = _sublayer(
            self, x, self.self_attn_layer_norm, lambda h: _attention(self, self.self_attn, h, source, h, source)
        )
        return _sublayer(self, x, self.final_layer_norm, lambda h: _feed_forward(self, h))


class PackedDecoderLayer(TransformerDecoderLayerBase):
    """`layer(x, states, source, target)` for packed x (M, C), states (N, C) and their packings; all else as fairseq."""

    def forward(
        self, x: Tensor, encoder_out: Any = None, encoder_padding_mask: Any = None, *args: Any, **kw: Any
    ) -> Any:
        if not isinstance(encoder_padding_mask, Packing):
            return super().forward(x, encoder_out, encoder_padding_mask, *args, **kw)
        states, source, target = encoder_out, encoder_padding_mask, args[0]
        x = _sublayer(
            self, x, self.self_attn_layer_norm,
            lambda h: _attention(self, self.self_attn, h, target, h, target, causal=True),
        )  # fmt: skip
        x = _sublayer(
            self, x, self.encoder_attn_layer_norm,
            lambda h: _attention(self, self.encoder_attn, h, target, states, source),
        )  # fmt: skip
        return _sublayer(self, x, self.final_layer_norm, lambda h: _feed_forward(self, h))


def _sublayer(layer: Any, x: Tensor, norm: nn.Module, compute: Callable[[Tensor], Tensor]) -> Tensor:
    """Norm before or after, residual, dropout."""
    fresh = compute(norm(x) if layer.normalize_before else x)
    x = add_dropped(fresh, x, layer.dropout_module.p, layer.training)
    return x if layer.normalize_before else norm(x)


def _feed_forward(layer: Any, x: Tensor) -> Tensor:
    relu = layer.activation_fn is F.relu
    hidden = linear(x, layer.fc1.weight, layer.fc1.bias, relu=relu)
    hidden = layer.activation_dropout_module(hidden if relu else layer.activation_fn(hidden))
    return linear(hidden, layer.fc2.weight, layer.fc2.bias)


def _attention(
    layer: Any, attention: Any, x: Tensor, target: Packing, states: Tensor, source: Packing, causal: bool = False
) -> Tensor:
    """Attention of packed x (M, C) to packed states (N, C): (M, C)."""
    query = _heads(attention, x, attention.q_proj, target)
    key, value = (_heads(attention, states, p, source) for p in (attention.k_proj, attention.v_proj))
    # Padding comes after the sentence, where a causal mask hides it from every token.
    mask = None if causal else source.key_mask(query.dtype)
    dropout = attention.dropout_module.p if layer.training else 0.0
    out = target.pack(attend(query, key, value, mask, causal=causal, dropout=dropout).transpose(1, 2).flatten(2))
    return linear(out, attention.out_proj.weight, attention.out_proj.bias)


def _heads(attention: Any, x: Tensor, projection: nn.Linear, packing: Packing) -> Tensor:
    """x (N, C), projected and padded: (B, H, T, C / H)."""
    padded = packing.pad(linear(x, projection.weight, projection.bias))
    return padded.view(packing.batch, packing.length, attention.num_heads, -1).transpose(1, 2)


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
    """Plain layers and projections with biases, not wrapped, nothing quantized or scaled."""
    if type(layer) not in _PLAIN or hasattr(layer, "precheckpoint_forward") or layer.quant_noise > 0:
        return False
    added = ("attn_ln", "c_attn", "ffn_layernorm", "w_resid")
    if any(getattr(layer, name, None) is not None for name in added) or getattr(layer, "cross_self_attention", False):
        return False
    if getattr(layer, "return_fc", False):
        return False
    attentions = [layer.self_attn, *([layer.encoder_attn] if hasattr(layer, "encoder_attn") else [])]
    return all(_is_plain_attention(attention) for attention in attentions)


def _is_plain_attention(attention: Any) -> bool:
    return (
        attention is not None
        and attention.bias_k is None
        and not attention.add_zero_attn
        and not attention.use_xformers
        and all(
            type(p) is nn.Linear and p.bias is not None
            for p in (attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj)
        )
    )
