"""Letters a language does not use: text in a neighbour's language, garbled encodings, signs instead of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from data_pipeline.filters.characters import census
from data_pipeline.filters.contract import Batched, Row, Scores, above, below

_SIGNS = "\u00a1-\u00bf€‚„…†‡ˆ‰‹‘’“”•–—˜™›"
_LETTERS = "ƒŠŒŽšœžŸ"
#: UTF-8 read as Latin-1 or Windows-1252, as "Ã¤" for "ä", or the sign for what could not be read at all. (A pattern
#: that begins with one class of characters is searched fast.) "í" was "Ã" and a soft hyphen, which is gone.
_GARBLED = re.compile(
    rf"[ÂÃÄÅÐÑà-ï\ufffd](?:(?<=[ÂÃÄÅÐÑ])[{_SIGNS}{_LETTERS}]|(?<=[à-ï])[{_SIGNS}]{{2}}|(?<=Ã)(?![A-ZÀ-Ý])|(?<=\ufffd))"
)

#: Rows searched at once, as most have nothing.
_BLOCK = 100


class Alphabet(Batched):
    """`letters`: smallest share of letters among a side's characters without spaces. `usual`: smallest share of a
    side's letters that its language uses, where letters of other scripts are left to the script rule. `garbled`:
    places where a wrong encoding was read, in all sides.

    The defaults drop at most 0.02 % of free6, Multi30k and newstest2021, half of it for real faults. Names from
    neighbours make a few letters in a hundred; Czech has one in seven that German does not use.
    """

    name: ClassVar[str] = "alphabet"

    min_letters: float = Field(default=0.4, ge=0, le=1, description="share of letters at least")
    min_usual: float = Field(default=0.95, ge=0, le=1, description="share of letters that the language uses at least")
    max_garbled: int = Field(default=0, ge=0, description="places with a wrong encoding at most")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        if not rows:
            return []
        sides = census(rows)
        letters = np.minimum.reduce([side.letters / side.visible for side in sides]).tolist()
        usual = np.minimum.reduce([1.0 - side.unusual / np.maximum(side.letters, 1) for side in sides]).tolist()
        return [
            {"letters": share, "usual": its_usual, "garbled": places}
            for share, its_usual, places in zip(letters, usual, _garbled(rows), strict=True)
        ]

    def margin(self, scores: Scores) -> float:
        return min(
            above(scores["letters"], self.min_letters),
            above(scores["usual"], self.min_usual),
            below(scores["garbled"], self.max_garbled),
        )


def _garbled(rows: Sequence[Row]) -> list[int]:
    found: list[int] = []
    for start in range(0, len(rows), _BLOCK):
        block = [[text for text in row.values() if not text.isascii()] for row in rows[start : start + _BLOCK]]
        if _GARBLED.search("\n".join([text for texts in block for text in texts])):
            found += [sum([len(_GARBLED.findall(text)) for text in texts]) for texts in block]
        else:
            found += [0] * len(block)
    return found
