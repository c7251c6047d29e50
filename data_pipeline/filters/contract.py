"""What a filter is: a score, and apart from it a decision.

Scores can be stored and looked at; a threshold can then be tuned without scoring again. Filters are applied in the
order of the recipe, the learned ones after all others; those that are faster on many rows have `batched` and get them
all at once (`score_all`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from vega.settings import Strict

#: One row of a corpus: language -> text, in the order of the corpus. The first is the reference; monolingual text has
#: no other.
Row = Mapping[str, str]

#: What was measured -> value: a language where each side has its own score, else the name of the measure.
Scores = Mapping[str, float]


class Filter(Strict, ABC):
    """One rule. Its fields are its options; `name` is the rule's name in recipes and reports."""

    name: ClassVar[str]
    #: A model judges the rows: thousands of times slower than other rules, so it comes after them.
    learned: ClassVar[bool] = False
    #: `score_all` is faster than `score` of one row after the other.
    batched: ClassVar[bool] = False

    @abstractmethod
    def score(self, row: Row) -> Scores:
        """Measure a normalised row without empty sides; the same row always gets the same scores."""

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        """The scores of each row, in order; equal to those of `score`, whatever rows stand beside it.

        The rows are of one corpus: all have the same languages in the same order.
        """
        return [self.score(row) for row in rows]

    @abstractmethod
    def accept(self, scores: Scores) -> bool:
        """Whether a row with these scores is kept."""

    def margin(self, scores: Scores) -> float:
        """How far the scores are from the decision: >= 0 kept, < 0 dropped, 0 = exactly at the threshold.

        Relative to the threshold where there is one, so that the margins of one rule can be sorted. Only the sign
        counts in a rule that has no distance.
        """
        return 1.0 if self.accept(scores) else -1.0

    def keeps(self, row: Row) -> bool:
        return self.accept(self.score(row))


class Graded(Filter):
    """A rule whose decision has a distance: the margin decides."""

    @abstractmethod
    def margin(self, scores: Scores) -> float:
        """See Filter; the smallest of `above` and `below` where there are several thresholds."""

    def accept(self, scores: Scores) -> bool:
        return self.margin(scores) >= 0


class Batched(Graded):
    """A rule that measures many rows at once."""

    batched: ClassVar[bool] = True

    @abstractmethod
    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        """See Filter."""

    def score(self, row: Row) -> Scores:
        return self.score_all([row])[0]


def above(value: float, least: float) -> float:
    """Distance of a value that must be `least` (>= 0) or more, in shares of `least`; its sign is exact."""
    if value == least:  # also where both are infinite
        return 0.0
    return (value - least) / (least if 0 < least < math.inf else 1.0)


def below(value: float, most: float) -> float:
    """Distance of a value that must be `most` (>= 0) or less, in shares of `most`; its sign is exact."""
    if value == most:
        return 0.0
    return (most - value) / (most if 0 < most < math.inf else 1.0)
