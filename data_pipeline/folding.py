"""Folded text and its hashes: two lines that differ only in case, width, punctuation or spaces are the same line."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations

#: Written without spaces between words: length counts characters.
UNSEGMENTED = frozenset({"ja", "zh"})

#: Sides at least this long do not agree by accident: words, or characters in unsegmented languages.
LONG_WORDS, LONG_CHARACTERS = 4, 10

#: Deletes every character of Unicode category P; there is none above U+1FFFF. (Ten times faster than a pattern.)
_NO_PUNCTUATION = {code: None for code in range(0x20000) if unicodedata.category(chr(code))[0] == "P"}


@lru_cache(maxsize=64)  # a row's sides are folded by the copy filter, and again for its hash
def fold(line: str, language: str) -> str:
    """Casefolded, compatibility forms unified, punctuation gone, spaces single (none in unsegmented languages).

    A line of punctuation only is kept as it is, else all such lines would be equal.
    """
    words = unicodedata.normalize("NFKC", line).casefold().translate(_NO_PUNCTUATION).split()
    return ("" if language in UNSEGMENTED else " ").join(words) or line


def length(line: str, language: str) -> int:
    """Words, or in unsegmented languages characters without spaces."""
    words = line.split()
    return sum(map(len, words)) if language in UNSEGMENTED else len(words)


def is_long(folded: str, language: str) -> bool:
    """Long enough that a second occurrence is no accident."""
    return length(folded, language) >= (LONG_CHARACTERS if language in UNSEGMENTED else LONG_WORDS)


def row_hash(folded: Mapping[str, str]) -> bytes:
    """16 bytes that stand for all sides of a folded row, in whatever order its languages come."""
    text = "\0".join(f"{code}\0{folded[code]}" for code in sorted(folded))
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
