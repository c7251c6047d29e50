"""How many characters of each kind a line has: counted for many lines at once, with a table over all characters."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from typing import NamedTuple
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from data_pipeline.filters.contract import Row
from vega.letters import belongs, is_usual

#: Signs that markup, addresses and programs are made of.
MARKS = "<>&@$\\%_{}=|"

#: Tables end here; the few characters beyond (emoji, rare Chinese) are classified one by one.
_PLANE = 0x10000
#: In a table: a character that no line had so far.
_UNSEEN = 0xFF
#: Lines counted at once: their characters stay in the processor's cache.
_BLOCK = 500
#: Counted lines of each language that are remembered, for the next rule that asks: more than a unit of work has.
_REMEMBERED = 30_000


class Kind(IntEnum):
    """What a character is; each is of one kind."""

    SPACE = 0
    LETTER = 1  # of the language's alphabet
    UNUSUAL = 2  # a letter of the language's script that the language does not use
    FOREIGN = 3  # a letter of another script
    DIGIT = 4
    SIGN = 5  # punctuation or symbol
    MARK = 6  # one of MARKS
    OTHER = 7  # combining marks, numbers like ½


#: For each field of Census the kinds that are added up.
_FIELDS = (
    (Kind.LETTER, Kind.UNUSUAL, Kind.FOREIGN, Kind.DIGIT, Kind.SIGN, Kind.MARK, Kind.OTHER),
    (Kind.LETTER, Kind.UNUSUAL, Kind.FOREIGN),
    (Kind.UNUSUAL,),
    (Kind.FOREIGN,),
    (Kind.DIGIT,),
    (Kind.SIGN, Kind.MARK),
    (Kind.MARK,),
)
_SUMS = np.array([[kind in kinds for kinds in _FIELDS] for kind in Kind], dtype=np.int64)  # (kinds, fields)


Counts = NDArray[np.int64]


class Census(NamedTuple):
    """Characters of lines: all but spaces (at least 1, so that shares of an empty line are 0), and the kinds.

    Each has one number for a line.
    """

    visible: Counts
    letters: Counts  # also the unusual and foreign ones
    unusual: Counts
    foreign: Counts
    digits: Counts
    signs: Counts  # also the marks
    marks: Counts


class _Remembered(NamedTuple):
    """Lines, and their places in the counts, (places, fields)."""

    places: dict[str, int]
    counts: Counts


_known: dict[str, _Remembered] = {}


def census(rows: Sequence[Row]) -> list[Census]:
    """For each side of the rows of one corpus their characters by kind; empty without rows."""
    return [_lookup([row[code] for row in rows], code) for code in rows[0]] if rows else []


def forget() -> None:
    """Drop what is remembered; a measurement of speed must not find it."""
    _known.clear()


def _lookup(lines: list[str], code: str) -> Census:
    if code not in _known:
        _known[code] = _Remembered({}, np.empty((_REMEMBERED, len(_FIELDS)), np.int64))
    known = _known[code]
    missing = list(dict.fromkeys(line for line in lines if line not in known.places))
    if missing and len(known.places) + len(missing) > len(known.counts):
        missing = list(dict.fromkeys(lines))
        known = _known[code] = _Remembered({}, np.empty((max(_REMEMBERED, len(missing)), len(_FIELDS)), np.int64))
    for start in range(0, len(missing), _BLOCK):
        block, first = missing[start : start + _BLOCK], len(known.places)
        known.counts[first : first + len(block)] = _count(block, code)
        known.places.update(zip(block, range(first, first + len(block)), strict=True))
    places = np.fromiter(map(known.places.__getitem__, lines), np.int64, len(lines))
    return Census(*known.counts[places].T)


def _count(lines: list[str], code: str) -> Counts:
    """The fields of lines, (lines, fields)."""
    characters = np.frombuffer("".join(lines).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _kinds(characters, code)
    line = np.repeat(np.arange(len(lines)) * len(Kind), np.fromiter(map(len, lines), np.int64, len(lines)))
    counts = np.bincount(line + kinds, minlength=len(lines) * len(Kind)).reshape(len(lines), len(Kind))
    fields: Counts = counts @ _SUMS
    fields[:, 0] = np.maximum(fields[:, 0], 1)
    return fields


def _kinds(characters: NDArray[np.uint32], code: str) -> NDArray[np.uint8]:
    table = _table(code)
    kinds = table.take(characters, mode="clip")
    if (kinds == _UNSEEN).any():
        for character in set(characters[(kinds == _UNSEEN) & (characters < _PLANE)].tolist()):
            table[character] = _kind(chr(character), code)
        kinds = table.take(characters, mode="clip")
        for position in np.flatnonzero(kinds == _UNSEEN):
            kinds[position] = _kind(chr(characters[position]), code)
    return kinds


@cache
def _table(code: str) -> NDArray[np.uint8]:
    """Kinds of characters, filled as they are met: to name them all takes a tenth of a second."""
    return np.full(_PLANE + 1, _UNSEEN, np.uint8)


def _kind(character: str, code: str) -> Kind:
    if character.isspace():
        return Kind.SPACE
    if character in MARKS:
        return Kind.MARK
    if character.isalpha():
        if not belongs(character, code):
            return Kind.FOREIGN
        return Kind.LETTER if is_usual(character, code) else Kind.UNUSUAL
    if character.isdecimal():
        return Kind.DIGIT
    return Kind.SIGN if category(character)[0] in "PS" else Kind.OTHER
