"""What no convention may touch: numbers, addresses, code, placeholders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_ADDRESS_SIGNS = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]"
#: Each alternative is ASCII but for numbers, so Chinese text beside an address is not taken for a part of it.
_PROTECTED = re.compile(
    "|".join(
        (
            rf"(?P<address>(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://|www\.|mailto:){_ADDRESS_SIGNS}+)",
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",  # e-mail
            r"`[^`]+`",
            r"</?[A-Za-z][^<>]*>",
            r"#[A-Za-z0-9_]+#|\$?\{[^{}\s]*\}|%\([A-Za-z_]\w*\)[a-z]|%(?:\d+\$)?[a-zA-Z@]\b|\$[A-Za-z_]\w*",
            r"&(?:#\d+|#x[0-9a-fA-F]+|[A-Za-z]\w*);",
            r"--?[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*=[!-~]+|--[A-Za-z][A-Za-z0-9-]*",  # options
            # Calls: what is in the brackets must look like code, "klient(i)" and "DSRs(详情)" do not.
            r"(?<![A-Za-z0-9_.])[A-Za-z_][A-Za-z0-9_.]*\((?:[^()\s]*[\";=_][^()]*|\d[^()\s]*)?\)",
            r"(?:[A-Za-z]:)?(?:[\\/][A-Za-z0-9_.~-]+){2,}",  # paths
            r"(?<![A-Za-z0-9_])[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+",  # file.txt, module.name
            r"\d+(?:[.,:/'’\u00a0\u202f -]\d+)*",
        )
    )
)
#: Something of this is in each of them: most lines have none, and are quickly passed.
_POSSIBLE = re.compile(r"[\d@`<#{%$&=/\\(]|--|\.[A-Za-z_]|www\.|mailto:")
#: What a sentence puts after an address.
_AFTER_ADDRESS = ".,:;!?'(["


class Span(NamedTuple):
    """A protected part of a line."""

    start: int
    end: int
    text: str


@lru_cache(maxsize=64)  # a line is asked for by one finder after another
def protected_spans(line: str) -> tuple[Span, ...]:
    """The protected parts in their order; they do not overlap."""
    return tuple(_span(found) for found in _PROTECTED.finditer(line)) if _POSSIBLE.search(line) else ()


def _span(found: re.Match[str]) -> Span:
    text = found.group()
    if found["address"]:
        text = _without_sentence(text)
    return Span(found.start(), found.start() + len(text), text)


def _without_sentence(address: str) -> str:
    """Without the marks and closing brackets that belong to the sentence around it."""
    while address:
        end = address[-1]
        if end in _AFTER_ADDRESS or (end in ")]" and address.count(end) > address.count("(["[")]".index(end)])):
            address = address[:-1]
        else:
            break
    return address


def inside(place: tuple[int, int], spans: Sequence[Span]) -> bool:
    """Whether a place is within a protected part; its edges are outside."""
    start, end = place
    return any(start < span.end and end > span.start for span in spans)
