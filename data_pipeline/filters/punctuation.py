"""Lines that are no sentences: tables, rulers, lists of numbers, menus of signs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from data_pipeline.filters.characters import census
from data_pipeline.filters.contract import Batched, Row, Scores, below


class Punctuation(Batched):
    """Largest share of punctuation marks and symbols, and of digits, among the characters of a side without spaces.

    The defaults are those of M2M-100's cleaning (Fan et al. 2021); they drop nothing of free6 and newstest2021, and in
    Multi30k two lines that are "@@".
    """

    name: ClassVar[str] = "punctuation"

    max_punctuation: float = Field(default=0.5, ge=0, le=1, description="share of punctuation and symbols at most")
    max_digits: float = Field(default=0.5, ge=0, le=1, description="share of digits at most")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        if not rows:
            return []
        sides = census(rows)
        signs = np.maximum.reduce([side.signs / side.visible for side in sides]).tolist()
        digits = np.maximum.reduce([side.digits / side.visible for side in sides]).tolist()
        return [{"punctuation": one, "digits": other} for one, other in zip(signs, digits, strict=True)]

    def margin(self, scores: Scores) -> float:
        return min(below(scores["punctuation"], self.max_punctuation), below(scores["digits"], self.max_digits))
