"""Numbers that differ between the sides: another version, a changed date, a line that is no translation at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, TypeVar

import numpy as np
from pydantic import Field

from data_pipeline.filters.characters import census
from data_pipeline.filters.contract import Batched, Row, Scores, above
from vega.numerals import RUN, SCALED, chinese_numbers, numbers, significant

T = TypeVar("T", int, str)


class Numbers(Batched):
    """Share of the numbers that stand in the first side and in another one, for each other side; 1 without numbers.

    A number is a run of digits (of any script or width) with its thousands separators. Of those left over on one side
    only, `missing` and the small ones are no disagreement: they are spelt out on the other side, a month, "COVID-19".
    Nor is one that the other side writes in Chinese numerals. Next to a unit, only the digits before the last zeros
    are compared: 1500万 is 15 million.

    The default drops a line whose only number differs, not one of two: below 0.01 % of free6, Multi30k and Tanaka are
    dropped, 0.3 % to 1.2 % of newstest2021, where feet become metres and 3 p.m. becomes 15 Uhr.
    """

    name: ClassVar[str] = "numbers"

    min_share: float = Field(default=0.5, ge=0, le=1, description="share of numbers that agree at least")
    missing: int = Field(default=1, ge=0, description="numbers that one side may lack")
    spelt_out: int = Field(default=12, ge=-1, description="numbers up to this may be lacking besides, -1 = none")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        first, *others = rows[0] if rows else [""]
        digits = np.array([side.digits for side in census(rows)]).sum(axis=0).tolist() if rows else []
        return [
            {code: self._share(row[first], row[code]) if count else 1.0 for code in others}
            for row, count in zip(rows, digits, strict=True)
        ]

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values(), default=1.0), self.min_share)

    def _share(self, first: str, second: str) -> float:
        if RUN.findall(first) == RUN.findall(second):
            return 1.0
        share = self._agreement(first, second)
        if share < 1 and (SCALED.search(first) or SCALED.search(second)):
            ours, theirs = significant(first), significant(second)
            share = max(share, _share(ours, theirs, max((ours - theirs).total(), (theirs - ours).total())))
        return share

    def _agreement(self, first: str, second: str) -> float:
        ours, theirs = numbers(first), numbers(second)
        left = (ours - theirs) - chinese_numbers(second)
        right = (theirs - ours) - chinese_numbers(first)
        less, more = sorted((left, right), key=Counter.total)
        lacking = more.total() - less.total()
        small = min(lacking, sum(count for number, count in more.items() if number <= self.spelt_out))
        return _share(ours, theirs, less.total() + max(0, lacking - small - self.missing))


def _share(numbers: Counter[T], others: Counter[T], differing: int) -> float:
    agreeing = (numbers & others).total()
    return agreeing / (agreeing + differing) if differing else 1.0
