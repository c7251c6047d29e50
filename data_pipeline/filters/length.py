"""Too short or too long: words (characters in Japanese and Chinese), and characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from data_pipeline.filters.contract import Batched, Row, Scores, above, below
from data_pipeline.folding import lengths


class Length(Batched):
    """Shortest and longest side in tokens, longest side in characters."""

    name: ClassVar[str] = "length"

    min_tokens: int = Field(default=1, ge=0, description="words (ja, zh: characters) in every side at least")
    max_tokens: int = Field(default=250, ge=1, description="words (ja, zh: characters) in every side at most")
    max_characters: int = Field(default=2000, ge=1, description="characters in every side at most")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        tokens = zip(*(lengths([row[code] for row in rows], code) for code in (rows[0] if rows else ())), strict=True)
        return [
            {"shortest": min(counts), "longest": max(counts), "characters": max(map(len, row.values()))}
            for row, counts in zip(rows, tokens, strict=True)
        ]

    def margin(self, scores: Scores) -> float:
        return min(
            above(scores["shortest"], self.min_tokens),
            below(scores["longest"], self.max_tokens),
            below(scores["characters"], self.max_characters),
        )
