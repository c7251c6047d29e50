"""Lines that were not translated: copies of the source, and lines made of its words or in its script."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

from eval.analysis.check import Check
from vega.languages import UNSEGMENTED
from vega.letters import belongs

_WORD, _NO_LETTERS, _NO_WORDS = re.compile(r"[^\W\d_]{3,}"), re.compile(r"[\W\d_]+"), re.compile(r"[\W_]+")
#: Share of its words from the source, or of its letters in the source's script, that makes a line untranslated.
_SHARE = 0.7
#: Words, and letters, that a line must have to be judged by them.
_WORDS, _LETTERS = 3, 8


class Copied(Check):
    """Lines that equal their source but for case, width, punctuation and spaces, where the reference does not."""

    name = "copied"

    def lines_to_judge(self) -> Sequence[int]:
        pairs = zip(self.text.source, self.text.reference, strict=True)
        return [line for line, pair in enumerate(pairs) if pair[0].strip() and _fold(pair[0]) != _fold(pair[1])]

    def is_faulty(self, line: int, output: str) -> bool:
        return _fold(output) == _fold(self.text.source[line])


class Untranslated(Check):
    """Lines of which 70 % are the source's: of three words or more (ja, zh: pairs of letters), those that the source
    has too, or of eight letters or more, those in the source's script and not the target's. Where the reference is so
    itself, as a list of names, a line is not judged.
    """

    name = "untranslated"

    def lines_to_judge(self) -> Sequence[int]:
        pairs = zip(self.text.source, self.text.reference, strict=True)
        return [
            line
            for line, (source, reference) in enumerate(pairs)
            if source.strip() and not self.is_faulty(line, reference)
        ]

    def is_faulty(self, line: int, output: str) -> bool:
        return self._shares_words(self.text.source[line], output) or self._is_in_source_script(output)

    def _shares_words(self, source: str, output: str) -> bool:
        words = self._units(output)
        if len(words) < _WORDS:
            return False
        known = set(self._units(source))
        return sum(word in known for word in words) >= _SHARE * len(words)

    def _units(self, line: str) -> list[str]:
        if self.text.source_language not in UNSEGMENTED:
            return _WORD.findall(line.casefold())
        letters = _NO_LETTERS.sub("", line)
        return [letters[start : start + 2] for start in range(len(letters) - 1)]

    def _is_in_source_script(self, output: str) -> bool:
        counts = Counter(_NO_LETTERS.sub("", output))
        own, other = self.text.source_language, self.text.target_language
        foreign = sum(times for letter, times in counts.items() if _is_foreign(letter, own, other))
        return counts.total() >= _LETTERS and foreign >= _SHARE * counts.total()


@cache
def _is_foreign(letter: str, own: str, other: str) -> bool:
    """Whether a letter is of one language's script and not of the other's."""
    return belongs(letter, own) and not belongs(letter, other)


def _fold(line: str) -> str:
    """Letters and digits only, casefolded; the line itself where it has none."""
    folded = line if line.isascii() else unicodedata.normalize("NFKC", line)
    return _NO_WORDS.sub("", folded.casefold()) or line.strip()
