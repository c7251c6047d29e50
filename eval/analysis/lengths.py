"""Lines of the wrong length, against what the references show of the two languages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from eval.analysis.check import Check, Text, visible
from vega.languages import UNSEGMENTED

#: Deviations from the usual ratio, the least of one (as a logarithm), and characters that any line may differ by.
_DEVIATIONS, _LEAST, _SLACK, _SLACK_UNSEGMENTED = 3.5, 0.15, 10, 5
#: Of a normal distribution: standard deviation over median absolute deviation.
_NORMAL = 1.4826


def length_ratio(reference: Sequence[str], output: Sequence[str]) -> float | None:
    """Characters of the whole output over those of the whole reference, without spaces; None for an empty reference."""
    total = sum(map(visible, reference))
    return round(sum(map(visible, output)) / total, 4) if total else None


class Empty(Check):
    """Lines without any text where the reference has some."""

    name = "empty"

    def lines_to_judge(self) -> Sequence[int]:
        return [line for line, reference in enumerate(self.text.reference) if reference.strip()]

    def is_faulty(self, line: int, output: str) -> bool:
        return not output.strip()


class _Length(Check):
    """Judges lines that have a source and a reference, by the limits that all lines of them together show.

    The logarithms of reference length over source length (characters without spaces) have a median and a spread
    (median absolute deviation, at least 0.15); the limits are 3.5 spreads off, and 10 characters (ja, zh: 5).
    """

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.sources = [visible(line) for line in text.source]
        self.references = [visible(line) for line in text.reference]
        ratios = [math.log(self.references[line] / self.sources[line]) for line in self.judged]
        self.middle = median(ratios) if ratios else 0.0
        spread = _NORMAL * median(abs(ratio - self.middle) for ratio in ratios) if ratios else 0.0
        self.reach = _DEVIATIONS * max(spread, _LEAST)
        self.slack = _SLACK_UNSEGMENTED if text.target_language in UNSEGMENTED else _SLACK

    def lines_to_judge(self) -> Sequence[int]:
        pairs = zip(self.text.source, self.text.reference, strict=True)
        return [line for line, (source, reference) in enumerate(pairs) if source.strip() and reference.strip()]


class OverLong(_Length):
    """Longer than the upper limit for its source, and longer than the reference."""

    name = "over_long"

    def is_faulty(self, line: int, output: str) -> bool:
        limit = self.sources[line] * math.exp(self.middle + self.reach) + self.slack
        return visible(output) > max(limit, self.references[line])


class UnderLong(_Length):
    """Shorter than the lower limit for its source, and shorter than the reference, but not empty."""

    name = "under_long"

    def is_faulty(self, line: int, output: str) -> bool:
        limit = self.sources[line] * math.exp(self.middle - self.reach) - self.slack
        return 0 < visible(output) < min(limit, self.references[line])
