"""What a check is: lines in which a fault is possible, and those of an output that have it.

A rate is 100 * faulty / judged, in percent. What the reference does itself is no fault, so the reference against
itself has none; nor is a line judged in which nothing can go wrong, as a line without numbers for digits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Text:
    """A test set in one direction: line i of all is the same sentence."""

    source: Sequence[str]
    reference: Sequence[str]
    source_language: str
    target_language: str


class Check(ABC):
    """One kind of fault. What depends on source and reference only is done once, when the check is made."""

    name: ClassVar[str]

    def __init__(self, text: Text) -> None:
        self.text = text
        self.judged: frozenset[int] = frozenset(self.lines_to_judge())

    @abstractmethod
    def lines_to_judge(self) -> Sequence[int]:
        """The lines, from 0, in which the fault is possible."""

    @abstractmethod
    def is_faulty(self, line: int, output: str) -> bool:
        """Whether the output of a judged line has the fault."""

    def faulty(self, output: Sequence[str]) -> list[int]:
        """The faulty lines, from 0."""
        return [line for line in sorted(self.judged) if self.is_faulty(line, output[line])]

    def rate(self, faulty: Sequence[int]) -> float | None:
        """Percent of the judged lines; None where none is judged."""
        return round(100 * len(faulty) / len(self.judged), 4) if self.judged else None


def visible(text: str) -> int:
    """Characters that are no white space."""
    return len("".join(text.split()))
