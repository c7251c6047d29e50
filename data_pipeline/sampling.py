"""A sample of text that is balanced over languages, drawn in one pass without holding the text."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from vega.directions import temperature_weights
from vega.normalize import normalize
from vega.settings import Corpus
from vega.text_files import read_lines


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


def lines_of(corpora: Sequence[Corpus], code: str) -> Iterator[str]:
    """All lines of one language that are not empty, normalised."""
    for corpus in corpora:
        if code in corpus.languages:
            yield from filter(None, map(normalize, read_lines(corpus.paths()[code])))
