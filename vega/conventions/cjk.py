"""Chinese and Japanese: full-width marks and brackets, and spaces beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vega.conventions.occurrence import Occurrence

_LETTER = "\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u3400-\u9fff\uf900-\ufaff"
_CLOSED = "」』）》】”’"
_OPENERS = "「『（《【“‘"

#: Half-width mark -> the full-width ones that stand for it.
FULL_WIDTH = {",": "，、", ".": "。．", ":": "：", ";": "；", "?": "？", "!": "！"}
_HALF = {mark: half for half, marks in FULL_WIDTH.items() for mark in (half, *marks)}
#: After a letter or what closes; a point or colon before ASCII may be in a name or a time, "..." is an ellipsis.
_MARK = re.compile(f"(?<=[{_LETTER}{_CLOSED}])(?:[,;?!，、。．：；？！]|\\.(?![A-Za-z0-9.])|:(?![A-Za-z0-9/]))")

_BRACKET = re.compile("[()（）]")
_HAS_LETTER = re.compile(f"[{_LETTER}]")

_MARKS = "，、。．：；？！"
_AFTER = re.compile(f"([{_MARKS}{_CLOSED}])(\\s?)(?=[^\\s{_MARKS}{_CLOSED}])")
_BEFORE = re.compile(f"(?<=\\S)(\\s?)([{_OPENERS}])")
_BETWEEN = re.compile(
    f"(?<=[{_LETTER}])(?P<before>\\s?)(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?P<after>\\s?)(?=[{_LETTER}])"
    f"|(?<=[{_LETTER}])(?P<within>\\s?)(?=[{_LETTER}])"
)


def find_marks(line: str) -> Iterator[Occurrence]:
    """Marks after a letter, by their half-width form; only that is rewritten: `，` and `、` are not the same."""
    for found in _MARK.finditer(line):
        half = _HALF[found.group()]
        yield Occurrence(f"mark {half}", (found.group(),), (found.span(),), changeable=found.group() == half)


def find_brackets(line: str) -> Iterator[Occurrence]:
    """Round brackets of one width, by whether there is Chinese or Japanese in them."""
    stack: list[re.Match[str]] = []
    for found in _BRACKET.finditer(line):
        if found.group() in "(（":
            stack.append(found)
        elif stack:
            opener = stack.pop()
            pair = (opener.group(), found.group())
            if pair in (("(", ")"), ("（", "）")) and _is_text(line, opener.start(), found.start()):
                content = line[opener.end() : found.start()]
                kind = "CJK text" if _HAS_LETTER.search(content) else "other text"
                yield Occurrence(f"brackets around {kind}", pair, (opener.span(), found.span()))


def _is_text(line: str, start: int, end: int) -> bool:
    """Whether a bracket stands in Chinese or Japanese, or there is some in it."""
    around = line[max(0, start - 2) : start] + line[end + 1 : end + 3]
    return bool(_HAS_LETTER.search(around) or _HAS_LETTER.search(line, start, end))


def find_spaces(line: str) -> Iterator[Occurrence]:
    """Spaces beside full-width marks, and between letters and Latin ones or digits."""
    for found in _AFTER.finditer(line):
        yield Occurrence(f"space after {found.group(1)}", (found.group(2),), (found.span(2),))
    for found in _BEFORE.finditer(line):
        if line[found.start() - 1] not in _MARKS + _CLOSED:
            yield Occurrence(f"space before {found.group(2)}", (found.group(1),), (found.span(1),))
    for found in _BETWEEN.finditer(line):
        kind = str(found.lastgroup)
        yield Occurrence(f"space {_BOUNDARIES[kind]}", (found.group(kind),), (found.span(kind),))


_BOUNDARIES = {
    "before": "from CJK to Latin or digits", "after": "from Latin or digits to CJK", "within": "between CJK letters",
}  # fmt: skip
