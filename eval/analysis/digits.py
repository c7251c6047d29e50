"""Numbers that a translation lost or changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eval.analysis.check import Check, Text
from vega.numerals import chinese_numbers, numbers


class DigitsMissing(Check):
    """Lines that lack a number which both source and reference have.

    Numbers are compared by value, so width, script and thousands separators do not matter, and one may be written in
    Chinese numerals; 3.14 is 3 and 14. What the reference converts (miles, 3 p.m.) or spells out is not asked for.
    """

    name = "digits_missing"

    def __init__(self, text: Text) -> None:
        self.shared = [_shared(*pair) for pair in zip(text.source, text.reference, strict=True)]
        super().__init__(text)

    def lines_to_judge(self) -> Sequence[int]:
        return [line for line, shared in enumerate(self.shared) if shared]

    def is_faulty(self, line: int, output: str) -> bool:
        missing = self.shared[line] - numbers(output)
        return bool(missing and missing - chinese_numbers(output))


def _shared(source: str, reference: str) -> Counter[int]:
    """Numbers that one side has in digits, and the other in digits or Chinese numerals."""
    first, second = numbers(source), numbers(reference)
    if not first and not second:
        return first
    return (first & (second | chinese_numbers(reference))) | (second & (first | chinese_numbers(source)))
