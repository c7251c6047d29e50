"""Ellipses and dashes; in alphabetic languages also apostrophes, and spaces before punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vega.conventions.occurrence import Occurrence

_ELLIPSIS = re.compile(r"(?<![.…])(?:\.{3}|…{1,2})(?![.…])")
#: Between words, with spaces; "5 - 3" is a sum.
_DASH = re.compile(r"(?<=[^\W\d] |[,;:!?)\"»“”] )[-–—](?= [^\W\d]| [(\"«„“])")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’](?=[^\W\d_])")
#: At the end of a word, before a space or what closes; "2 : 1" is a result.
_BEFORE_MARK = re.compile(r"(?<=[\w)\]»”%])([ \u00a0\u202f]?)([;:!?,]|\.(?!\.))(?=$|\s(?!\d)|[»”)\]])")


def find_ellipses(line: str) -> Iterator[Occurrence]:
    """Three points, or one sign."""
    for found in _ELLIPSIS.finditer(line):
        yield Occurrence("ellipsis", (found.group(),), (found.span(),))


def find_dashes(line: str) -> Iterator[Occurrence]:
    """Dashes with a space on each side between words."""
    for found in _DASH.finditer(line):
        yield Occurrence("dash between words", (found.group(),), (found.span(),))


def find_apostrophes(line: str) -> Iterator[Occurrence]:
    """Apostrophes within words."""
    for found in _APOSTROPHE.finditer(line):
        yield Occurrence("apostrophe", (found.group(),), (found.span(),))


def find_spaces(line: str) -> Iterator[Occurrence]:
    """Spaces before punctuation marks, as French has them."""
    for found in _BEFORE_MARK.finditer(line):
        yield Occurrence(f"space before {found.group(2)}", (found.group(1),), (found.span(1),))
