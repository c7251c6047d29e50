"""One part of an index: the sides of test rows, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Precision:
    """Bytes kept of each key. Fewer make a smaller file and more accidents: see `data_pipeline.leakage`."""

    key: int
    exact: int
    gram: int


#: For the recipe's own sets, and for what is bundled.
FULL, BUNDLED = Precision(key=8, exact=4, gram=4), Precision(key=5, exact=1, gram=3)


@dataclass(frozen=True)
class Part:
    """S sides of test rows with G n-gram keys and P pairs of short sides.

    Names are indexed by `set_of` and `language_of`. `key` is 0 for short sides. `grams` is flat, `gram_count` long for
    each side, as are `pieces` (see `data_pipeline.leakage.pieces`). `pair_sides` are the two sides of a pair, (P, 2).
    `text` holds the folded lines in UTF-8, `text_bytes` long each, or nothing.
    """

    sets: tuple[str, ...]
    languages: tuple[str, ...]
    precision: Precision
    set_of: Array
    language_of: Array
    line: Array
    tokens: Array
    key: Array
    exact: Array
    gram_count: Array
    grams: Array
    piece_count: Array
    pieces: Array
    pair_key: Array
    pair_sides: Array
    text_bytes: Array
    text: Array

    @property
    def has_text(self) -> bool:
        return bool(len(self.text))

    def texts(self) -> list[str]:
        """The folded line of each side; empty without text."""
        ends = np.cumsum(self.text_bytes, dtype=np.int64).tolist()
        data = self.text.tobytes()
        return [data[start:end].decode() for start, end in zip([0, *ends[:-1]], ends, strict=True)] if data else []

    def sides_per_set(self) -> dict[str, int]:
        counts = np.bincount(self.set_of, minlength=len(self.sets)).tolist()
        return dict(zip(self.sets, counts, strict=True))

    def select(self, keep: Sequence[bool]) -> Part:
        """Only the sets (by index) to keep."""
        side = np.asarray(keep, dtype=bool)[self.set_of]
        renamed = np.cumsum(np.asarray(keep, dtype=np.int64)) - 1
        moved = np.cumsum(side, dtype=np.int64) - 1
        pair = side[self.pair_sides].all(axis=1)
        chosen: dict[str, Any] = {name: getattr(self, name)[side] for name in SIDE_ARRAYS}
        chosen["set_of"] = renamed[chosen["set_of"]].astype(self.set_of.dtype)
        return Part(
            sets=tuple(name for name, kept in zip(self.sets, keep, strict=True) if kept),
            languages=self.languages,
            precision=self.precision,
            grams=self.grams[np.repeat(side, self.gram_count)],
            pieces=self.pieces[np.repeat(side, self.piece_count)],
            pair_key=self.pair_key[pair],
            pair_sides=moved[self.pair_sides[pair]].astype(self.pair_sides.dtype),
            text=self.text[np.repeat(side, self.text_bytes)] if self.has_text else self.text,
            **chosen,
        )

    def arrays(self, prefix: str) -> dict[str, Array]:
        """As they are stored: keys cut to their bytes."""
        stored = {name: getattr(self, name) for name in ARRAYS}
        for name, width in self._widths().items():
            stored[name] = stored[name].astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width]
        return {f"{prefix}.{name}": np.ascontiguousarray(array) for name, array in stored.items()}

    def facts(self) -> dict[str, Any]:
        """The rest of a part, for JSON."""
        return {"sets": self.sets, "languages": self.languages, "precision": vars(self.precision)}

    def _widths(self) -> dict[str, int]:
        return widths(self.precision)


def read_part(prefix: str, facts: Mapping[str, Any], stored: Mapping[str, Array]) -> Part:
    """The inverse of `arrays` and `facts`."""
    precision = Precision(**facts["precision"])
    arrays = {name: stored[f"{prefix}.{name}"] for name in ARRAYS}
    for name, width in widths(precision).items():
        padded = np.zeros((len(arrays[name]), 8), dtype=np.uint8)
        padded[:, :width] = arrays[name]
        arrays[name] = padded.view("<u8").reshape(-1)
    return Part(sets=tuple(facts["sets"]), languages=tuple(facts["languages"]), precision=precision, **arrays)


def join(first: Part, second: Part) -> Part:
    """The sides of both, which must have one precision and different sets."""
    sets, languages = (*first.sets, *second.sets), tuple(sorted({*first.languages, *second.languages}))
    parts = (first, second)
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS}
    joined["set_of"] = np.concatenate([first.set_of, second.set_of + np.uint16(len(first.sets))]).astype(np.uint16)
    joined["language_of"] = np.concatenate([_languages(part, languages) for part in parts])
    joined["pair_sides"] = np.concatenate([first.pair_sides, second.pair_sides + np.uint32(len(first.line))])
    joined["pair_sides"] = joined["pair_sides"].astype(np.uint32)
    return Part(sets=sets, languages=languages, precision=first.precision, **joined)


def widths(precision: Precision) -> dict[str, int]:
    return {"key": precision.key, "pair_key": precision.key, "exact": precision.exact, "grams": precision.gram}


def _languages(part: Part, names: tuple[str, ...]) -> Array:
    places = np.asarray([names.index(name) for name in part.languages], dtype=np.uint8)
    return places[part.language_of]


_DESCRIPTION = ("sets", "languages", "precision")
ARRAYS = tuple(field.name for field in fields(Part) if field.name not in _DESCRIPTION)
#: One element per side.
SIDE_ARRAYS = tuple(name for name in ARRAYS if name not in ("grams", "pieces", "pair_key", "pair_sides", "text"))
