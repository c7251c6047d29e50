"""An n-gram language model over SentencePiece pieces: interpolated Kneser-Ney, in numpy.

Kneser and Ney 1995; interpolation and discounts n1 / (n1 + 2 n2) as in Chen and Goodman 1999. Own code because no
package both trains and installs everywhere: kenlm on PyPI is source that needs a compiler, and does not contain its
trainer; nltk counts in Python dictionaries, a thousand times slower. An n-gram is known by a 64-bit hash: in a hundred
million of them a collision has a probability below 1 in 1000. Sorted arrays, mapped from files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vega.vocabulary import EOS

Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]

#: Stands before the first piece; no piece has this number.
_BEGIN = 0
_MULTIPLIER, _MIX_1, _MIX_2 = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)
#: Where there are too few n-grams to estimate it from.
_USUAL_DISCOUNT = 0.75


@dataclass(frozen=True)
class _Order:
    """All n-grams of one order: `share` = discounted count by its context's count; `rest` of each context."""

    grams: Hashes
    share: Floats
    contexts: Hashes
    rest: Floats


class _Tokens(NamedTuple):
    """Sentences one after the other, each with its begin and end; `place` in the sentence, 0 = begin."""

    numbers: Hashes
    place: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


class LanguageModel:
    """The probability of a piece is that of its order, interpolated with the lower ones down to 1 / symbols."""

    def __init__(self, orders: Sequence[_Order], symbols: int) -> None:
        self._orders = orders
        self._symbols = symbols

    @classmethod
    def train(cls, sentences: Iterable[Sequence[int]], order: int, symbols: int) -> LanguageModel:
        """Count `sentences`, pieces without marks of begin and end. Memory: about 100 bytes per piece."""
        tokens = _join(sentences)
        hashes = _all_hashes(tokens.numbers, order)
        counted = _count(tokens, hashes, order)
        return cls([_estimate(*entry) for entry in counted], symbols)

    def score(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Nats per piece of each sentence, its end counted as one; of an empty one, that of its end."""
        if not sentences:
            return np.zeros(0, np.float32)
        tokens = _join(sentences)
        logs = self._logs(tokens)
        lengths = np.diff([*tokens.starts, len(tokens.numbers)]) - 1
        scores: Floats = (np.add.reduceat(logs, tokens.starts) / lengths).astype(np.float32)
        return scores

    def pieces(self, sentence: Sequence[int]) -> npt.NDArray[np.float64]:
        """Nats of each piece of a sentence after those before it, and of its end."""
        return self._logs(_join([sentence]))[1:]

    def _logs(self, tokens: _Tokens) -> npt.NDArray[np.float64]:
        """Nats of each token; 0 for the begin of a sentence."""
        hashes = _all_hashes(tokens.numbers, len(self._orders))
        probability = np.full(len(tokens.numbers), 1 / self._symbols)
        for number, order in enumerate(self._orders, start=1):
            at = np.flatnonzero(tokens.place >= max(1, number - 1))
            context = _contexts(hashes, number, at)
            rest = _look_up(order.contexts, order.rest, context, 1.0)
            share = _look_up(order.grams, order.share, hashes[number - 1][at], 0.0)
            probability[at] = share + rest * probability[at]
        logs: npt.NDArray[np.float64] = np.log(probability)
        logs[tokens.starts] = 0
        return logs

    def save(self, folder: Path) -> None:
        """Write the arrays into an existing folder."""
        (folder / "model.json").write_text(json.dumps({"orders": len(self._orders), "symbols": self._symbols}))
        for number, order in enumerate(self._orders, start=1):
            for name, values in vars(order).items():
                np.save(folder / f"{number}.{name}.npy", values, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> LanguageModel:
        """Map the arrays of a folder that `save` wrote."""
        content = json.loads((folder / "model.json").read_text())
        orders = [
            _Order(*(np.load(folder / f"{number}.{name}.npy", mmap_mode="r") for name in _Order.__annotations__))
            for number in range(1, content["orders"] + 1)
        ]
        return cls(orders, content["symbols"])


def _join(sentences: Iterable[Sequence[int]]) -> _Tokens:
    rows = [np.array([_BEGIN, *sentence, EOS], np.uint64) for sentence in sentences]
    lengths = np.array([len(row) for row in rows])
    starts = np.cumsum(lengths) - lengths
    place = np.arange(lengths.sum()) - np.repeat(starts, lengths)
    return _Tokens(np.concatenate(rows), place, starts)


def _all_hashes(numbers: Hashes, order: int) -> list[Hashes]:
    """For each order the hash of the n-gram that ends at each token, also across sentences, where it means nothing."""
    found = [_mix(numbers + np.uint64(1))]
    for _ in range(1, order):
        before = np.roll(found[-1], 1)
        found.append(_mix(before * _MULTIPLIER + numbers + np.uint64(1)))
    return found


def _mix(values: Hashes) -> Hashes:
    """splitmix64 (Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed


def _contexts(hashes: list[Hashes], order: int, at: npt.NDArray[np.int64]) -> Hashes:
    """Hash of what stands before the last token of the n-grams that end `at` these tokens."""
    return hashes[order - 2][at - 1] if order > 1 else np.zeros(len(at), np.uint64)


def _count(tokens: _Tokens, hashes: list[Hashes], order: int) -> list[tuple[Hashes, Hashes, npt.NDArray[np.int64]]]:
    """For each order its different n-grams, their contexts and counts.

    The highest order has true counts; in the others an n-gram counts as often as different tokens stand before it, but
    truly at the begin of a sentence, where none stands.
    """
    found: list[tuple[Hashes, Hashes, npt.NDArray[np.int64]]] = []
    longer: npt.NDArray[np.int64] | None = None  # tokens at which the different n-grams of the order above end
    for number in range(order, 0, -1):
        first = tokens.place == number - 1 if number > 1 else np.zeros(len(tokens.place), bool)
        if longer is None:
            ends = np.flatnonzero(tokens.place >= max(1, number - 1))
        else:
            ends = np.concatenate([longer, np.flatnonzero(first)])
        grams, where, counts = np.unique(hashes[number - 1][ends], return_index=True, return_counts=True)
        ends = ends[where]
        found.append((grams, _contexts(hashes, number, ends), counts))
        longer = ends
    return found[::-1]


def _estimate(grams: Hashes, contexts: Hashes, counts: npt.NDArray[np.int64]) -> _Order:
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    discount = once / (once + 2 * twice) if once and twice else _USUAL_DISCOUNT
    different, inverse, kinds = np.unique(contexts, return_inverse=True, return_counts=True)
    totals = np.bincount(inverse, weights=counts)
    share = (counts - discount) / totals[inverse]
    return _Order(grams, share.astype(np.float32), different, (discount * kinds / totals).astype(np.float32))


def _look_up(keys: Hashes, values: Floats, wanted: Hashes, otherwise: float) -> npt.NDArray[Any]:
    if not len(keys):
        return np.full(len(wanted), otherwise)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], np.float32(otherwise))
