"""Noise in source sentences, to see what translations lose by it: words dropped, blanked, shuffled, typos.

The first three are those of Zan et al. 2022 (arXiv 2209.03316; release: analysis/DuA/robust_add_noisy.py). What is
drawn depends on the seed, the kind and the number of the sentence, not on the level: a word that is noise at one level
is so at a higher one, and a curve over levels does not jump by chance.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from vega.text_noise import has_spaces, with_typos

#: Stands for a word that cannot be read. In a vocabulary without bytes it becomes `<unk>`. The release has a letter of
#: another script, which some of our languages are written in.
BLANK = "□"

Words = list[str]


def dropped(words: Words, share: float, rng: random.Random) -> Words:
    """Each word left out with probability `share`; one stays, the one that goes last as the share grows."""
    drawn = [rng.random() for _ in words]
    return [word for word, u in zip(words, drawn, strict=True) if u >= share or u == max(drawn)]


def blanked(words: Words, share: float, rng: random.Random) -> Words:
    """`BLANK` in place of each word with probability `share`."""
    return [BLANK if rng.random() < share else word for word in words]


def shuffled(words: Words, window: float, rng: random.Random) -> Words:
    """In the order of place + window * u, u even in [0, 1): no word moves `window` places or more."""
    drawn = [at + window * rng.random() for at in range(len(words))]
    return [words[at] for at in sorted(range(len(words)), key=drawn.__getitem__)]


ON_WORDS: dict[str, Callable[[Words, float, random.Random], Words]] = {
    "drop": dropped,
    "blank": blanked,
    "shuffle": shuffled,
}
KINDS = (*ON_WORDS, "typos")


def noised(lines: Sequence[str], kind: str, level: float, code: str, seed: int) -> list[str]:
    """The lines of a text in language `code` with noise of one of `KINDS`; level 0 changes nothing.

    A level is a share of words (drop, blank) or of letters (typos), or a window in words (shuffle). Where a language
    has no spaces, each character counts as a word.
    """
    if not level:
        return list(lines)
    return [_noised(line, kind, level, code, random.Random(f"{seed} {kind} {at}")) for at, line in enumerate(lines)]


def _noised(line: str, kind: str, level: float, code: str, rng: random.Random) -> str:
    if kind == "typos":
        return with_typos(line, level, rng)
    spaces = has_spaces(code)
    words = line.split() if spaces else list(line)
    return (" " if spaces else "").join(ON_WORDS[kind](words, level, rng))
