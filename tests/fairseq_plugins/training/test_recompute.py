"""Activation checkpointing changes memory and time, nothing else."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

import pytest
import torch
from fairseq.models.transformer import base_architecture
from fairseq.modules import TransformerDecoderLayer
from torch import Tensor

from fairseq_plugins.training.recompute import recompute_layers


def layer() -> TransformerDecoderLayer:
    """Cross-attention scales its queries in place, which a kept product must survive."""
    sizes = {"embed_dim": 32, "ffn_embed_dim": 64, "attention_heads": 2}
    args = Namespace(dropout=0.3, **{f"{side}_{k}": v for side in ("encoder", "decoder") for k, v in sizes.items()})
    base_architecture(args)
    torch.manual_seed(1)
    return TransformerDecoderLayer(args).train()


def gradients(how: str) -> tuple[list[Tensor], int]:
    """Gradients of one step, and the bytes that autograd kept for backward."""
    module = layer()
    recompute_layers([module], how)
    x = torch.randn(5, 3, 32, generator=torch.Generator().manual_seed(2), requires_grad=True)
    encoded = torch.randn(6, 3, 32, generator=torch.Generator().manual_seed(3))
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    restore: Callable[[Tensor], Tensor] = lambda tensor: tensor  # noqa: E731
    with torch.autograd.graph.saved_tensors_hooks(keep, restore):
        torch.manual_seed(4)
        output = module(x, encoded, torch.zeros(3, 6, dtype=torch.bool))[0]
    output.square().sum().backward()
    return [x.grad, *(p.grad for p in module.parameters())], sum(kept.values())


@pytest.mark.parametrize("how", ["selective", "full"])
def test_gradients_are_equal_bit_for_bit(how: str) -> None:
    plain, kept = gradients("none")
    recomputed, kept_less = gradients(how)
    assert all(torch.equal(a, b) for a, b in zip(plain, recomputed, strict=True))
    assert kept_less < kept / 2


def test_without_gradients_nothing_is_recomputed() -> None:
    module = layer()
    recompute_layers([module], "full")
    with torch.no_grad():
        assert not module(torch.randn(5, 3, 32), None, None)[0].requires_grad
