"""Small models of ours and of stock fairseq with the same weights, and random batches for them."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import torch
from fairseq.models import ARCH_CONFIG_REGISTRY, ARCH_MODEL_REGISTRY
from fairseq.models.transformer import TransformerModel
from torch import Tensor

import fairseq_plugins  # noqa: F401
from tests.vega.test_model_sizes import TaskWith

SYMBOLS, PAD, EOS = 60, 1, 2


def arguments(**changes: Any) -> Namespace:
    """Options of a model with 2+2 layers that computes in milliseconds; dropout is off."""
    shape = {"embed_dim": 16, "ffn_embed_dim": 24, "attention_heads": 2}
    sides = {f"{side}_{name}": value for side in ("encoder", "decoder") for name, value in shape.items()}
    args = Namespace(**{"no_token_positional_embeddings": False, "dropout": 0.0, **sides, **changes})
    ARCH_CONFIG_REGISTRY["vega_tiny"](args)
    return args


def pair(**changes: Any) -> tuple[Any, Any]:
    """Our model and fairseq's own class, same weights, in training mode."""
    task = TaskWith(SYMBOLS)
    torch.manual_seed(0)
    ours = ARCH_MODEL_REGISTRY["vega_tiny"].build_model(arguments(**changes), task)
    stock = TransformerModel.build_model(arguments(**changes), task)
    for parameter in ours.parameters():  # norms and biases start as ones and zeros, which would hide mistakes
        parameter.data += 0.1 * torch.randn_like(parameter)
    stock.load_state_dict(ours.state_dict(), strict=True)
    return ours.train(), stock.train()


def batch(source: Sequence[int], target: Sequence[int], *, left: bool = False, left_target: bool = False) -> Any:
    """Random sentences of these lengths, padded on the right or left; targets are shifted as fairseq does."""
    torch.manual_seed(sum(source) + len(target))
    sentences = [torch.cat([torch.randint(4, SYMBOLS, (n - 1,)), torch.tensor([EOS])]) for n in target]
    previous = [torch.cat([s[-1:], s[:-1]]) for s in sentences]
    inputs = {
        "src_tokens": padded([torch.randint(4, SYMBOLS, (n,)) for n in source], left),
        "src_lengths": torch.tensor(source),
        "prev_output_tokens": padded(previous, left_target),
    }
    return {"net_input": inputs, "target": padded(sentences, left_target), "ntokens": sum(target)}


def padded(sentences: Sequence[Tensor], left: bool) -> Tensor:
    side = "left" if left else "right"
    return torch.nn.utils.rnn.pad_sequence(list(sentences), True, PAD, side)
