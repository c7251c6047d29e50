"""What a filter is: a score, and apart from it a decision.

Scores can be stored and looked at; a threshold can then be tuned without scoring again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from vega.settings import Strict

#: One row of a corpus: language -> text, two or more, in the order of the corpus. The first is the reference.
Row = Mapping[str, str]

#: What was measured -> value: a language where each side has its own score, else the name of the measure.
Scores = Mapping[str, float]


class Filter(Strict, ABC):
    """One rule. Its fields are its options; `name` is the rule's name in recipes and reports."""

    name: ClassVar[str]

    @abstractmethod
    def score(self, row: Row) -> Scores:
        """Measure a normalised row without empty sides; the same row always gets the same scores."""

    @abstractmethod
    def accept(self, scores: Scores) -> bool:
        """Whether a row with these scores is kept."""

    def keeps(self, row: Row) -> bool:
        return self.accept(self.score(row))
