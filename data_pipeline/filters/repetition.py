"""Text that runs in a loop: hallucinated translations, broken extraction, ASCII art."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from data_pipeline.filters.contract import Batched, Row, Scores, below
from vega.repetition import repetition


class Repetition(Batched):
    """How much of a side repeats itself.

    `share`: of the bigrams of words (ja, zh: 4-grams of characters), those that stood in the same side before; the
    largest of all sides. "ha ha ha ha" has 2/3 without slack. `loop`: characters of the longest loop inside one word.

    The defaults drop at most 0.01 % of free6 (menus, lines of "====") and nothing of Multi30k and newstest2021. A line
    that ends in a loop as long as its text has a share of about 0.5.
    """

    name: ClassVar[str] = "repetition"

    max_share: float = Field(default=0.5, ge=0, le=1, description="share of n-grams that are repeated at most")
    max_loop: int = Field(default=20, ge=0, description="characters of a loop inside a word at most, as in hahahaha")
    slack: float = Field(default=2.0, ge=0, description="n-grams added to the total; lenient with short lines")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        return [self._scores(row) for row in rows]

    def margin(self, scores: Scores) -> float:
        return min(below(scores["share"], self.max_share), below(scores["loop"], self.max_loop))

    def _scores(self, row: Row) -> Scores:
        share, loop = 0.0, 0
        for code, text in row.items():
            total, repeated, its_loop = repetition(text, code)
            if repeated:
                share = max(share, repeated / (total + self.slack))
            if its_loop > loop:
                loop = its_loop
        return {"share": share, "loop": loop}
