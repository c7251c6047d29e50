"""Untranslated text: a side that repeats the first side teaches a model to copy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar
from unicodedata import is_normalized

from pydantic import Field

from data_pipeline.filters.contract import Batched, Row, Scores, below
from data_pipeline.folding import fold

#: Characters of two lines that are compared before the lines are folded.
_BEGINNING = 12
#: A Chinese character at the beginning of a line stays as it is when folded, whatever comes after it.
_HAN = re.compile("[\u4e00-\u9fff]")
#: Folding keeps all that this deletes but some symbols, and "_".
_NO_WORD = re.compile(r"[\W_]+")


class Copy(Batched):
    """Share of the other sides that equal the first, but for case, punctuation and spaces."""

    name: ClassVar[str] = "copy"

    max_share: float = Field(default=0.0, ge=0, le=1, description="share of sides that may copy the first, 0 = none")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        return [{"share": _share(row)} for row in rows]

    def margin(self, scores: Scores) -> float:
        return below(scores["share"], self.max_share)


def _share(row: Row) -> float:
    (code, text), *others = row.items()
    copies = sum([_is_copy(text, code, other, its_code) for its_code, other in others])
    return copies / len(others) if copies else 0.0


def _is_copy(first: str, code: str, second: str, its_code: str) -> bool:
    # Without spaces on both sides, whatever the language: "LibreOffice 7" is a copy in Chinese too.
    return _may_agree(first, second) and fold(first, code).replace(" ", "") == fold(second, its_code).replace(" ", "")


def _may_agree(first: str, second: str) -> bool:
    """False only for lines that are not equal when folded: a look at their beginnings, as folding takes its time."""
    one, other = _start(first), _start(second)
    if one and other and one != other:
        return False
    if not (is_normalized("NFKC", first) and is_normalized("NFKC", second)):
        return True  # the beginning of a line might not be folded as the line is
    one, other = _beginning(first), _beginning(second)
    return one.startswith(other) or other.startswith(one)


def _start(text: str) -> str:
    """The first character of the folded line, but for its accent; nothing where that takes more than a look."""
    first = text[:1]
    if first.isascii():
        return first.lower() if first.isalnum() else ""
    return first if _HAN.match(first) else ""


def _beginning(text: str) -> str:
    return _NO_WORD.sub("", text[:_BEGINNING].casefold())
