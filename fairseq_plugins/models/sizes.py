"""The rows of `vega.model_sizes` as architectures of `vega_transformer`: `--arch vega_tiny` ... `vega_xl`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from fairseq.models import register_model_architecture
from fairseq.models.transformer import base_architecture

from fairseq_plugins.models import transformer  # noqa: F401 (registers the model)
from vega.model_sizes import SIZES, ModelSize


def _defaults(size: ModelSize) -> Callable[[Namespace], None]:
    """A function that fills in what the command line left open."""

    def fill(args: Namespace) -> None:
        defaults = {
            "encoder_layers": size.encoder_layers,
            "decoder_layers": size.decoder_layers,
            "encoder_embed_dim": size.width,
            "decoder_embed_dim": size.width,
            "encoder_ffn_embed_dim": size.ffn_width,
            "decoder_ffn_embed_dim": size.ffn_width,
            "encoder_attention_heads": size.heads,
            "decoder_attention_heads": size.heads,
            "encoder_normalize_before": size.pre_norm,
            "decoder_normalize_before": size.pre_norm,
            "share_all_embeddings": True,
        }
        for name, value in defaults.items():
            setattr(args, name, getattr(args, name, value))
        base_architecture(args)

    return fill


for _name, _size in SIZES.items():
    register_model_architecture("vega_transformer", _name)(_defaults(_size))
