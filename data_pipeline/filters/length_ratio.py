"""Sides of very different length are seldom translations; Chinese, though, needs a third of English's characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from data_pipeline.filters.contract import Batched, Row, Scores, below

#: Median characters per English character. de, cs, ru, ja, zh: 28,000 six-way segments of LibreOffice Help and other
#: software text; fr: 29,000 captions of Multi30k. Not measured: es, uk as their nearest relatives, ko.
CHARACTERS = {
    "en": 1.0,
    "de": 1.19,
    "cs": 0.96,
    "ru": 1.03,
    "ja": 0.50,
    "zh": 0.32,
    "fr": 1.15,
    "es": 1.15,
    "uk": 1.0,
    "ko": 0.55,
}


class LengthRatio(Batched):
    """How many times each side is longer (or shorter) than the first side leads to expect."""

    name: ClassVar[str] = "length_ratio"

    max_ratio: float = Field(default=3.0, ge=1, description="longer over shorter side at most, 1 = as expected")
    slack: float = Field(default=5.0, ge=0, description="characters added to both sides; lenient with short lines")
    expected: dict[Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+$")], Annotated[float, Field(gt=0)]] = Field(
        default={}, description="pair, as in en-zh -> characters of zh per character of en; others as built in"
    )

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        first, *others = rows[0] if rows else [""]
        expected = [(code, self._expected(first, code)) for code in others]
        return [
            {code: self._ratio(len(row[first]) * share, len(row[code])) for code, share in expected} for row in rows
        ]

    def margin(self, scores: Scores) -> float:
        return below(max(scores.values(), default=1.0), self.max_ratio)

    def _ratio(self, expected: float, length: int) -> float:
        one, other = expected + self.slack, length + self.slack
        short, long = (one, other) if one < other else (other, one)
        return long / short if short else float("inf")

    def _expected(self, first: str, second: str) -> float:
        if (ratio := self.expected.get(f"{first}-{second}")) is not None:
            return ratio
        if (ratio := self.expected.get(f"{second}-{first}")) is not None:
            return 1 / ratio
        return CHARACTERS.get(second, 1.0) / CHARACTERS.get(first, 1.0)
