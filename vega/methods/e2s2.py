"""E2S2: an encoder that also learns to tell corrupted tokens, and to keep a sentence's two views together.

Source: "E2S2: Encoding-Enhanced Sequence-to-Sequence Pretraining for Language Understanding and Generation" (arXiv
2205.14912) and its release, WHU-ZQH/E2S2 at 04498ef (criterions/cross_entropy.py, models/bart/model.py). Per batch, in
nats on the scale of summed target tokens:

    loss = noised * L* + clean * L + denoising * L_de + contrastive * L_cl

L and L* are the decoder's losses given the plain and the corrupted source, L_de is `token_loss`, L_cl
`contrastive_loss`.

Otherwise than the release: labels of padding are -100 and ignored. It fills them with 0, "original", and ignores 1,
which is "shuffled", so that it learns to call padding original and never learns to see a shuffle. Padding is no part of
a sentence's mean. Copies of one sentence are no negatives. L_cl's scale is not cut to an integer.

Shapes: B sentences, S longest sentence, N real tokens of all, D channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vega.ops.contrastive import nt_xent
from vega.ops.counter_random import row_hashes
from vega.ops.token_noise import IGNORED, REPLACED

NUM_LABELS = REPLACED + 1


@dataclass(frozen=True)
class Weights:
    """Weights of the objective's parts; the release's values with both passes on."""

    noised: float = 0.5
    clean: float = 0.5
    denoising: float = 0.05
    contrastive: float = 0.05


class TokenClassifier(nn.Module):
    """Scores of the three labels for the encoder's final states: (..., D) to (..., 3)."""

    def __init__(self, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(width, NUM_LABELS)

    def forward(self, states: Tensor) -> Tensor:
        scores: Tensor = self.output(self.dropout(states))
        return scores


def token_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """L_de: cross-entropy of `logits` (..., 3) summed over `labels` (...) that are not IGNORED, in float32 and nats."""
    return F.cross_entropy(
        logits.float().reshape(-1, NUM_LABELS), labels.reshape(-1), ignore_index=IGNORED, reduction="sum"
    )


def token_accuracy_counts(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """How many tokens of each label were found, and how many there are: (3,) int64 each; IGNORED ones count nowhere.

    Recall of a label is one over the other; accuracy the same of the sums.
    """
    is_label = labels.unsqueeze(-1) == torch.arange(NUM_LABELS, device=labels.device)  # (..., 3)
    found = is_label & (logits.argmax(-1) == labels).unsqueeze(-1)
    return found.reshape(-1, NUM_LABELS).sum(0), is_label.reshape(-1, NUM_LABELS).sum(0)


def sentence_means(states: Tensor, real: Tensor) -> Tensor:
    """Mean of each sentence's real states: (B, S, D) and (B, S) bool to (B, D) float32; 0 where none is real."""
    total = states.masked_fill(~real.unsqueeze(-1), 0).sum(1, dtype=torch.float32)
    return total / real.sum(1, keepdim=True).clamp(min=1)


def packed_means(states: Tensor, sentence_of_row: Tensor, count: int) -> Tensor:
    """`sentence_means` of rows without padding.

    `states` (N, D), `sentence_of_row` (N,) int64 in [0, `count`): (`count`, D) float32.
    """
    total = states.new_zeros(count, states.shape[1], dtype=torch.float32).index_add(0, sentence_of_row, states.float())
    ones = torch.ones_like(sentence_of_row, dtype=torch.float32)
    sizes = ones.new_zeros(count).index_add_(0, sentence_of_row, ones)
    return total / sizes.clamp_(min=1).unsqueeze(1)


def contrastive_loss(
    first: Tensor, second: Tensor, *, temperature: float, target_tokens: int, same: Tensor | None = None
) -> Tensor:
    """L_cl: `nt_xent` of two views (B, D) times the target tokens per sentence of the batch, whose scale it so has."""
    return nt_xent(first, second, temperature, same) * (target_tokens / max(first.shape[0], 1))


def sentence_keys(tokens: Tensor, real: Tensor) -> Tensor:
    """A number for each sentence that its real tokens alone decide, on whichever side its padding is.

    `tokens` (B, S) int64, `real` (B, S) bool: (B,) int64. Equal sentences have equal keys, and the others, but for one
    chance in 2**64, have not.
    """
    return row_hashes(tokens, real)
