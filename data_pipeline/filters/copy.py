"""Untranslated text: a side that repeats the first side teaches a model to copy."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from data_pipeline.filters.contract import Filter, Row, Scores
from data_pipeline.folding import fold


class Copy(Filter):
    """Share of the other sides that equal the first, but for case, punctuation and spaces."""

    name: ClassVar[str] = "copy"

    max_share: float = Field(default=0.0, ge=0, le=1, description="share of sides that may copy the first, 0 = none")

    def score(self, row: Row) -> Scores:
        # Without spaces on all sides, whatever the language: "LibreOffice 7" is a copy in Chinese too.
        first, *others = (fold(text, code).replace(" ", "") for code, text in row.items())
        return {"share": sum(other == first for other in others) / len(others)}

    def accept(self, scores: Scores) -> bool:
        return scores["share"] <= self.max_share
