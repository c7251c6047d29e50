"""Tiny models of fairseq as checkpoint files, and copies of them with their neurons in another order."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import torch
from fairseq.models import ARCH_CONFIG_REGISTRY, build_model

import fairseq_plugins  # noqa: F401 (registers the architectures)
from fairseq_plugins.loading import _Task
from vega.checkpoints.fuse import symmetry_of
from vega.checkpoints.sources import open_weights

#: Every way in which the residual stream and the embeddings can be: pre- and post-norm, tied or not, positions.
KINDS: dict[str, dict[str, Any]] = {
    "pre_norm": {},
    "post_norm": {"encoder_normalize_before": False, "decoder_normalize_before": False},
    "learned": {"encoder_learned_pos": True, "decoder_learned_pos": True, "layernorm_embedding": True},
    "untied": {"share_all_embeddings": False, "encoder_learned_pos": True, "decoder_learned_pos": True},
    "half_learned_post_norm": {
        "share_all_embeddings": False, "share_decoder_input_output_embed": True, "decoder_learned_pos": True,
        "decoder_normalize_before": False, "encoder_normalize_before": False, "encoder_embed_dim": 24,
        "encoder_ffn_embed_dim": 40,
    },
}  # fmt: skip


def options(**changes: Any) -> Namespace:
    sizes = {
        "encoder_layers": 2, "decoder_layers": 2, "encoder_embed_dim": 16, "decoder_embed_dim": 16,
        "encoder_ffn_embed_dim": 24, "decoder_ffn_embed_dim": 24, "encoder_attention_heads": 4,
        "decoder_attention_heads": 4, "max_source_positions": 64, "max_target_positions": 64, "arch": "vega_tiny",
    }  # fmt: skip
    args = Namespace(**{**sizes, **changes})
    ARCH_CONFIG_REGISTRY["vega_tiny"](args)
    return args


def write_model(path: Path, seed: int, vocabulary: int = 50, task: Any = None, **changes: Any) -> Path:
    """A model with random numbers everywhere, norms and biases too."""
    args = options(**changes)
    torch.manual_seed(seed)
    model = build_model(args, _Task(vocabulary))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape) * 0.2)
    state = {
        "cfg": {"model": args, "task": task},
        "model": model.state_dict(),
        "optimizer_history": [],
        "extra_state": {"train_iterator": {"epoch": 1}},
        "last_optimizer_state": {"large": torch.zeros(9)},
    }
    torch.save(state, path)
    return path


def reordered(path: Path, output: Path, seed: int) -> Path:
    """The same function: all neurons that may change places do, in ways drawn by `seed`, by dense matrices."""
    torch.manual_seed(seed)
    weights = open_weights(path)
    symmetry = symmetry_of(weights)
    matrices: dict[str, torch.Tensor] = {}
    for group in (*symmetry.streams, *symmetry.inner):
        heads, d = torch.randperm(group.heads), group.size // group.heads
        for axis in group.axes:
            order = torch.cat([h * d + torch.randperm(d) for h in heads])
            matrices[axis] = torch.eye(group.size)[order]
    state = torch.load(path, weights_only=False)  # made by a test
    stored = {}
    for name in weights.tensors():
        tensor = weights.tensor(name)
        for at, axis in enumerate(symmetry.axes[name]):
            if axis is not None:
                tensor = torch.tensordot(matrices[axis], tensor, dims=([1], [at])).movedim(0, at)
        stored[name] = tensor.contiguous()
    state["model"] = stored | {name: stored[first] for name, first in weights.aliases().items()}
    torch.save(state, output)
    return output
