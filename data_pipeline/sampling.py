"""A sample of text that is balanced over languages, drawn without holding the text: one pass counts, one draws."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import filterfalse

from vega.corpus import read_rows, read_texts
from vega.directions import temperature_weights
from vega.normalize import normalize
from vega.progress import track
from vega.settings import Corpus


def line_quotas(lines: Mapping[str, int], temperature: float, max_sentences: int) -> dict[str, int]:
    """Language -> lines to draw: shares p ~ n^(1/T) of all lines, or of `max_sentences` if there are more.

    A quota above the language's lines means that lines are drawn more than once.
    """
    budget = min(max_sentences, sum(lines.values()))
    weights = temperature_weights(lines, temperature)
    return {code: max(1, round(weights[code] * budget)) for code in lines}


def draw(items: Iterator[str], count: int, quota: int, generator: random.Random) -> Iterator[str]:
    """Yield exactly `quota` of `count` items, each floor(quota/count) times and a random choice of them once more.

    Selection sampling (Knuth, The Art of Computer Programming 3.4.2, algorithm S): one pass, no memory, order kept.
    """
    times, needed = divmod(quota, count)
    for left, item in zip(range(count, 0, -1), items, strict=True):
        chosen = generator.random() * left < needed
        needed -= chosen
        for _ in range(times + chosen):
            yield item


def count_text(corpora: Sequence[Corpus]) -> dict[str, int]:
    """Language -> its lines that are not blank, sorted. Any fault in any file is a UserError."""
    counts = dict.fromkeys(sorted({code for corpus in corpora for code in corpus.languages}), 0)
    for corpus in track(corpora, "Counting text", total=len(corpora)):
        for row in read_rows(corpus):
            for code, line in row.items():
                counts[code] += not is_blank(line)
    return counts


def lines_of(corpora: Sequence[Corpus], code: str) -> Iterator[str]:
    """All lines of one language that are not blank, as they are: normalising is for those that are drawn."""
    for corpus in corpora:
        if code in corpus.languages:
            yield from filterfalse(is_blank, read_texts(corpus, code))


def is_blank(line: str) -> bool:
    """Whether nothing is left of a line in its plain form, which is made only where it begins with something odd."""
    first = line.lstrip()[:1]
    return not first or (not first.isprintable() and not normalize(line))
