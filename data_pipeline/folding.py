"""Folded text and its hashes: two lines that differ only in case, width, punctuation or spaces are the same line."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from vega.languages import UNSEGMENTED

#: Sides at least this long do not agree by accident: words, or characters in unsegmented languages.
LONG_WORDS, LONG_CHARACTERS = 4, 10

#: Deletes every character of Unicode category P; there is none above U+1FFFF. (Ten times faster than a pattern.)
_NO_PUNCTUATION = {code: None for code in range(0x20000) if unicodedata.category(chr(code))[0] == "P"}


#: What folding does with a character: nothing, delete it, take it for a space.
_STAYS, _GOES, _SPACE = range(3)
#: The last white space of Unicode.
_LAST_SPACE = 0x3000
#: Lines folded at once: their characters stay in the processor's cache.
_BLOCK = 500


@lru_cache(maxsize=64)  # a row's sides may be folded by several checks, one after another
def fold(line: str, language: str) -> str:
    """Casefolded, compatibility forms unified, punctuation gone, spaces single (none in unsegmented languages).

    A line of punctuation only is kept as it is, else all such lines would be equal.
    """
    words = unicodedata.normalize("NFKC", line).casefold().translate(_NO_PUNCTUATION).split()
    return ("" if language in UNSEGMENTED else " ").join(words) or line


def fold_all(lines: Sequence[str], language: str) -> list[str]:
    """Each line folded: many at once take a third of the time."""
    found: list[str] = []
    for start in range(0, len(lines), _BLOCK):
        found += _fold_block(lines[start : start + _BLOCK], language)
    return found


def _fold_block(lines: Sequence[str], language: str) -> list[str]:
    text = "\n".join([line if line.isascii() else unicodedata.normalize("NFKC", line) for line in lines]).casefold()
    if text.count("\n") != len(lines) - 1:
        return [fold(line, language) for line in lines]
    characters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = _kinds().take(characters, mode="clip")
    if language in UNSEGMENTED:
        characters = characters[kinds == _STAYS]
    else:
        stays = kinds != _GOES
        characters, is_space = characters[stays], kinds[stays] == _SPACE
        ends = characters == ord("\n")
        # Of spaces in a row the last stays, but for those at the end of a line, and then at its beginning.
        last = is_space & np.append(~(is_space | ends)[1:], False)
        kept = ~is_space | last
        characters, is_space = np.where(last, np.uint32(ord(" ")), characters)[kept], last[kept]
        ends = characters == ord("\n")
        characters = characters[~(is_space & np.append(True, ends[:-1]))]
    folded = characters.tobytes().decode("utf-32-le", "surrogatepass").split("\n")
    return [found or line for found, line in zip(folded, lines, strict=True)]


@cache
def _kinds() -> NDArray[np.uint8]:
    """What folding does with each character; the last stands for all beyond it, which stay."""
    kinds = np.full(max(_NO_PUNCTUATION) + 2, _STAYS, np.uint8)
    kinds[list(_NO_PUNCTUATION)] = _GOES
    kinds[[code for code in range(_LAST_SPACE + 1) if chr(code).isspace() and chr(code) != "\n"]] = _SPACE
    return kinds


def length(line: str, language: str) -> int:
    """Words, or in unsegmented languages characters without spaces."""
    return lengths([line], language)[0]


def lengths(lines: Sequence[str], language: str) -> list[int]:
    """The `length` of each line."""
    if language in UNSEGMENTED:
        return [len("".join(line.split())) for line in lines]
    return [len(line.split()) for line in lines]


def is_long(folded: str, language: str) -> bool:
    """Long enough that a second occurrence is no accident."""
    return length(folded, language) >= (LONG_CHARACTERS if language in UNSEGMENTED else LONG_WORDS)


def row_hash(folded: Mapping[str, str]) -> bytes:
    """16 bytes that stand for all sides of a folded row, in whatever order its languages come."""
    text = "\0".join([f"{code}\0{folded[code]}" for code in sorted(folded)])
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def overlap_hashes(folded: Mapping[str, str]) -> Iterator[bytes]:
    """Hashes by which two rows are found to share text: each long side, and each pair of short sides.

    A short side alone ("Open", "Yes") proves nothing, the same short translation with it does.
    """
    short = []
    for code in folded:
        if is_long(folded[code], code):
            yield row_hash({code: folded[code]})
        else:
            short.append(code)
    for first, second in combinations(short, 2):
        yield row_hash({first: folded[first], second: folded[second]})
