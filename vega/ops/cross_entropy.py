"""Label-smoothed cross-entropy joined with the output projection: the [tokens, V] matrix never exists as a whole.

Shapes: N tokens, D width, V vocabulary, C tokens in one chunk.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vega.ops.linear import product

#: Entries of one chunk's logits: 4 Mi floats (16 MiB) stay near the caches of a CPU and are nothing to a GPU.
CHUNK_ENTRIES = 1 << 22


def chunk_rows(vocabulary: int) -> int:
    """Tokens C handled at once."""
    return max(16, CHUNK_ENTRIES // vocabulary)


class _FusedLoss(torch.autograd.Function):
    """Computes the gradients during the forward pass, chunk by chunk, and scales them in the backward pass."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, target: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
        vocabulary = weight.shape[0]
        # fairseq's definition: epsilon is shared by the V-1 other symbols plus the target's own share of the sum.
        share = epsilon / (vocabulary - 1)
        keep = 1.0 - epsilon - share
        needs_grad = hidden.requires_grad or weight.requires_grad
        grad_hidden = torch.empty_like(hidden) if needs_grad else None
        grad_weight = torch.zeros_like(weight, dtype=torch.float32) if needs_grad else None
        normalizers = hidden.new_zeros((), dtype=torch.float32)
        nll = hidden.new_zeros((), dtype=torch.float32)
        # What smoothing adds is linear in the logits, so that sums of rows stand in for passes over (C, V).
        hidden_sum, weight_sum = hidden.sum(0, dtype=torch.float32), weight.sum(0, dtype=torch.float32)  # (D,)
        rows = chunk_rows(vocabulary)
        for start in range(0, hidden.shape[0], rows):
            part = hidden[start : start + rows]  # (C, D)
            goal = target[start : start + rows, None]  # (C, 1)
            logits = product(part, weight).float()  # (C, V)
            largest, wanted = logits.amax(-1, keepdim=True), logits.gather(1, goal)  # (C, 1)
            powers = logits.sub_(largest).exp_()
            total = powers.sum(-1, keepdim=True)
            normalizer = largest + total.log()
            normalizers += normalizer.sum()
            nll += (normalizer - wanted).sum()
            if grad_hidden is not None and grad_weight is not None:
                # d loss / d logits = softmax - share, and -keep at the target (keep + V * share = 1); here times total
                powers.scatter_add_(1, goal, -keep * total)
                grad = powers.to(hidden.dtype)
                below = product(grad, weight.t()).float() / total  # (C, D)
                grad_hidden[start : start + rows] = below.sub_(share * weight_sum)
                scaled = (part / total).to(hidden.dtype)
                if grad.dtype == torch.float32:
                    grad_weight.addmm_(grad.t(), scaled)
                else:
                    grad_weight += (grad.t() @ scaled).float()
        loss = keep * nll
        if epsilon:
            loss += share * (vocabulary * normalizers - hidden_sum @ weight_sum)
        if grad_hidden is not None and grad_weight is not None:
            grad_weight -= share * hidden_sum
            ctx.save_for_backward(grad_hidden, grad_weight.to(weight.dtype))
        ctx.mark_non_differentiable(nll)
        return loss, nll

    @staticmethod
    def backward(ctx: Any, grad_loss: Tensor, _: Tensor) -> tuple[Tensor, Tensor, None, None]:
        grad_hidden, grad_weight = ctx.saved_tensors
        return grad_hidden * grad_loss, grad_weight * grad_loss, None, None


def fused_label_smoothed_cross_entropy(
    hidden: Tensor, weight: Tensor, target: Tensor, epsilon: float
) -> tuple[Tensor, Tensor]:
    """Summed label-smoothed loss and summed negative log-likelihood, both in nats.

    `hidden` (N, D) are decoder outputs, `weight` (V, D) the output projection, `target` (N,) symbol ids; `epsilon`
    is the smoothing mass, 0..1. Equal to projecting and calling fairseq's `label_smoothed_nll_loss` on tokens that
    are not padding; the caller leaves padding out. Only the first result carries gradients.
    """
    loss, nll = _FusedLoss.apply(hidden, weight, target, epsilon)  # type: ignore[no-untyped-call]
    return loss, nll
