"""How much a text varies: different words and n-grams over all. Both fall as a text gets longer.

So compare outputs of the same sentences only. Lexical variety (types over tokens), of the text and as the mean over
sentences, is that of Zan et al. 2022 (arXiv 2209.03316, analysis/TTR); distinct n-grams are of Li et al. 2016 (arXiv
1510.03055, "distinct-n").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

#: The longest n-grams.
ORDERS = 4

Words = Sequence[str]


class Diversity(NamedTuple):
    """`variety` and `distinct` are shares, 0..1; `distinct[n - 1]` is that of n-grams, of 1 to ORDERS words."""

    sentences: int
    tokens: int
    types: int
    variety: float
    sentence_variety: float
    distinct: list[float]


def diversity(sentences: Sequence[Words]) -> Diversity:
    """Of sentences in words; empty ones have no variety and are left out of its mean."""
    tokens = sum(map(len, sentences))
    types = len({word for words in sentences for word in words})
    varieties = [len(set(words)) / len(words) for words in sentences if words]
    return Diversity(
        len(sentences),
        tokens,
        types,
        types / tokens if tokens else 0.0,
        sum(varieties) / len(varieties) if varieties else 0.0,
        [distinct(sentences, n) for n in range(1, ORDERS + 1)],
    )


def distinct(sentences: Sequence[Words], n: int) -> float:
    """Different n-grams over all n-grams; 0 where no sentence has any."""
    found = [tuple(words[at : at + n]) for words in sentences for at in range(len(words) - n + 1)]
    return len(set(found)) / len(found) if found else 0.0
