"""What batches hold: tokens with and without padding, and the sums that the FLOP formula needs.

Shapes: B sentences, S and T source and target tokens of the longest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from vega.model_sizes import ModelSize

#: Tokens of both sides, padding left out and counted; over sentences, the sums of squared source lengths, of squared
#: target lengths and of their products; batches without a source of their own, as in language modelling.
COUNTS = (
    "source",
    "target",
    "padded_source",
    "padded_target",
    "source_squares",
    "target_squares",
    "crossings",
    "sourceless",
)


def count_batch(sample: dict[str, Any], pad: int) -> list[float]:
    """The numbers of `COUNTS`, in its order, of one of fairseq's batches."""
    target = sample.get("target")
    lengths, padded = _target_lengths(target, pad) if isinstance(target, Tensor) else (None, 0)
    ntokens = float(sample.get("ntokens", 0)) if lengths is None else float(lengths.sum())
    inputs = sample.get("net_input", {})
    if lengths is None or "prev_output_tokens" not in inputs or "src_lengths" not in inputs:
        return [0.0, ntokens, 0.0, float(padded or ntokens), 0.0, 0.0, 0.0, 1.0]
    source = inputs["src_lengths"].to(torch.float64)  # (B,)
    return [
        float(source.sum()),
        ntokens,
        float(inputs["src_tokens"].shape[:2].numel()),
        float(padded),
        float(source @ source),
        float(lengths @ lengths),
        float(source @ lengths) if len(source) == len(lengths) else 0.0,
        0.0,
    ]


def _target_lengths(target: Tensor, pad: int) -> tuple[Tensor, int]:
    """Tokens of every sentence (B,), and the places for them: a target is (B, T)."""
    if target.dim() != 2:  # classification
        return torch.ones(target.numel(), dtype=torch.float64), target.numel()
    return target.ne(pad).sum(1).to(torch.float64), target.numel()


def count_batches(samples: Iterable[Any], pad: int) -> list[float]:
    """The sum over the batches of an update; a process may have none in the last one of an epoch."""
    total = [0.0] * len(COUNTS)
    for sample in samples:
        if sample:
            total = [a + b for a, b in zip(total, count_batch(sample, pad), strict=True)]
    return total


def model_shape(args: Any) -> ModelSize | None:
    """The shape of a fairseq encoder-decoder Transformer from its options; None for any other model."""
    try:
        shape = ModelSize(
            encoder_layers=int(args.encoder_layers),
            decoder_layers=int(args.decoder_layers),
            width=int(args.decoder_embed_dim),
            ffn_width=int(args.decoder_ffn_embed_dim),
            heads=int(args.decoder_attention_heads),
            pre_norm=bool(args.decoder_normalize_before),
        )
        same = (args.encoder_embed_dim, args.encoder_ffn_embed_dim) == (shape.width, shape.ffn_width)
    except AttributeError:
        return None
    return shape if same else None
