"""Test lines changed as they are when they get into training text, each on one side of a row whose other side is clean.

A kind is planted only in lines that are long enough for it by the definitions in `data_pipeline.leakage`.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from data_pipeline.folding import fold
from data_pipeline.leakage.matcher import Match
from vega.languages import UNSEGMENTED
from vega.normalize import normalize

Row = dict[str, str]

#: Tokens of lines that count when equal, in part, and with one word of several replaced: words, characters.
LONG, PARTIAL, REPLACED = (4, 10), (6, 16), (7, 16)

#: Characters of short lines in which one other character leaves them 93 % similar.
SHORT_TYPO = 15

#: Tokens that a cut leaves of a bundled line, of which only some n-grams are kept; words in one with a typo.
BUNDLED_CUT, BUNDLED_TYPO = (6, 18), 6


@dataclass(frozen=True)
class Plant:
    """A training row in which side `side` is a test line changed in the way `kind`."""

    kind: str
    side: str
    row: Row


def size(text: str, language: str) -> int:
    folded = fold(text, language)
    return len(re.findall("[a-z0-9]+|.", folded) if language in UNSEGMENTED else folded.split())


def limit(lengths: tuple[int, int], language: str) -> int:
    return lengths[language in UNSEGMENTED]


class Planter:
    """Makes plants from test rows, with `text` (language -> lines of training text) around them."""

    def __init__(self, text: Mapping[str, Sequence[str]], bundled: bool = False, seed: int = 1) -> None:
        self.text = text
        self.bundled = bundled
        self.random = random.Random(seed)

    def plants(self, rows: Iterable[Row], languages: Sequence[str]) -> Iterator[Plant]:
        for row in rows:
            for code in languages:
                other = self.random.choice([each for each in languages if each != code])
                for kind, changed in self.changes(normalize(row[code]), code):
                    yield Plant(kind, code, {code: normalize(changed), other: self.line(other)})

    def line(self, language: str) -> str:
        return self.random.choice(self.text[language])

    def changes(self, text: str, language: str) -> Iterator[tuple[str, str]]:
        if size(text, language) < limit(LONG, language):
            return
        yield "exact", text
        yield "case", text.upper()
        yield "punctuation", without_punctuation(text, "")
        if language in UNSEGMENTED:
            yield "width", wide(text)
        if size(text, language) >= limit(PARTIAL, language):
            yield "embedded", self.embedded(text, language)
        least = BUNDLED_CUT if self.bundled else PARTIAL
        if size(cut := truncated(text, language), language) >= limit(least, language):
            yield "truncated", cut
        if size(text, language) >= limit(REPLACED, language):
            yield "replaced", self.replaced(text, language)
        if self.bundled and size(text, language) < BUNDLED_TYPO:
            return
        letters = [place for place, letter in enumerate(text) if letter.isalpha()]
        if language not in UNSEGMENTED and letters and len(fold(text, language)) >= SHORT_TYPO:
            yield "typo", self.typo(text, self.random.choice(letters))

    def embedded(self, text: str, language: str) -> str:
        gap = "" if language in UNSEGMENTED else " "
        return gap.join((self.line(language), text, self.line(language)))

    def replaced(self, text: str, language: str) -> str:
        """Another word in the place of one, or in Japanese and Chinese two other characters."""
        if language in UNSEGMENTED:
            places = [i for i in range(len(text) - 1) if all(map(is_letter, text[i : i + 2]))] or [0]
            place = self.random.choice(places)
            return text[:place] + self.random.choice(("橋水", "の猫", "山田")) + text[place + 2 :]
        words = text.split()
        place = self.random.choice([i for i, word in enumerate(words) if any(map(str.isalnum, word))])
        others = [word for word in self.line(language).split() if any(map(str.isalnum, word))]
        return " ".join((*words[:place], self.random.choice(others), *words[place + 1 :]))

    def typo(self, text: str, place: int) -> str:
        """A letter doubled, left out or another one."""
        middle = self.random.choice((text[place] * 2, "", "x" if text[place] != "x" else "y"))
        return text[:place] + middle + text[place + 1 :]


def is_letter(character: str) -> bool:
    return character.isalpha() and not character.isascii()


def truncated(text: str, language: str) -> str:
    """The first 70 %."""
    if language in UNSEGMENTED:
        return text[: len(text) * 7 // 10]
    words = text.split()
    return " ".join(words[: len(words) * 7 // 10])


def without_punctuation(text: str, instead: str) -> str:
    return "".join(instead if unicodedata.category(letter)[0] == "P" else letter for letter in text)


def wide(text: str) -> str:
    """Full-width forms of all ASCII."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)


def recall(find: Callable[[Row], Match | None], plants: Iterable[Plant]) -> tuple[Counter[str], list[Plant]]:
    """Plants per kind, and those that were not found on their side."""
    planted, missed = Counter[str](), []
    for plant in plants:
        planted[plant.kind] += 1
        match = find(plant.row)
        if match is None or match.side != plant.side:
            missed.append(plant)
    return planted, missed
