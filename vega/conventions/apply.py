"""Rewrite what deviates from a convention."""

from __future__ import annotations

from vega.conventions.features import Finder, find, finders
from vega.conventions.learn import Conventions
from vega.conventions.occurrence import Occurrence, Variant, rewrite
from vega.conventions.protected import protected_spans
from vega.conventions.quotes import find_pairs, find_quotes

#: One change may allow another, as a full-width mark the removal of the space after it.
_ROUNDS = 5


def apply(line: str, conventions: Conventions) -> str:
    """The line by the conventions. Applied again it changes nothing; protected parts are the same as before.

    A line that would still change after some rounds stays as it was.
    """
    current = line
    for _ in range(_ROUNDS):
        changed = _once(current, conventions)
        if changed == current:
            return current
        current = changed
    return line


def deviations(line: str, conventions: Conventions) -> list[Occurrence]:
    """What in the line is written in another way than the convention, where that is clear."""
    return [found for finder in finders(conventions.language) for found, _ in _changes(line, finder, conventions)]


def _once(line: str, conventions: Conventions) -> str:
    for finder in finders(conventions.language):
        changes = _changes(line, finder, conventions)
        if changes:
            changed = rewrite(line, changes)
            if _keeps(line, changed, finder):
                line = changed
    return line


def _changes(line: str, finder: Finder, conventions: Conventions) -> list[tuple[Occurrence, Variant]]:
    choices = conventions.choices
    return [(each, choices[each.feature]) for each in find(line, finder, choices) if each.changeable]


def _keeps(line: str, changed: str, finder: Finder) -> bool:
    """Whether protected parts are the same, and quotation marks still pair as they did."""
    if [span.text for span in protected_spans(line)] != [span.text for span in protected_spans(changed)]:
        return False
    return finder is not find_quotes or _structure(line) == _structure(changed)


def _structure(line: str) -> list[tuple[int, int, int]]:
    return [(pair.start, pair.end, pair.depth) for pair in find_pairs(line)]
