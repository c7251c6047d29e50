"""Outputs drawn from a model, token by token: every draw a function of what it is for.

fairseq's own `Sampling` draws from one stream of random numbers for the whole batch: what a sentence gets hangs on its
neighbours. Here a draw is a hash of the seed, the sentence, the step and the place in the beam
(`vega.ops.counter_random`), so a sentence has the same samples in any batch, order or process. Only the last bits of
its probabilities depend on the batch: they decide where a draw falls just between two tokens.

Shapes: B sentences, N samples of each, V symbols, K symbols that are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from fairseq.search import Search
from torch import Tensor

from vega.errors import UserError
from vega.ops.counter_random import as_uniform, hashes_at

#: Purpose of the draws.
_TOKENS = 1


@dataclass(frozen=True)
class Sampling:
    """How outputs are drawn: from the model's distribution, made flatter or sharper, or without its tail.

    `top_k` keeps the k likeliest tokens of each step, 0 = all; `top_p` the fewest whose probability is p or more
    (Holtzman et al. 2020), 1 = all. With both, k is first. `temperature` divides the logits before.
    """

    count: int = 32
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        if self.count < 1 or self.temperature <= 0 or self.top_k < 0 or not 0 < self.top_p <= 1:
            raise UserError(f"{self}: count is 1 or more, temperature above 0, top_k 0 or more, 0 < top_p <= 1.")


class KeyedSampling(Search):
    """A search strategy of fairseq's generator.

    `keys` (B,) int64 are those of the batch's sentences, `limits` (B,) the most tokens that their outputs may have:
    fairseq's own limit is one for the batch, by its longest sentence.
    """

    def __init__(self, dictionary: Any, sampling: Sampling) -> None:
        super().__init__(dictionary)
        self.sampling = sampling
        self.keys = self.limits = torch.zeros(0, dtype=torch.int64)

    def step(
        self,
        step: int,
        lprobs: Tensor,
        scores: Tensor | None,
        prev_output_tokens: Tensor | None = None,
        original_batch_idxs: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One token for each of the (B, N) outputs: their log-probabilities so far, tokens and places, (B, N) each.

        `lprobs` (B, N, V) nats, `scores` (B, N, `step`) sums so far.
        """
        sentences, count, _ = lprobs.shape
        places = torch.arange(count, device=lprobs.device)
        keys, limits = self.keys[original_batch_idxs], self.limits[original_batch_idxs]  # finished ones have left
        ends = torch.full_like(lprobs, -torch.inf)
        ends[..., self.eos] = lprobs[..., self.eos]
        lprobs = torch.where((limits <= step)[:, None, None], ends, lprobs)
        numbers = as_uniform(hashes_at(self.sampling.seed, keys, (step * count + places)[None], _TOKENS))
        chosen = drawn(lprobs, numbers, self.sampling.top_k, self.sampling.top_p)
        total = lprobs.gather(-1, chosen[..., None])[..., 0]
        if step > 0:
            assert scores is not None
            total = total + scores[:, :, step - 1]
        return total, chosen, places.expand(sentences, count)


def drawn(lprobs: Tensor, numbers: Tensor, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """The symbols that `numbers` (..., ) in [0, 1) fall on in distributions `lprobs` (..., V): (...,) int64."""
    kept, symbols = lprobs, None
    if 0 < top_k < lprobs.shape[-1]:
        kept, symbols = lprobs.topk(top_k)  # (..., K), likeliest first
    elif top_p < 1:
        kept, symbols = lprobs.sort(descending=True, stable=True)
    # Relative to the likeliest: where only the end of sentence is allowed, its probability may be too small for floats.
    mass = (kept - kept.amax(-1, keepdim=True)).double().exp()  # (..., K)
    upto = mass.cumsum(-1)
    if top_p < 1:
        share = upto / upto[..., -1:]
        outside = torch.cat([torch.zeros_like(share[..., :1]), share[..., :-1]], -1) >= top_p
        upto = mass.masked_fill(outside, 0.0).cumsum(-1)
    # The first whose sum exceeds the number: none of probability 0.
    found = torch.searchsorted(upto, numbers.double()[..., None] * upto[..., -1:], right=True)
    found = found.clamp(max=upto.shape[-1] - 1)
    return (found if symbols is None else symbols.gather(-1, found))[..., 0]
