"""Which sentences training sees, in which order: a plan that can be entered at any place.

Training text is a set of *streams*, one per direction and source (`en-de/news`). An endless sequence of draws is cut
into *blocks* of B sentences. Stream i gets weight_i * B sentences of each block, to rounding that never drifts, and
walks through its n_i sentences in a new pseudo-random order each pass. Both the place of a stream at the start of any
block and any entry of any order are closed formulas, so seeking costs O(block), memory does not grow with the corpus,
and nothing depends on the number of processes. A plan may begin where another ended: see `vega.curriculum`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]

_ROUNDS = 4
#: Weights are kept as integers over this denominator: exact at any distance from the start.
_WEIGHT_ONE = 1 << 40


@dataclass(frozen=True)
class Stream:
    """One direction of one source: `size` sentences, drawn with probability `weight` (0..1)."""

    name: str
    size: int
    weight: float


def _key(*parts: object) -> int:
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def permutation(size: int, key: int, positions: Int64Array) -> Int64Array:
    """Entries of a pseudo-random permutation of 0..size-1, at the `positions` asked for only.

    A Feistel network on the next power of four, walked until it falls inside 0..size-1 (Black and Rogaway 2002,
    "Ciphers with arbitrary finite domains", section 3, "cycle-walking").
    """
    half = max(1, ((max(size - 1, 1)).bit_length() + 1) // 2)
    mask = np.uint64((1 << half) - 1)
    shift = np.uint64(half)
    round_keys = [np.uint64(_key(key, r)) for r in range(_ROUNDS)]

    def encrypt(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        left, right = values >> shift, values & mask
        for round_key in round_keys:
            mixed = (right + round_key) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(32)
            mixed *= np.uint64(0xD6E8FEB86659FD93)
            left, right = right, left ^ ((mixed >> np.uint64(29)) & mask)
        return (left << shift) | right

    with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is meant
        out = encrypt(positions.astype(np.uint64))
        outside = np.flatnonzero(out >= size)
        while outside.size:
            out[outside] = encrypt(out[outside])
            outside = outside[out[outside] >= size]
    return out.astype(np.int64)


def drawn_rows(name: str, size: int, seed: int, positions: Int64Array) -> Int64Array:
    """The sentence numbers (0..size-1) of some draws of a stream, counted from its very first; under every plan."""
    rows = np.empty_like(positions)
    for sweep in np.unique(positions // size):
        chosen = positions // size == sweep
        rows[chosen] = permutation(size, _key(seed, name, int(sweep)), positions[chosen] % size)
    return rows


def draw_hashes(positions: Int64Array, *parts: object) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each draw under the key `parts` (SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        mixed = (positions.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(_key(*parts))
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return np.asarray(mixed ^ (mixed >> np.uint64(31)))


class SamplingPlan:
    """The endless, seekable sequence of blocks, from `first_block` on, where `drawn` of each stream lie before it."""

    def __init__(
        self,
        streams: Sequence[Stream],
        block_sentences: int,
        seed: int,
        first_block: int = 0,
        drawn: Sequence[int] | None = None,
    ) -> None:
        self.streams = list(streams)
        self.block_sentences = block_sentences
        self.seed = seed
        self.first_block = first_block
        self._drawn = list(drawn) if drawn is not None else [0] * len(self.streams)
        total = sum(stream.weight for stream in streams)
        if total <= 0:
            raise ValueError("at least one stream needs a weight above 0")
        self._weights = [round(stream.weight / total * _WEIGHT_ONE) for stream in streams]

    def start(self, stream: int, block: int) -> int:
        """How many sentences of `stream` (an index) come before `block`."""
        blocks = block - self.first_block
        return self._drawn[stream] + (self._weights[stream] * blocks * self.block_sentences) // _WEIGHT_ONE

    def positions(self, stream: int, block: int) -> Int64Array:
        """Which draws of `stream` are in `block`, counted from the stream's very first."""
        return np.arange(self.start(stream, block), self.start(stream, block + 1), dtype=np.int64)

    def rows(self, stream: int, block: int) -> Int64Array:
        """The sentence numbers (0..size-1) that `block` takes from `stream`, in order."""
        drawn = self.streams[stream]
        return drawn_rows(drawn.name, drawn.size, self.seed, self.positions(stream, block))

    def block_after(self, streams: Sequence[int], sentences: int) -> int | None:
        """The first block, after the first, before which the plan has drawn so many sentences of `streams` together.

        None where it draws none of them. By bisection: the count never falls from block to block.
        """

        def drawn(blocks: int) -> int:
            block = self.first_block + blocks
            return sum(self.start(stream, block) - self._drawn[stream] for stream in streams)

        if not any(self._weights[stream] for stream in streams):
            return None
        high = 1
        while drawn(high) < sentences:
            high *= 2
        return self.first_block + bisect_left(range(high + 1), max(sentences, 1), lo=1, key=drawn)
