"""Text in the wrong writing system: Cyrillic in a Chinese file, English left where Russian should be."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import ClassVar

from pydantic import Field

from data_pipeline.filters.contract import Filter, Row, Scores
from vega.languages import language

#: Script of the language table -> first words of the Unicode names of its letters.
NAMES = {
    "Latin": ("LATIN", "FULLWIDTH LATIN", "MODIFIER LETTER", "FEMININE ORDINAL", "MASCULINE ORDINAL"),
    "Cyrillic": ("CYRILLIC",),
    "Han": ("CJK", "IDEOGRAPHIC"),
    "Japanese": ("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA"),
    "Hangul": ("HANGUL", "HALFWIDTH HANGUL"),
}


class Script(Filter):
    """Share of each side's letters that belong to its language's script; a side without letters scores 1."""

    name: ClassVar[str] = "script"

    min_share: float = Field(default=0.4, ge=0, le=1, description="share of letters in the language's script at least")

    def score(self, row: Row) -> Scores:
        return {code: _share(text, code) for code, text in row.items()}

    def accept(self, scores: Scores) -> bool:
        return all(share >= self.min_share for share in scores.values())


def _share(text: str, code: str) -> float:
    letters = belonging = 0
    for character in set(text):  # str.count is far faster than a look at every character
        if character.isalpha():
            count = text.count(character)
            letters += count
            belonging += count * _belongs(character, code)
    return belonging / letters if letters else 1.0


@cache
def _belongs(character: str, code: str) -> bool:
    return unicodedata.name(character, "").startswith(NAMES[language(code).script])
