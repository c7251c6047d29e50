"""The weights that the optimizer steps: the model's own, their fp32 copies in 16 bit, or this process's shards."""

from __future__ import annotations

from typing import Any

import torch
from fairseq.optim import FP16Optimizer
from torch import Tensor, nn

from fairseq_plugins.distributed.shards import local


def trained(trainer: Any) -> list[tuple[str, nn.Parameter]]:
    """The model's weights that are trained, in the optimizer's order, tied ones under their first name."""
    return [(name, p) for name, p in trainer.get_model().named_parameters() if p.requires_grad]


def masters(trainer: Any) -> list[Tensor]:
    """Of the same weights, in the same order; they share the memory of what the optimizer steps."""
    weights = [local(parameter.data) for _, parameter in trained(trainer)]
    optimizer = trainer.optimizer
    if not isinstance(optimizer, FP16Optimizer):
        return weights
    if not optimizer.has_flat_params:  # the model's parameters come first, the criterion's after them
        return [copy.data for copy in optimizer.fp32_params[: len(weights)]]
    (flat,) = optimizer.fp32_params.values()
    sizes = [weight.numel() for weight in weights]
    parts = torch.split(flat.data[: sum(sizes)], sizes)
    return [part.view_as(weight) for part, weight in zip(parts, weights, strict=True)]


def masters_to_model(trainer: Any) -> None:
    """Give the model the rounded values after masters have been changed."""
    if isinstance(trainer.optimizer, FP16Optimizer):
        trainer.optimizer._sync_fp32_params_to_fp16()
