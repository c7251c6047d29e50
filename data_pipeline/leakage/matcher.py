"""Look up training rows in an index. The definitions are in `data_pipeline.leakage`.

Exact and folded lines are one look-up per side. Else the n-grams of a side name candidates; few lines share more than
one n-gram with any test line, so the exact answer is computed for few.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

from data_pipeline.folding import fold, is_long
from data_pipeline.leakage.candidates import Candidates
from data_pipeline.leakage.features import exact_key, gram_keys, pair_key, side_key
from data_pipeline.leakage.index import read_index
from data_pipeline.leakage.part import Array, Part

Kind = Literal["exact", "folded", "ngram", "near"]


@dataclass(frozen=True)
class Match:
    """A training row's side that matches a test line.

    `test_set` is its name, `line` its number from 1, 0 where unknown (bundled hashes). `similarity`, in [0, 1], is 1
    for exact and folded, the share of the test line that occurs for ngram, and of what is alike for near.
    """

    kind: Kind
    side: str
    test_set: str
    line: int
    similarity: float


class Matcher:
    """An index in memory: about 100 bytes per n-gram looked up, so 50 MB for the bundled WMT sets."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = [PartMatcher(part) for part in parts if len(part.line)]

    @classmethod
    def load(cls, path: Path) -> Matcher:
        """Read a file that `build_index` wrote; it takes a fraction of a second."""
        return cls(read_index(path).values())

    def find(self, row: Mapping[str, str]) -> Match | None:
        """The strongest match of a normalised row, language -> text, or None. One side is a row too."""
        folded = {code: fold(text, code) for code, text in row.items() if text}
        long = {code: side_key(text, code) for code, text in folded.items() if is_long(text, code)}
        short = [
            (one, other, pair_key((one, folded[one]), (other, folded[other])))
            for one, other in combinations([code for code in folded if code not in long], 2)
        ]
        for part in self._parts:
            if found := part.equal(row, long, short):
                return found
        grams = {code: gram_keys(text, code) for code, text in folded.items()}
        for part in self._parts:
            if found := part.similar(folded, grams):
                return found
        return None


class PartMatcher:
    """One part of the index, in Python's own containers: they answer single questions faster than arrays."""

    def __init__(self, part: Part) -> None:
        self._sets, self._precision = part.sets, part.precision
        self._set_of, self._line = part.set_of, part.line
        self._exact: Array = part.exact
        self._mask = 2 ** (8 * part.precision.key) - 1
        self._exact_mask = 2 ** (8 * part.precision.exact) - 1
        # Backwards, so that of equal lines the first one stays.
        self._sides = dict(zip(part.key.tolist()[::-1], range(len(part.key) - 1, -1, -1), strict=True))
        self._sides.pop(0, None)
        self._pairs = dict(zip(part.pair_key.tolist()[::-1], part.pair_sides.tolist()[::-1], strict=True))
        self._candidates = Candidates(part)

    def equal(
        self, row: Mapping[str, str], long: Mapping[str, int], short: Iterable[tuple[str, str, int]]
    ) -> Match | None:
        """Exact or folded: by the key of a long side, or of two short ones."""
        found: Match | None = None
        for code, key in long.items():
            side = self._sides.get(key & self._mask)
            if side is not None:
                found = self._better(found, self._is_exact(side, row[code]), code, side)
        for one, other, key in short:
            sides = self._pairs.get(key & self._mask)
            if sides is not None:
                exact = all(any(self._is_exact(side, row[code]) for side in sides) for code in (one, other))
                found = self._better(found, exact, one, sides[0])
        return found

    def similar(self, folded: Mapping[str, str], grams: Mapping[str, list[int]]) -> Match | None:
        """Near or n-gram: the most similar side."""
        evidence = [
            (found.similarity, code, found)
            for code, text in folded.items()
            for found in self._candidates.judge(text, code, grams[code])
        ]
        if not evidence:
            return None
        similarity, code, best = max(evidence, key=lambda found: found[0])
        return self._match(best.kind, code, best.side, similarity)

    def _better(self, found: Match | None, exact: bool, code: str, side: int) -> Match:
        if found and (found.kind == "exact" or not exact):
            return found
        return self._match("exact" if exact else "folded", code, side, 1.0)

    def _is_exact(self, side: int, text: str) -> bool:
        return bool(self._exact[side] == exact_key(text) & self._exact_mask)

    def _match(self, kind: Kind, code: str, side: int, similarity: float) -> Match:
        return Match(kind, code, self._sets[self._set_of[side]], int(self._line[side]), round(similarity, 3))
