"""fairseq's Transformer that can also compute on packed tokens: the model of all `vega_*` architectures.

Parameters, options and checkpoints are fairseq's. `model(..., packed_output=True)` gives the decoder's output for real
target tokens only, (M, C) in the order of `target[target != pad]`, for losses that need no more
(`vega_label_smoothed_cross_entropy`); `packed_output="with_encoder"` gives the encoder's too (`vega_e2s2`). Every other
call is fairseq's own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fairseq.models import register_model
from fairseq.models.transformer import TransformerModel
from torch import Tensor

from fairseq_plugins.models.packed import make_packed
from vega.ops.packing import Packing


class PackedOutput(NamedTuple):
    """`states` (M, C) of the decoder, `encoded` (N, C) of the encoder, and where the encoder's rows were."""

    states: Tensor
    encoded: Tensor
    source: Packing


@register_model("vega_transformer")
class VegaTransformer(TransformerModel):
    """An encoder-decoder Transformer (Vaswani et al. 2017)."""

    def __init__(self, args: Any, encoder: Any, decoder: Any) -> None:
        super().__init__(args, encoder, decoder)
        plain = not (
            decoder.adaptive_softmax or decoder.project_out_dim or decoder.project_in_dim
            or encoder.quant_noise or decoder.quant_noise or getattr(args, "quant_noise_scalar", 0)
        )  # fmt: skip
        #: Whether `packed_output` works for this model's options.
        self.can_pack = plain and make_packed(encoder.layers) and make_packed(decoder.layers)

    def forward(
        self, src_tokens: Tensor, src_lengths: Tensor, prev_output_tokens: Tensor, *args: Any, **options: Any
    ) -> Any:
        wanted = options.pop("packed_output", False)
        if not wanted:
            return super().forward(src_tokens, src_lengths, prev_output_tokens, *args, **options)
        source = Packing(src_tokens.ne(self.encoder.padding_idx))
        target = Packing(prev_output_tokens.ne(self.decoder.padding_idx))
        x = _embedded(self.encoder, src_tokens, source)
        for layer in self.encoder.layers:
            x = layer(x, source)
        states = x if self.encoder.layer_norm is None else self.encoder.layer_norm(x)
        x = _embedded(self.decoder, prev_output_tokens, target)
        for layer in self.decoder.layers:
            x = layer(x, states, source, target)
        x = x if self.decoder.layer_norm is None else self.decoder.layer_norm(x)
        return PackedOutput(x, states, source) if wanted == "with_encoder" else x


def _embedded(side: Any, tokens: Tensor, packing: Packing) -> Tensor:
    """Embeddings and positions of real tokens, with their norm and dropout: (N, C)."""
    x = side.embed_scale * side.embed_tokens(tokens[packing.real])
    if side.embed_positions is not None:
        x = x + side.embed_positions(tokens)[packing.real].to(x.dtype)
    if side.layernorm_embedding is not None:
        x = side.layernorm_embedding(x)
    return side.dropout_module(x)
