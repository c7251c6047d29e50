"""Make a part of an index from rows of text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from data_pipeline.folding import fold, is_long
from data_pipeline.leakage.features import exact_key, gram_keys, pair_key, side_key, tokens, unit
from data_pipeline.leakage.part import BUNDLED, FULL, Array, Part
from data_pipeline.leakage.pieces import pieces

#: N-grams by which a line is looked up, at most: an edit spoils up to three that lie side by side.
LOOKED_UP, LOOKED_UP_BUNDLED = 8, 5


class PartBuilder:
    """Collect rows, then `build`. `hashed` leaves the text out and cuts the keys, for the bundled file."""

    def __init__(self, hashed: bool = False) -> None:
        self.hashed = hashed
        self._sets: dict[str, int] = {}
        self._languages: dict[str, int] = {}
        self._sides: list[tuple[int, int, int]] = []
        self._texts: list[str] = []
        self._folded: list[str] = []
        self._pairs: list[tuple[int, int, int]] = []

    def add(self, set_name: str, line: int, sides: Sequence[tuple[str, str]]) -> None:
        """One test row: (language, normalised text) per side; a language may come twice (two references).

        `line` counts from 1 in the set's files, 0 = unknown.
        """
        number = self._sets.setdefault(set_name, len(self._sets))
        short: list[tuple[int, str, str]] = []
        for language, text in dict.fromkeys(sides):
            folded = fold(text, language)
            if not folded:
                continue
            place = self._languages.setdefault(language, len(self._languages))
            if not is_long(folded, language):
                short.append((len(self._sides), language, folded))
            self._sides.append((number, place, line))
            self._texts.append(text)
            self._folded.append(folded)
        for (first, *one), (second, *other) in combinations(short, 2):
            if one[0] != other[0]:
                self._pairs.append((pair_key((one[0], one[1]), (other[0], other[1])), first, second))

    def build(self) -> Part:
        """Everything added so far."""
        codes = list(self._languages)
        languages = [codes[place] for _, place, _ in self._sides]
        grams = self._look_up(languages)
        precision = BUNDLED if self.hashed else FULL
        sides = np.asarray(self._sides, dtype=np.uint32).reshape(-1, 3)
        pairs = np.asarray(self._pairs, dtype=np.uint64).reshape(-1, 3)
        lines = list(zip(self._folded, languages, strict=True))
        cut = [pieces(*line) if self.hashed else b"" for line in lines]
        encoded = [] if self.hashed else [folded.encode() for folded in self._folded]
        return Part(
            sets=tuple(self._sets),
            languages=tuple(codes),
            precision=precision,
            set_of=sides[:, 0].astype(np.uint16),
            language_of=sides[:, 1].astype(np.uint8),
            line=sides[:, 2],
            tokens=np.asarray([len(tokens(*line)) for line in lines], dtype=np.uint32),
            key=_cut([side_key(*line) if is_long(*line) else 0 for line in lines], precision.key),
            exact=_cut([exact_key(text) for text in self._texts], precision.exact),
            gram_count=np.asarray([len(keys) for keys in grams], dtype=np.uint8),
            grams=_cut([key for keys in grams for key in keys], precision.gram),
            piece_count=np.asarray([len(each) for each in cut], dtype=np.uint8),
            pieces=np.frombuffer(b"".join(cut), dtype=np.uint8),
            pair_key=_cut(pairs[:, 0], precision.key),
            pair_sides=pairs[:, 1:].astype(np.uint32),
            text_bytes=np.asarray([len(line) for line in encoded] or [0] * len(lines), dtype=np.uint32),
            text=np.frombuffer(b"".join(encoded), dtype=np.uint8),
        )

    def _look_up(self, languages: Sequence[str]) -> list[list[int]]:
        """The keys by which each side is looked up; none for those too short to be matched in part."""
        counts: dict[str, Counter[bytes]] = {language: Counter() for language in self._languages}
        for folded, language in zip(self._folded, languages, strict=True):
            counts[language].update(tokens(folded, language))
        limit = LOOKED_UP_BUNDLED if self.hashed else LOOKED_UP
        return [
            rarest(folded, language, counts[language], limit)
            for folded, language in zip(self._folded, languages, strict=True)
        ]


def rarest(folded: str, language: str, counts: Counter[bytes], limit: int) -> list[int]:
    """Keys of at most `limit` n-grams in the order of the line: of each equal stretch the one of the rarest tokens.

    Stretches, so that what is left after an edit or a cut keeps its share of them. `counts` are the tokens of all sets.
    None for lines too short to be matched in part.
    """
    parts, keys, measure = tokens(folded, language), gram_keys(folded, language), unit(language)
    if len(parts) < measure.partial:
        return []
    if len(keys) <= limit:
        return keys
    weights = [math.log(counts[part]) for part in parts]
    width = measure.gram
    common = [sum(weights[start : start + width]) for start in range(len(keys))]
    ends = [len(keys) * i // limit for i in range(limit + 1)]
    return [keys[min(range(a, b), key=common.__getitem__)] for a, b in pairwise(ends)]


def _cut(keys: Any, width: int) -> Array:
    """The low bytes of keys, as a matcher cuts its own."""
    return np.asarray(keys, dtype=np.uint64) & np.uint64(2 ** (8 * width) - 1)
