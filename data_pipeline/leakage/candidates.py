"""Test lines that a side may be a part, a whole or an edit of, and what each is worth."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
from rapidfuzz.distance import Indel

from data_pipeline.leakage.features import CHARACTERS, Unit, covered, gram_keys, tokens, unit
from data_pipeline.leakage.part import Part
from data_pipeline.leakage.pieces import PieceIndex
from data_pipeline.leakage.short_edits import ShortEdits

#: Least share of a test line that occurs in the training line.
COVERAGE = 0.55

#: Least similarity of an edited line, and of a short one.
NEAR, NEAR_SHORT = 0.85, 0.93

#: Training tokens / test tokens within which a bundled line, covered in the main, is called near.
ABOUT_EQUAL = (0.8, 1.25)


@dataclass(frozen=True)
class Evidence:
    """A test side, and how it matches."""

    side: int
    kind: Literal["ngram", "near"]
    similarity: float


class Candidates:
    """The n-grams of a part as dictionaries.

    A value of `_postings` is a side, or minus one minus the place of several in `_shared`.
    """

    def __init__(self, part: Part) -> None:
        self._languages = [part.languages[place] for place in part.language_of.tolist()]
        self._units = [unit(language) for language in self._languages]
        self._tokens: list[int] = part.tokens.tolist()
        self._grams = part.grams
        self._ends: list[int] = np.cumsum(part.gram_count, dtype=np.int64).tolist()
        self._mask = 2 ** (8 * part.precision.gram) - 1
        self._needed = [
            least_common(count, size, measure, part.has_text)
            for count, size, measure in zip(part.gram_count.tolist(), self._tokens, self._units, strict=True)
        ]
        self._least = min(self._needed, default=0)
        self._texts = part.texts()
        self._postings, self._shared = postings(part)
        self._short = ShortEdits(part, self._texts) if self._texts else None
        self._pieces = PieceIndex(part) if not self._texts else None

    def judge(self, folded: str, language: str, grams: Sequence[int]) -> Iterator[Evidence]:
        """Evidence for every test line that a folded side with n-grams `grams` matches."""
        # Sets and map: a loop in Python over the n-grams would be half of all time.
        keys = grams if self._texts else list(map(self._mask.__and__, grams))
        matched = self._postings.keys() & keys
        if len(matched) >= self._least and (sides := self._common(matched)):
            known = frozenset(keys)
            for side in sides:
                if self._languages[side] != language:  # keys of two languages agree by chance now and then
                    continue
                if found := self._near(side, folded, language) or self._part_of(side, language, known, len(grams)):
                    yield found
        if self._short:
            for side in self._short.find(folded, language, len(grams)):
                similarity = Indel.normalized_similarity(self._texts[side], folded, score_cutoff=NEAR_SHORT)
                if similarity:
                    yield Evidence(side, "near", similarity)
        if self._pieces:
            for side, similarity in self._pieces.find(folded, language, len(grams)):
                yield Evidence(side, "near", similarity)

    def _common(self, matched: Collection[int]) -> list[int]:
        """Sides that have enough of the matched n-grams."""
        counts: dict[int, int] = {}
        for key in matched:
            value = self._postings[key]
            for side in (value,) if value >= 0 else self._shared[~value]:
                counts[side] = counts.get(side, 0) + 1
        return [side for side, count in counts.items() if count >= self._needed[side]]

    def _near(self, side: int, folded: str, language: str) -> Evidence | None:
        if not self._texts or self._tokens[side] < self._units[side].partial:
            return None
        similarity = near_similarity(self._texts[side], folded, language)
        return Evidence(side, "near", similarity) if similarity else None

    def _part_of(self, side: int, language: str, grams: Collection[int], count: int) -> Evidence | None:
        """By the share of the test line that is covered by n-grams it has in common with a line of `count`."""
        measure, size = self._units[side], self._tokens[side]
        keys = gram_keys(self._texts[side], language) if self._texts else self._stored(side)
        present = [key in grams for key in keys]
        if len(present) == size - measure.gram + 1:
            found = covered(present, measure)
        else:
            # As one stretch, in which the last n-gram covers more than its first token.
            all_grams, ends = size - measure.gram + 1, measure.gram - 1
            found = int(all_grams * sum(present) / len(present)) + ends
        if found < max(size * COVERAGE, measure.partial):
            return None
        low, high = ABOUT_EQUAL
        near = not self._texts and low <= (count + measure.gram - 1) / size <= high
        return Evidence(side, "near" if near else "ngram", found / size)

    def _stored(self, side: int) -> list[int]:
        start = self._ends[side - 1] if side else 0
        kept: list[int] = self._grams[start : self._ends[side]].tolist()
        return kept


def least_common(stored: int, size: int, measure: Unit, has_text: bool) -> int:
    """N-grams looked up that a line must share to be worth a closer look, of `stored`; `size` in tokens.

    Without the text, as many as count in the end. With it, two, or one where a single edit may spoil all others.
    """
    if not has_text:
        return ceil(stored * COVERAGE)
    return 1 if size <= measure.partial else 2


def near_similarity(test: str, folded: str, language: str) -> float:
    """1 - insertions and deletions / total length of two folded lines, in characters or words; 0.0 under `NEAR`."""
    similarity = Indel.normalized_similarity(test, folded, score_cutoff=NEAR)
    if similarity or unit(language) is CHARACTERS:
        return similarity
    return Indel.normalized_similarity(tokens(test, language), tokens(folded, language), score_cutoff=NEAR)


def postings(part: Part) -> tuple[dict[int, int], list[list[int]]]:
    """N-gram key -> the side that has it, or minus one minus the place of a list of several sides."""
    sides = np.repeat(np.arange(len(part.gram_count), dtype=np.int64), part.gram_count)
    order = np.argsort(part.grams, kind="stable")
    keys, starts, counts = np.unique(part.grams[order], return_index=True, return_counts=True)
    owners = sides[order]
    values = owners[starts]
    several = np.flatnonzero(counts > 1)
    values[several] = -1 - np.arange(len(several))
    ends = starts + counts
    shared = [owners[start:end].tolist() for start, end in zip(starts[several], ends[several], strict=True)]
    return dict(zip(keys.tolist(), values.tolist(), strict=True)), shared
