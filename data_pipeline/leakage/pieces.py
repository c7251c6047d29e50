"""Bundled lines too short for n-grams to survive an edit, in six pieces of which one may differ.

Eight bits a piece: that five agree by chance, in the language and with the number of tokens, is one in 2 ** 40.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from zlib import crc32

from data_pipeline.leakage.features import CHARACTERS, WORDS, tokens, unit
from data_pipeline.leakage.part import Part

PIECES = 6

#: Tokens of the lines that are kept in pieces; in longer ones three of five n-grams survive an edit.
SIZES = {WORDS: range(6, 11), CHARACTERS: range(16, 28)}

#: Pieces, side by side, that may differ: a word is in one piece, two characters may be in two.
SPOILED = {WORDS: 1, CHARACTERS: 2}


def pieces(folded: str, language: str) -> bytes:
    """One byte per piece; nothing for lines that are not kept in pieces."""
    parts = tokens(folded, language)
    if len(parts) not in SIZES[unit(language)]:
        return b""
    ends = [len(parts) * i // PIECES for i in range(PIECES + 1)]
    return bytes(crc32(b" ".join(parts[start:end])) & 0xFF for start, end in pairwise(ends))


class PieceIndex:
    """Looked up by each third of the pieces: whatever one edit spoils, one third stays."""

    def __init__(self, part: Part) -> None:
        self._sides: dict[tuple[str, int, int, bytes], list[int]] = {}
        self._pieces: dict[int, bytes] = {}
        stored, place = part.pieces.tobytes(), 0
        for side, (language, size, count) in enumerate(
            zip(part.language_of.tolist(), part.tokens.tolist(), part.piece_count.tolist(), strict=True)
        ):
            if count:
                self._pieces[side] = kept = stored[place : place + count]
                place += count
                for key in _thirds(part.languages[language], size, kept):
                    self._sides.setdefault(key, []).append(side)

    def find(self, folded: str, language: str, grams: int) -> Iterator[tuple[int, float]]:
        """Sides near a folded line of `grams` n-grams, each with the share of pieces that agree."""
        measure = unit(language)
        size = grams + measure.gram - 1
        if size not in SIZES[measure]:
            return
        own = pieces(folded, language)
        for side in dict.fromkeys(side for key in _thirds(language, size, own) for side in self._sides.get(key, ())):
            spoiled = [
                place for place, (one, other) in enumerate(zip(own, self._pieces[side], strict=True)) if one != other
            ]
            if not spoiled or spoiled[-1] - spoiled[0] < SPOILED[measure]:
                yield side, 1 - len(spoiled) / PIECES


def _thirds(language: str, size: int, kept: bytes) -> Iterator[tuple[str, int, int, bytes]]:
    for start in range(0, PIECES, 2):
        yield language, size, start, kept[start : start + 2]
