"""What keeps a tuned model near the one it began with: a pull of its weights (L2), or of its output (KL).

L2: the penalty l2/2 ||w - a||^2 towards the start a (L2-SP, Li et al. 2018, arXiv 1802.01483), decoupled from the
optimizer as AdamW's decay is: after the optimizer's step to v, w minimises l2/2 ||w - a||^2 + 1/(2 lr) ||w - v||^2.
So w = a + (v - a) / (1 + lr l2): stable for any l2, and at infinity w stays at a. As Adam moves a weight by about lr
per update, one that is always pushed the same way comes to rest at about 1 / l2 from the start.

KL: the sum over target tokens of KL(start's distribution || model's) is added to the loss, which is knowledge
distillation with the start as the teacher (for tuning: Dakwale and Monz, MT Summit 2017).

Shapes: N tokens, D width of the model, E width of the start, V vocabulary, C tokens in one chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vega.ops.cross_entropy import chunk_rows
from vega.ops.linear import product


@torch.no_grad()
def pull(weights: Sequence[Tensor], anchors: Sequence[Tensor | None], strength: float) -> None:
    """Move weights, in place, towards their anchors; `strength` = lr x l2. Weights without an anchor stay."""
    if not strength:
        return
    for weight, anchor in zip(weights, anchors, strict=True):
        if anchor is not None:
            # lerp from the anchor: exact where both are equal, and at infinite strength
            weight.copy_(torch.lerp(anchor, weight.to(anchor.dtype), 1.0 / (1.0 + strength)))


def penalty(weights: Sequence[Tensor], anchors: Sequence[Tensor | None]) -> Tensor:
    """1/2 ||w - a||^2 over all weights that have an anchor: what `pull` goes down."""
    terms = [(w - a).square().sum() for w, a in zip(weights, anchors, strict=True) if a is not None]
    return 0.5 * torch.stack(terms).sum()


class _Divergence(torch.autograd.Function):
    """Computes the gradients during the forward pass, chunk by chunk, and scales them in the backward pass."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, start_hidden: Tensor, start_weight: Tensor) -> Tensor:
        needs_grad = hidden.requires_grad or weight.requires_grad
        grad_hidden = torch.empty_like(hidden) if needs_grad else None
        grad_weight = torch.zeros_like(weight, dtype=torch.float32) if needs_grad else None
        total = hidden.new_zeros((), dtype=torch.float32)
        rows = chunk_rows(weight.shape[0])
        for first in range(0, hidden.shape[0], rows):
            part = hidden[first : first + rows]  # (C, D)
            ours = product(part, weight).float().log_softmax(-1)  # (C, V)
            theirs = product(start_hidden[first : first + rows], start_weight).float().log_softmax(-1)
            wanted = theirs.exp()
            total += (wanted * (theirs - ours)).sum()
            if grad_hidden is not None and grad_weight is not None:
                grad = (ours.exp_() - wanted).to(hidden.dtype)  # d KL / d logits = model's - start's
                grad_hidden[first : first + rows] = product(grad, weight.t())
                grad_weight += (grad.t() @ part).float()
        if grad_hidden is not None and grad_weight is not None:
            ctx.save_for_backward(grad_hidden, grad_weight.to(weight.dtype))
        return total

    @staticmethod
    def backward(ctx: Any, grad_total: Tensor) -> tuple[Tensor, Tensor, None, None]:
        grad_hidden, grad_weight = ctx.saved_tensors
        return grad_hidden * grad_total, grad_weight * grad_total, None, None


def divergence(hidden: Tensor, weight: Tensor, start_hidden: Tensor, start_weight: Tensor) -> Tensor:
    """Summed KL(start || model) in nats, of decoder outputs (N, D) and (N, E) with projections (V, D) and (V, E).

    Gradients go to the model only; no (N, V) matrix exists as a whole.
    """
    total: Tensor = _Divergence.apply(hidden, weight, start_hidden, start_weight)  # type: ignore[no-untyped-call]
    return total
