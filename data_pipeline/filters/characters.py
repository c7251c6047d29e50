"""How many characters of each kind a line has: counted for many lines at once, with a table over all characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import cache
from typing import NamedTuple
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from data_pipeline.filters.contract import Row
from data_pipeline.filters.letters import belongs, is_usual

#: Signs that markup, addresses and programs are made of.
MARKS = "<>&@$\\%_{}=|"

#: Tables end here; the few characters beyond (emoji, rare Chinese) are classified one by one.
_PLANE = 0x10000
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


class Census(NamedTuple):
    """Characters of one line: all but spaces (at least 1, so that shares of an empty line are 0), and the kinds."""

    visible: int
    letters: int  # also the unusual and foreign ones
    unusual: int
    foreign: int
    digits: int
    signs: int  # also the marks
    marks: int


_known: dict[str, dict[str, Census]] = {}


def census(rows: Sequence[Row]) -> list[tuple[Census, ...]]:
    """For each row of one corpus its sides' characters by kind, in the order of the sides."""
    return list(zip(*(_lookup([row[code] for row in rows], code) for code in rows[0]), strict=True)) if rows else []


def forget() -> None:
    """Drop what is remembered; a measurement of speed must not find it."""
    _known.clear()


def _lookup(lines: list[str], code: str) -> list[Census]:
    known = _known.setdefault(code, {})
    missing = list(dict.fromkeys(line for line in lines if line not in known))
    if missing and len(known) + len(missing) > _REMEMBERED:
        known.clear()
        missing = list(dict.fromkeys(lines))
    for start in range(0, len(missing), _BLOCK):
        block = missing[start : start + _BLOCK]
        known.update(zip(block, _count(block, code), strict=True))
    return [known[line] for line in lines]


def _count(lines: list[str], code: str) -> Iterator[Census]:
    characters = np.frombuffer("".join(lines).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _table(code).take(characters, mode="clip")
    for position in np.flatnonzero(characters >= _PLANE):
        kinds[position] = _kind(chr(characters[position]), code)
    line = np.repeat(np.arange(len(lines)) * len(Kind), np.fromiter(map(len, lines), np.int64, len(lines)))
    counts = np.bincount(line + kinds, minlength=len(lines) * len(Kind)).reshape(len(lines), len(Kind))
    fields = counts @ _SUMS
    fields[:, 0] = np.maximum(fields[:, 0], 1)
    return map(Census._make, fields.tolist())


@cache
def _table(code: str) -> NDArray[np.uint8]:
    return np.fromiter((_kind(chr(character), code) for character in range(_PLANE)), np.uint8, _PLANE)


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
