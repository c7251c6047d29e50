"""Lexical choice: how evenly a model spreads probability where it is asked for a reference token.

Zan et al. 2022 (arXiv 2209.03316, "negative diversity"), as released (zanchangtong/PTvsRI at 7bc9225, analysis/lpd.py):
the base-2 entropy of the full softmax at each reference token under teacher forcing, in buckets of 2 bits. More tokens
in high buckets: a smoother distribution, with more probability on what is not the reference. End of sentence counts,
padding does not (there, `</s>` is the last that counts, before the language's tag).

Shapes: N tokens, D width, V vocabulary, C tokens in one chunk.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vega.ops.cross_entropy import chunk_rows
from vega.ops.linear import product

#: Bits of one bucket.
BUCKET = 2.0


class Choice(NamedTuple):
    """Of each token (N,), fp32: entropy in bits, and the probability (0..1) of all that is not the reference."""

    entropy: Tensor
    negative: Tensor


def lexical_choice(hidden: Tensor, weight: Tensor, target: Tensor) -> Choice:
    """Of decoder outputs (N, D) under the output projection (V, D), with the reference tokens `target` (N,)."""
    rows = chunk_rows(weight.shape[0])
    parts = [
        choice_of_logits(product(part, weight), goal)
        for part, goal in zip(torch.split(hidden, rows), torch.split(target, rows), strict=True)
    ]
    return Choice(torch.cat([part.entropy for part in parts]), torch.cat([part.negative for part in parts]))


def choice_of_logits(logits: Tensor, target: Tensor) -> Choice:
    """Of (C, V) scores before the softmax."""
    probabilities = logits.float().softmax(-1)  # (C, V)
    entropy = torch.special.entr(probabilities).sum(-1) / math.log(2)  # entr(0) is 0
    return Choice(entropy, 1 - probabilities.gather(1, target[:, None]).squeeze(1))


def histogram(entropies: Sequence[float], vocabulary: int) -> list[int]:
    """Tokens per bucket [0, 2), [2, 4), ... bits, as many buckets as a vocabulary of this size can fill."""
    counts = [0] * (int(math.log2(vocabulary) / BUCKET) + 1)
    for value in entropies:
        counts[min(int(max(value, 0.0) / BUCKET), len(counts) - 1)] += 1  # rounding may exceed the highest by a little
    return counts
