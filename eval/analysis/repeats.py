"""Lines that run in a loop."""

from __future__ import annotations

from collections.abc import Sequence

from eval.analysis.check import Check
from vega.repetition import repetition

#: The limits of cleaning's `repetition`: n-grams added to the total, share of repeated ones, characters of a loop.
_SLACK, _SHARE, _LOOP = 2, 0.5, 20


class Repeated(Check):
    """Lines of which more than half of the bigrams of words (ja, zh: 4-grams of characters) stood in the line before,
    or with a loop of more than 20 characters inside a word. Where the reference is so itself, a line is not judged.
    """

    name = "repeated"

    def lines_to_judge(self) -> Sequence[int]:
        references = self.text.reference
        return [line for line, text in enumerate(references) if text.strip() and not self.is_faulty(line, text)]

    def is_faulty(self, line: int, output: str) -> bool:
        total, repeated, loop = repetition(output.strip(), self.text.target_language)
        return repeated > _SHARE * (total + _SLACK) or loop > _LOOP
