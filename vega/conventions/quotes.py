"""Quotation marks of a line in pairs. A line in which they cannot be paired for sure has none.

Apostrophes are no quotation marks: `'` never is, `’` only as the end of what `‘` or `‚` began.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from vega.conventions.occurrence import Occurrence

PAIRS = frozenset(
    [
        *(("„", "“"), ("„", "”"), ("“", "”"), ("«", "»"), ("»", "«"), ("「", "」"), ("『", "』")),
        *(("‚", "‘"), ("‚", "’"), ("‘", "’"), ("‹", "›"), ("›", "‹"), ('"', '"')),
    ]
)
#: Pairs that begin a quotation inside a sentence; the others quote within quotations, or mark titles.
OUTER = PAIRS - {("‚", "‘"), ("‚", "’"), ("‘", "’"), ("‹", "›"), ("›", "‹"), ("『", "』")}

QUOTES, INNER = "quotes", "inner quotes"

_MARK = re.compile('[„“”«»「」『』‚‘’‹›"]')
_OPENERS = frozenset(opener for opener, _ in PAIRS if opener != '"')
#: What may stand before a straight mark that opens, and after one that closes, besides white space and line ends.
_BEFORE, _AFTER = "([{-–—/=¿¡:（【、，。：", ")]}-–—/.,;:!?…%（）】、，。：；？！"
_CJK = re.compile("[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff]")


class Pair(NamedTuple):
    """Places of an opening and a closing mark, how many pairs they stand in, and both marks."""

    start: int
    end: int
    depth: int
    marks: tuple[str, str]


def find_pairs(line: str) -> list[Pair]:
    """All pairs, those that end first first; none where any mark has no partner, or is ambiguous."""
    stack: list[tuple[int, str]] = []
    pairs: list[Pair] = []
    for found in _MARK.finditer(line):
        place, mark = found.start(), found.group()
        top = stack[-1][1] if stack else ""
        role = _role(line, place, mark, top)
        if role == "open":
            stack.append((place, mark))
        elif role == "close":
            start, opener = stack.pop()
            if start + 1 == place:  # "" is code
                return []
            pairs.append(Pair(start, place, len(stack), (opener, mark)))
        elif role == "unclear":
            return []
    return [] if stack else pairs


def _role(line: str, place: int, mark: str, top: str) -> str:
    """open, close, none (an apostrophe) or unclear; `top` is the mark that is open, if any."""
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    if mark == '"':
        return _straight(before, after, top)
    if mark == "’" and (top not in ("‘", "‚") or (before.isalnum() and after.isalnum())):
        return "none"
    if (top, mark) in PAIRS:
        return "close"
    if mark in _OPENERS:
        return "open"
    return "unclear"


def _straight(before: str, after: str, top: str) -> str:
    opens = not before or before.isspace() or before in _BEFORE or before in _OPENERS or bool(_CJK.match(before))
    closes = not after or after.isspace() or after in _AFTER or bool(_MARK.match(after)) or bool(_CJK.match(after))
    if after.isspace() or not after:
        opens = False
    if before.isspace() or not before:
        closes = False
    if top == '"' and closes:
        return "close"
    return "open" if opens else "unclear"


def find_quotes(line: str) -> Iterator[Occurrence]:
    """Pairs around a quotation, and pairs within one."""
    for pair in find_pairs(line):
        places = ((pair.start, pair.start + 1), (pair.end, pair.end + 1))
        if pair.depth == 0 and pair.marks in OUTER:
            yield Occurrence(QUOTES, pair.marks, places)
        elif pair.depth == 1:
            yield Occurrence(INNER, pair.marks, places)


def find_padding(line: str) -> Iterator[Occurrence]:
    """Spaces inside a pair, as in French `« oui »`."""
    for pair in find_pairs(line):
        inside = line[pair.start + 1 : pair.end]
        if inside.strip() and pair.marks in OUTER:
            left, right = len(inside) - len(inside.lstrip()), len(inside) - len(inside.rstrip())
            places = ((pair.start + 1, pair.start + 1 + left), (pair.end - right, pair.end))
            yield Occurrence(
                f"space inside {''.join(pair.marks)}", (inside[:left], inside[len(inside) - right :]), places
            )
