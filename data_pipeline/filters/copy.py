"""Untranslated text: a side that repeats the first side teaches a model to copy."""

from __future__ import annotations

import re
from typing import ClassVar
from unicodedata import is_normalized

from pydantic import Field

from data_pipeline.filters.contract import Graded, Row, Scores, below
from data_pipeline.folding import fold

#: Characters of two lines that are compared before the lines are folded.
_BEGINNING = 12
#: Folding keeps all that this deletes but some symbols, and "_".
_NO_WORD = re.compile(r"[\W_]+")


class Copy(Graded):
    """Share of the other sides that equal the first, but for case, punctuation and spaces."""

    name: ClassVar[str] = "copy"

    max_share: float = Field(default=0.0, ge=0, le=1, description="share of sides that may copy the first, 0 = none")

    def score(self, row: Row) -> Scores:
        (code, text), *others = row.items()
        copies = sum(_is_copy(text, code, other, its_code) for its_code, other in others)
        return {"share": copies / len(others) if copies else 0.0}

    def margin(self, scores: Scores) -> float:
        return below(scores["share"], self.max_share)


def _is_copy(first: str, code: str, second: str, its_code: str) -> bool:
    # Without spaces on both sides, whatever the language: "LibreOffice 7" is a copy in Chinese too.
    return _may_agree(first, second) and fold(first, code).replace(" ", "") == fold(second, its_code).replace(" ", "")


def _may_agree(first: str, second: str) -> bool:
    """False only for lines that are not equal when folded: a look at their beginnings, as folding takes its time."""
    if not (is_normalized("NFKC", first) and is_normalized("NFKC", second)):
        return True  # the beginning of a line might not be folded as the line is
    one, other = _beginning(first), _beginning(second)
    return one.startswith(other) or other.startswith(one)


def _beginning(text: str) -> str:
    return _NO_WORD.sub("", text[:_BEGINNING].casefold())
