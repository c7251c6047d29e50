"""What is compared: keys of folded lines, and keys of their n-grams. Keys are the same in every process and version."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from zlib import crc32

from data_pipeline.folding import LONG_CHARACTERS, LONG_WORDS
from vega.languages import UNSEGMENTED


@dataclass(frozen=True)
class Unit:
    """How lines are measured, in tokens.

    `gram` is an n-gram. A line of `long` counts when equal, one of `partial` when a part of it is found or it is
    edited. That part must be in stretches of `run` or more, and `partial` tokens in all.
    """

    gram: int
    long: int
    partial: int
    run: int


WORDS = Unit(gram=3, long=LONG_WORDS, partial=6, run=5)
CHARACTERS = Unit(gram=5, long=LONG_CHARACTERS, partial=16, run=10)

#: A character of UTF-8; letters and digits of ASCII stay together, or one product's name would be ten tokens.
_CHARACTER = re.compile(rb"[a-z0-9]+|[\x00-\x7f]|[\xc0-\xff][\x80-\xbf]*")


def unit(language: str) -> Unit:
    return CHARACTERS if language in UNSEGMENTED else WORDS


def tokens(folded: str, language: str) -> list[bytes]:
    """The words of a folded line, or its characters, in UTF-8."""
    data = folded.encode()
    return _CHARACTER.findall(data) if language in UNSEGMENTED else data.split(b" ")


def gram_keys(folded: str, language: str) -> list[int]:
    """32-bit keys of the n-grams of a folded line, in order; none if it is shorter than one.

    CRC-32 because it is in every Python, runs at the speed of C through `map`, and a key stands for so many possible
    n-grams that none can be told from it.
    """
    t = tokens(folded, language)
    if language in UNSEGMENTED:
        grams = map(b"".join, zip(t, t[1:], t[2:], t[3:], t[4:], strict=False))
    else:
        grams = map(b" ".join, zip(t, t[1:], t[2:], strict=False))
    return list(map(crc32, grams, repeat(crc32(language.encode()))))


def side_key(folded: str, language: str) -> int:
    """64-bit key of one folded side; never 0."""
    return _key(f"{language}\0{folded}")


def pair_key(first: tuple[str, str], second: tuple[str, str]) -> int:
    """64-bit key of two short (language, folded) sides in any order; never 0."""
    return _key("\0".join(f"{language}\0{folded}" for language, folded in sorted((first, second))))


def exact_key(text: str) -> int:
    """32-bit key of a line as it is, to tell `exact` from `folded`."""
    return crc32(text.encode())


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") or 1


def covered(present: Sequence[bool], measure: Unit) -> int:
    """Tokens of a line in stretches of at least `run`, all of whose n-grams are `present` (one per n-gram)."""
    count = 0
    for found, stretch in groupby(present):
        length = len(list(stretch)) + measure.gram - 1
        if found and length >= measure.run:
            count += length
    return count
