"""Noise on a line of training text, so that a model stands what people type: case, typos, lines run together.

Every function is pure. What it draws comes from the `random.Random` it is given.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Literal

from vega.languages import language

Case = Literal["lower", "upper", "title"]

#: Rows of keys one above the other: neighbours are beside, and above or below at the same place.
_KEYBOARDS = (
    ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
)


def _neighbours() -> dict[str, str]:
    near: dict[str, str] = {}
    for rows in _KEYBOARDS:
        for y, row in enumerate(rows):
            for x, key in enumerate(row):
                places = ((y, x - 1), (y, x + 1), (y - 1, x), (y - 1, x + 1), (y + 1, x - 1), (y + 1, x))
                near[key] = "".join(rows[v][u] for v, u in places if 0 <= v < len(rows) and 0 <= u < len(rows[v]))
    return near


#: Letter -> letters beside it on a keyboard (US, Russian). Letters with none get the other typos.
NEIGHBOURS: Mapping[str, str] = _neighbours()


def has_case(code: str) -> bool:
    """Whether a language is written with capitals."""
    return language(code).script in ("Latin", "Cyrillic")


def has_spaces(code: str) -> bool:
    """Whether a language is written with spaces."""
    return language(code).script not in ("Han", "Japanese")


def joined(first: str, second: str, code: str) -> str:
    """Two lines as one, with a space where the language has spaces."""
    return first + (" " if has_spaces(code) else "") + second


def with_case(text: str, case: Case) -> str:
    """All lower, all upper, or every word with a capital first letter."""
    if case == "lower":
        return text.lower()
    if case == "upper":
        return text.upper()
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))


def with_typos(text: str, rate: float, rng: random.Random) -> str:
    """Mistype each letter with probability `rate`, one letter at least; digits and signs stay.

    A typo is, alike in probability: two letters swapped, one left out, one doubled, or the key beside it.
    """
    letters = [i for i, c in enumerate(text) if c.isalpha()]
    if not letters:
        return text
    chosen = [i for i in letters if rng.random() < rate] or [rng.choice(letters)]
    characters = list(text)
    for i in chosen:
        _mistype(characters, i, rng)
    return "".join(characters)


def _mistype(characters: list[str], i: int, rng: random.Random) -> None:
    """Change the place `i`; a place keeps its number, whatever is in it."""
    c = characters[i]
    near = NEIGHBOURS.get(c.lower(), "") if len(c) == 1 else ""
    can_swap = i + 1 < len(characters) and characters[i + 1].isalpha() and characters[i + 1] != c
    kind = rng.choice(["drop", "repeat", *(["swap"] if can_swap else []), *(["neighbour"] if near else [])])
    if kind == "swap":
        characters[i], characters[i + 1] = characters[i + 1], c
    elif kind == "neighbour":
        key = rng.choice(near)
        characters[i] = key.upper() if c.isupper() else key
    else:
        characters[i] = "" if kind == "drop" else c * 2
