"""One place in a line where a language has several ways to write the same thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

#: The ways to write a thing: one text for each place, as ("„", "“") for a pair of quotation marks.
Variant = tuple[str, ...]


class Occurrence(NamedTuple):
    """`feature` is written as `variant` in `places`, (start, end) in the line; start = end where the text is empty."""

    feature: str
    variant: Variant
    places: tuple[tuple[int, int], ...]
    #: Whether it may be rewritten: of some things only one form has a single meaning, as the half-width comma.
    changeable: bool = True


def rewrite(line: str, changes: Iterable[tuple[Occurrence, Variant]]) -> str:
    """The line with other variants in the places of occurrences, which do not overlap."""
    edits = sorted(
        (place, text) for found, variant in changes for place, text in zip(found.places, variant, strict=True)
    )
    parts, last = [], 0
    for (start, end), text in edits:
        parts += [line[last:start], text]
        last = end
    return "".join([*parts, line[last:]])
