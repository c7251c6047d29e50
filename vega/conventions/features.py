"""What is looked for in the lines of a language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from vega.conventions import cjk, quotes, signs
from vega.conventions.occurrence import Occurrence, Variant
from vega.conventions.protected import inside, protected_spans
from vega.languages import UNSEGMENTED

Finder = Callable[[str], Iterator[Occurrence]]


@cache
def finders(language: str) -> tuple[Finder, ...]:
    """In the order in which they are applied: marks before the spaces beside them."""
    if language in UNSEGMENTED:
        return (quotes.find_quotes, cjk.find_brackets, cjk.find_marks, signs.find_ellipses, cjk.find_spaces)
    return (
        quotes.find_quotes, signs.find_ellipses, signs.find_dashes, signs.find_apostrophes, quotes.find_padding,
        signs.find_spaces,
    )  # fmt: skip


def find(line: str, finder: Finder, choices: Mapping[str, Variant] | None = None) -> list[Occurrence]:
    """What the finder finds outside protected parts; with `choices`, only what is written in another way than those."""
    found = list(finder(line))
    if choices is not None:
        found = [each for each in found if choices.get(each.feature, each.variant) != each.variant]
    if not found:
        return []
    spans = protected_spans(line)
    return [each for each in found if not any(inside(place, spans) for place in each.places)] if spans else found


def is_about_quotes(feature: str) -> bool:
    """Whether a feature is the choice of quotation marks."""
    return feature in (quotes.QUOTES, quotes.INNER)
