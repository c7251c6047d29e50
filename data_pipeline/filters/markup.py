"""What is left of web pages and programs: tags, entities, addresses, code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from data_pipeline.filters.characters import census
from data_pipeline.filters.contract import Batched, Row, Scores, below

#: Elements of HTML, and of TMX and XLIFF. <file> in a manual is a place-holder, and is translated.
_ELEMENTS = (
    "a abbr address article aside audio b blockquote body br button canvas caption center cite code col dd del details "
    "dfn div dl dt em embed fieldset figcaption figure font footer form frame h[1-6] head header hr html i iframe img "
    "input ins kbd label legend li link main map mark meta nav noscript object ol optgroup option p param pre q s samp "
    "script section select small source span strike strong style sub sup svg table tbody td textarea tfoot th thead "
    "title tr tt u ul var video bpt ept ph it hi ut x g bx ex mrk seg"
)
_TAG = rf"(?:<|&lt;)/?(?:{'|'.join(_ELEMENTS.split())})(?:\s[^<>]{{0,300}})?/?(?:>|&gt;)"
_TAGS = re.compile(_TAG, re.IGNORECASE)
_NAME = re.compile(r"/?[a-z]+[1-6]?", re.IGNORECASE)

_MARKUP = re.compile(
    "|".join((
        _TAG,
        r"<!--.*?-->|<[!?][a-z][^<>]*>|\]\]>",  # comments, declarations
        r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d?);",  # entities
        r"\b(?:https?|ftp|file)://\S+",
        r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+",  # e-mail
        r"\$[{(]?\w+[)}]?|\\[a-z]+\b|%[sdif]\b",  # variables, LaTeX, place-holders
        r"\b\w+::[\w:]+|\b[^\W_]+_\w+",  # names in programs
        r"==|!=|&&|\|\||=>|->|\+=|:=|[{}]|;$",
    )),
    re.IGNORECASE,
)  # fmt: skip


class Markup(Batched):
    """`share`: characters inside tags, entities, addresses and code, of those of the side without spaces; the largest
    of all sides. `unmatched`: tags of a side that the first side has not, and the other way round; the most of all.

    The defaults: most of a line may be addresses or names from programs, as in text about software (0.02 % of free6
    is dropped, none of Multi30k and newstest2021). A tag that one side lacks is never right.
    """

    name: ClassVar[str] = "markup"

    max_share: float = Field(default=0.7, ge=0, le=1, description="share of characters inside markup at most")
    max_unmatched: int = Field(default=0, ge=0, description="HTML, TMX or XLIFF tags without their like at most")

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        if not rows:
            return []
        sides = census(rows)
        marks = np.maximum.reduce([side.marks for side in sides]).tolist()
        visible = np.stack([side.visible for side in sides], axis=1).tolist()
        return [
            _scores(row, counts) if its_marks or any(map(_may_hold_markup, row.values())) else _NO_MARKUP
            for row, its_marks, counts in zip(rows, marks, visible, strict=True)
        ]

    def margin(self, scores: Scores) -> float:
        return min(below(scores["share"], self.max_share), below(scores["unmatched"], self.max_unmatched))


_NO_MARKUP: Scores = {"share": 0.0, "unmatched": 0}


def _scores(row: Row, visible: Sequence[int]) -> Scores:
    share = max(_inside(text) / count for text, count in zip(row.values(), visible, strict=True))
    first, *others = map(_tags, row.values())
    return {"share": share, "unmatched": max((_difference(first, other) for other in others), default=0)}


def _may_hold_markup(text: str) -> bool:
    """A quick look at a text without marks; most hold none."""
    return (":" in text and ("://" in text or "::" in text)) or text.endswith(";")


def _difference(first: Counter[str], other: Counter[str]) -> int:
    return ((first - other) + (other - first)).total()


def _inside(text: str) -> int:
    """Characters inside markup, without spaces."""
    return sum(len("".join(found.group().split())) for found in _MARKUP.finditer(text))


def _tags(text: str) -> Counter[str]:
    """Names of the tags, closing ones with their slash: <A HREF=x> is a."""
    return Counter(map(_name, _TAGS.findall(text))) if "<" in text or "&" in text else Counter()


def _name(tag: str) -> str:
    found = _NAME.search(tag, 4 if tag.startswith("&") else 1)
    return found.group().lower() if found else ""
