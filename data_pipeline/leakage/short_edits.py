"""Short test lines that differ from a line in one token.

They share no n-gram with it, so both are looked up with every single token left out (a deletion neighbourhood, as in
SymSpell): two lines are within one deletion, insertion or substitution only if they share such a key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data_pipeline.leakage.features import CHARACTERS, WORDS, tokens, unit
from data_pipeline.leakage.part import Part

#: Numbers of n-grams of a line that can be within one edit of a short test line.
_GRAMS = {
    measure: range(measure.long - measure.gram, measure.partial - measure.gram + 2) for measure in (WORDS, CHARACTERS)
}


class ShortEdits:
    """Test lines long enough to count when equal, too short to be matched in part."""

    def __init__(self, part: Part, texts: Sequence[str]) -> None:
        self._sides: dict[tuple[str, bytes], list[int]] = {}
        for side, (text, place, size) in enumerate(zip(texts, part.language_of, part.tokens, strict=True)):
            language = part.languages[place]
            measure = unit(language)
            if measure.long <= size < measure.partial:
                for shorter in neighbours(text, language):
                    self._sides.setdefault((language, shorter), []).append(side)

    def find(self, folded: str, language: str, grams: int) -> Iterator[int]:
        """Sides in `language` within one edit of a folded line of `grams` n-grams, and a few farther; none twice."""
        if grams not in _GRAMS[unit(language)]:
            return
        found: dict[int, None] = {}
        for shorter in neighbours(folded, language):
            for side in self._sides.get((language, shorter), ()):
                found[side] = None
        yield from found


def neighbours(folded: str, language: str) -> Iterator[bytes]:
    """The line, and the line without each of its tokens."""
    parts = tokens(folded, language)
    gap = b"" if unit(language) is CHARACTERS else b" "
    yield gap.join(parts)
    for place in range(len(parts)):
        yield gap.join((*parts[:place], *parts[place + 1 :]))
