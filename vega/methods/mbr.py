"""Minimum Bayes risk decoding: the candidate that is most like what the model would say.

    chosen = argmax over candidates h of the mean over references r of utility(h, r)

with candidates and references drawn from the model (Eikema & Aziz 2020, arXiv 2005.10283; 2022, arXiv 2108.04718). The
utility is sentence-level chrF2 as sacreBLEU has it, h as the output and r as the reference: chrF is not symmetric, it
weighs recall twice. It can be any other function of pairs, such as COMET (`vega.neural.mbr_utility`). `aggregated`
compares chrF with the mean n-gram counts of all references at once (Vamvas & Sennrich 2024, arXiv 2402.04251): linear,
not quadratic, in the number of samples.

Pairs are counted by `fastchrf`. It knows fewer kinds of white space than Python, so that is taken out before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import fastchrf
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: The utility of each hypothesis with each reference: (H, R).
Pairwise = Callable[[Sequence[str], Sequence[str]], Floats]


class Choice(NamedTuple):
    """The text, and its expected utility: of chrF 0 to 100, of another utility in its own unit."""

    text: str
    utility: float


def pairwise_chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Floats:
    """chrF of each hypothesis with each reference, 0 to 100: (H, R)."""
    found = fastchrf.pairwise_chrf([_bare(hypotheses)], [_bare(references)])[0]
    return np.array(found, dtype=np.float64).reshape(len(hypotheses), len(references))


def expected_utilities(
    hypotheses: Sequence[str],
    references: Sequence[str],
    *,
    aggregated: bool = False,
    pairwise: Pairwise = pairwise_chrf,
) -> Floats:
    """The mean utility of each hypothesis over `references`, equal ones counted as often as they are there: (H,).

    With `aggregated`, chrF against the references' mean n-gram counts; else by `pairwise`.
    """
    if aggregated:
        # In one order, for the sums of floats.
        found = fastchrf.aggregate_chrf([_bare(hypotheses)], [_bare(sorted(references))])[0]
        return np.array(found, dtype=np.float64)
    counts = sorted(Counter(references).items())
    weights = np.array([times for _, times in counts], dtype=np.float64)
    means: Floats = pairwise(hypotheses, [text for text, _ in counts]) @ weights / weights.sum()
    return means


def choose(
    hypotheses: Sequence[str],
    references: Sequence[str],
    *,
    aggregated: bool = False,
    pairwise: Pairwise = pairwise_chrf,
) -> Choice:
    """The hypothesis with the highest expected utility; of equal ones the first by alphabet.

    So the order of hypotheses and of references changes nothing. Neither may be empty.
    """
    texts = sorted(set(hypotheses))
    utilities = expected_utilities(texts, references, aggregated=aggregated, pairwise=pairwise)
    best = int(np.argmax(utilities))
    return Choice(texts[best], float(utilities[best]))


def _bare(lines: Sequence[str]) -> list[str]:
    return ["".join(line.split()) for line in lines]
