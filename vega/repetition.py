"""How much of a line repeats itself: n-grams that come again, and loops inside a word."""

from __future__ import annotations

import math
import re
from itertools import pairwise

from vega.languages import UNSEGMENTED

#: Characters of a loop's unit at most, and of a loop at least: "....", "haha" are none.
_LONGEST_UNIT = 8
_SHORTEST_LOOP = 16
#: For each length of the unit: as many of it as make a loop, or more.
_LOOPS = [
    re.compile(rf"(.{{{unit}}})\1{{{math.ceil(_SHORTEST_LOOP / unit) - 1},}}") for unit in range(1, _LONGEST_UNIT + 1)
]
#: Characters whose repetition is counted in unsegmented languages.
_CHARACTERS = 4


def repetition(text: str, code: str) -> tuple[int, int, int]:
    """Number of n-grams (bigrams of words; ja, zh: 4-grams of characters), of those that were there before, and the
    characters of the longest loop inside one word, 0 if there is none.
    """
    return _unsegmented(text) if code in UNSEGMENTED else _segmented(text)


def _segmented(text: str) -> tuple[int, int, int]:
    """Number of n-grams, of those that were there before, and the longest loop."""
    words = text.split()
    total, repeated = _words(words)
    # The longest word alone is quickly found, and seldom long.
    long = len(text) >= _SHORTEST_LOOP and len(max(words, key=len)) >= _SHORTEST_LOOP
    return total, repeated, _longest_loop([word for word in words if len(word) >= _SHORTEST_LOOP]) if long else 0


def _unsegmented(text: str) -> tuple[int, int, int]:
    text = "".join(text.split())
    total, repeated = _characters(text)
    # Whatever its unit, a loop repeats so many of its n-grams at least.
    loops = repeated > _SHORTEST_LOOP - _CHARACTERS - _LONGEST_UNIT
    return total, repeated, _longest_loop([text]) if loops else 0


def _words(words: list[str]) -> tuple[int, int]:
    """Number of bigrams, and of those that were there before."""
    total = len(words) - 1
    if len(set(words)) >= total:  # a bigram that is there twice has two words too many, or one that is there thrice
        return total, 0
    return total, total - len(set(pairwise(words)))


def _characters(text: str) -> tuple[int, int]:
    """The same for 4-grams of characters."""
    total = len(text) - _CHARACTERS + 1
    if total < 2:
        return 0, 0
    if len(set(text)) > total - 1:  # all characters of an n-gram that is there twice are
        return total, 0
    return total, total - len({text[start : start + _CHARACTERS] for start in range(total)})


def _longest_loop(words: list[str]) -> int:
    """Characters of the longest loop, 0 if there is none."""
    # The search is slow. A loop holds at most as many different pairs of neighbours as its unit is long.
    suspects = [word for word in words if len(set(pairwise(word))) <= len(word) - _SHORTEST_LOOP + _LONGEST_UNIT]
    spans = (len(found.group()) for word in suspects for loop in _LOOPS for found in loop.finditer(word))
    return max(spans, default=0)
