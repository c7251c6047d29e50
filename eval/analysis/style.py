"""Quotation marks and punctuation against the target's convention, which is learnt from the references."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from eval.analysis.check import Check, Text
from vega.conventions import Clarity, deviations, learn
from vega.conventions.features import is_about_quotes
from vega.conventions.protected import protected_spans
from vega.conventions.quotes import QUOTES


class Convention:
    """How the references of a test set are written (see `vega.conventions`). A line is looked at once for all."""

    def __init__(self, text: Text, clarity: Clarity = Clarity()) -> None:  # noqa: B008 (frozen)
        self._learnt = learn(text.reference, text.target_language, clarity)
        self.clear = frozenset(self._learnt.choices)
        self._curly = '"' not in self._learnt.choices.get(QUOTES, '"')
        self._known: dict[str, frozenset[str]] = {}

    def deviating(self, line: str) -> frozenset[str]:
        """The features that the line writes in another way, where the references are clear."""
        if not self.clear:
            return frozenset()
        if line not in self._known:
            found = {each.feature for each in deviations(line, self._learnt)}
            if self._curly and '"' in line and '"' in _unprotected(line):
                found.add(QUOTES)  # also one without its partner
            self._known[line] = frozenset(found)
        return self._known[line]


class _Style(Check):
    """Judges all lines that have a reference, where the references are clear about anything."""

    about_quotes: bool

    def __init__(self, text: Text, convention: Convention) -> None:
        self.convention = convention
        super().__init__(text)

    @cached_property
    def features(self) -> frozenset[str]:
        """Those of the clear features that this check is about."""
        return frozenset(each for each in self.convention.clear if is_about_quotes(each) == self.about_quotes)

    def lines_to_judge(self) -> Sequence[int]:
        return [line for line, text in enumerate(self.text.reference) if text.strip()] if self.features else []

    def is_faulty(self, line: int, output: str) -> bool:
        found = self.convention.deviating(output) & self.features
        return bool(found) and not found <= self.convention.deviating(self.text.reference[line])


class QuotesOff(_Style):
    """Lines with quotation marks of another kind than the references mostly have, or with a straight one that has no
    partner where those are not straight. What the reference of the line does itself is no fault.
    """

    name, about_quotes = "quotes_off", True


class PunctuationOff(_Style):
    """Lines with marks of another width, brackets, ellipses, dashes, apostrophes or spaces beside marks than the
    references mostly have. What the reference of the line does itself is no fault.
    """

    name, about_quotes = "punctuation_off", False


def _unprotected(line: str) -> str:
    for span in reversed(protected_spans(line)):
        line = line[: span.start] + line[span.end :]
    return line
