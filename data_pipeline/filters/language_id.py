"""Text in the wrong language, by the identifier of `vega.language_id`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from data_pipeline.filters.contract import Batched, Row, Scores, above
from vega.language_id import language_shares


class LanguageId(Batched):
    """For each side p / (p + q): p is the probability of its language, q that of the most probable other one.

    So a wrong language has about 0, a line of which the model knows nothing about 0.5, and short lines, where it errs
    most, 1. By the defaults 0.13 % of the English sides of free6 are dropped that have 20 characters or more, 0.13 %
    German, 0.25 % Czech, below 0.03 % Russian, Japanese and Chinese, most of them names and menus; and of lines in a
    wrong language 98 % or more (95 % of Chinese in place of Japanese). The probability alone, at least 0.2, dropped
    2 % of the English and Chinese sides to find as much.
    """

    name: ClassVar[str] = "language_id"

    min_share: float = Field(default=0.1, ge=0, le=1, description="share of the language against the next at least")
    min_characters: int = Field(default=30, ge=0, description="shorter sides are not judged (ja, zh: a third of it)")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        codes = list(rows[0]) if rows else []
        columns = [language_shares([row[code] for row in rows], code, self.min_characters) for code in codes]
        return [dict(zip(codes, shares, strict=True)) for shares in zip(*columns, strict=True)]

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values()), self.min_share)
