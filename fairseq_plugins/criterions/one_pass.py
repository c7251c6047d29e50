"""Several versions of a batch's sources through the model in one call, so that every wrapper sees one forward pass.

Shapes: B sentences, S source tokens, T target tokens, N real target tokens, K symbols of a prompt, D channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from vega.errors import UserError

_INPUTS = {"src_tokens", "src_lengths", "prev_output_tokens"}


@dataclass(frozen=True)
class Version:
    """Sources (B, S); `decoded`: the batch's targets are read after them, else they are only encoded."""

    tokens: Tensor
    decoded: bool


class Outputs(NamedTuple):
    """`hidden` of each version that is decoded, the decoder's output for real target tokens (N, D); `states` of each
    version, the encoder's (B, S or more, D), whose numbers at padding mean nothing, or none if nobody asked."""

    hidden: Sequence[Tensor]
    states: Sequence[Tensor]


class Ways(NamedTuple):
    """How a batch is computed: `pack`, on real tokens alone, which not every model can; `encoded`, keep the states."""

    pack: bool
    encoded: bool


def run(
    model: Any, net_input: dict[str, Any], versions: Sequence[Version], real: Tensor, ways: Ways, *, pad: int, eos: int
) -> Outputs:
    """One forward pass; `real` (B, T) tells target tokens from padding. Versions that are decoded come first; one that
    is only encoded gets a target of one symbol, whose output nobody reads.

    UserError for a batch with further inputs of the model: it is not known how they repeat.
    """
    if unknown := net_input.keys() - _INPUTS:
        raise UserError(f"vega_e2s2 does not know the model's input {min(unknown)}. Use another task or criterion.")
    width = max(version.tokens.shape[1] for version in versions)
    tokens = torch.cat([F.pad(v.tokens, (0, width - v.tokens.shape[1]), value=pad) for v in versions])
    previous = net_input["prev_output_tokens"]
    decoded, batch = sum(version.decoded for version in versions), len(previous)
    unread = previous.new_full(((len(versions) - decoded) * batch, previous.shape[1]), pad)
    unread[:, 0] = eos
    inputs = {
        "src_tokens": tokens,
        "src_lengths": tokens.ne(pad).sum(1),
        "prev_output_tokens": torch.cat([previous.repeat(decoded, 1), unread]),
    }
    return (_packed if ways.pack else _padded)(model, inputs, real, decoded, ways.encoded)


def _packed(model: Any, inputs: dict[str, Tensor], real: Tensor, decoded: int, encoded: bool) -> Outputs:
    output = model(**inputs, packed_output="with_encoder" if encoded else True)
    hidden, states = output[:2] if encoded else (output, None)
    tokens = int(real.sum())
    kept = [hidden[i * tokens : (i + 1) * tokens] for i in range(decoded)]
    return Outputs(kept, output.source.pad(states).split(len(real)) if encoded else ())


def _padded(model: Any, inputs: dict[str, Tensor], real: Tensor, decoded: int, encoded: bool) -> Outputs:
    with _encoder_states(model) as found:
        hidden, _ = model(**inputs, features_only=True)
    batch = len(real)
    kept = [hidden[i * batch : (i + 1) * batch][real] for i in range(decoded)]
    return Outputs(kept, found[0]["encoder_out"][0].transpose(0, 1).split(batch) if encoded else ())


@contextmanager
def _encoder_states(model: Any) -> Iterator[list[Any]]:
    """What the encoder gives while the model runs; stock models keep it to themselves."""
    found: list[Any] = []
    handle = model.encoder.register_forward_hook(lambda module, given, output: found.append(output))
    try:
        yield found
    finally:
        handle.remove()


def first_of_text(tokens: Tensor, before: Tensor, pad: int) -> Tensor:
    """The column where each row's text begins, behind padding and the symbols `before` (V,) bool: (B, S) to (B, 1)."""
    begun = tokens.ne(pad) & ~before[tokens]
    return begun.int().argmax(1, keepdim=True)


def inserted(rows: Tensor, at: Tensor, what: Tensor) -> Tensor:
    """`what` (K,) put into every row of (B, S), before the columns `at` (B, 1): (B, S + K)."""
    count, columns = len(what), torch.arange(rows.shape[1] + len(what), device=rows.device)[None]
    place = columns - at
    old = rows.gather(1, torch.where(place < 0, columns, columns - count).clamp(0, rows.shape[1] - 1))
    return torch.where((place >= 0) & (place < count), what[place.clamp(0, count - 1)], old)
