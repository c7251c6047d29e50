"""Contrastive loss between two views of the sentences of a batch. Shapes: B sentences, D channels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def nt_xent(a: Tensor, b: Tensor, temperature: float, same: Tensor | None = None) -> Tensor:
    """NT-Xent (SimCLR, arXiv 2002.05709, equation 1) of `a` and `b` (B, D), summed over sentences, in nats.

    Row i of both is one sentence. An anchor a_i must find b_i among all of b and all other rows of a, by cosine over
    `temperature`; likewise b_i; half the sum of both cross-entropies. Computed in float32 whatever the inputs are and
    autocast says. One sentence alone gives 0.

    `same` (B, B) bool, symmetric, tells pairs of rows that are one sentence (corpora repeat themselves): they are no
    negatives of each other; its diagonal does not matter. The release of E2S2 (`_contrastive_loss_forward`) has no such
    thing, and pushes copies apart; without `same` the two are equal.
    """
    sentences = a.shape[0]
    with torch.autocast(a.device.type, enabled=False):
        views = F.normalize(torch.cat([a.float(), b.float()]), dim=1)  # (2B, D)
        similarity = views @ views.t() / temperature  # (2B, 2B)
        left_out = torch.eye(2 * sentences, dtype=torch.bool, device=a.device)
        if same is not None:
            left_out = left_out | (same & ~left_out[:sentences, :sentences]).repeat(2, 2)
        totals = similarity.masked_fill(left_out, float("-inf")).logsumexp(1)
        positive = torch.cat([similarity.diagonal(sentences), similarity.diagonal(-sentences)])
        return (totals - positive).sum() / 2
