"""Names that a translation lost or changed. There is no model of names behind this."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.analysis.check import Check, Text

#: Placeholders of products, addresses; words that begin with a capital Latin letter or have one, or a digit, inside.
_NAME = re.compile(
    r"#[A-Za-z0-9_]+#|\{[A-Za-z0-9_]*\}|(?:https?://|www\.)[A-Za-z0-9/_~%?=&#.:-]*[A-Za-z0-9/]"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
    r"|[A-Za-z\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f]*(?:[-'’.&][A-Za-z0-9\u00c0-\u024f]+)*"
)
#: Letters of a name at least, and of one with a capital or digit inside, as iPad, G7, UN.
_LETTERS, _CAPITALS = 3, 2


class NamesMissing(Check):
    """Lines that lack a name which both source and reference have, letter by letter.

    Names are placeholders (#PRS_ORG#, {user}), addresses, words in Latin script with a capital inside (iPad, UN), and
    those of three letters or more that begin with one, but for the first of the source or reference, which has one in
    any case. The output may add an ending. So names that are transcribed or translated are not asked for, and words
    that happen to be the same and have a capital in both languages are.
    """

    name = "names_missing"

    def __init__(self, text: Text) -> None:
        self.shared = [_names(one) & _names(other) for one, other in zip(text.source, text.reference, strict=True)]
        super().__init__(text)

    def lines_to_judge(self) -> Sequence[int]:
        return [line for line, shared in enumerate(self.shared) if shared]

    def is_faulty(self, line: int, output: str) -> bool:
        return any(name not in output for name in self.shared[line])


def _names(line: str) -> set[str]:
    return {found.group() for found in _NAME.finditer(line) if _is_name(found.group(), line, found.start())}


def _is_name(word: str, line: str, start: int) -> bool:
    if not word[0].isalpha() or "@" in word or "/" in word:
        return True
    if word.islower():
        return False
    if word[1:].islower():
        return len(word) >= _LETTERS and any(map(str.isalnum, line[:start]))
    return len(word) >= _CAPITALS
