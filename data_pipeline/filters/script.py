"""Text in the wrong writing system: Cyrillic in a Chinese file, English left where Russian should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from data_pipeline.filters.characters import Census, census
from data_pipeline.filters.contract import Batched, Row, Scores, above


class Script(Batched):
    """Share of each side's letters that belong to its language's script; a side without letters scores 1.

    The default: text in a wrong script has 0, but a Chinese line with a few Latin names may have 0.2, as one of its
    letters stands for three or four. It drops 0.2 % of the Chinese newstest2021 (0.4 would drop 1.5 %).
    """

    name: ClassVar[str] = "script"

    min_share: float = Field(default=0.2, ge=0, le=1, description="share of letters in the language's script at least")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        codes = list(rows[0]) if rows else []
        columns = [_shares(side).tolist() for side in census(rows)]
        return [dict(zip(codes, shares, strict=True)) for shares in zip(*columns, strict=True)]

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values()), self.min_share)


def _shares(counts: Census) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = 1.0 - counts.foreign / np.maximum(counts.letters, 1)
    return shares
