"""Weights of features by which the best of several candidates is chosen, made to suit a corpus metric.

Minimum error rate training (Och 2003, "Minimum Error Rate Training in Statistical Machine Translation", section 4): on
a line of weights w + g d the score of each candidate is a line in g, so what is chosen changes only where two lines
cross. All crossings of all sentences are found, and the corpus metric between them from sums of sufficient statistics
that change by one sentence at a time: the best g of the whole line, exactly. Lines run along each axis and in random
directions, from the starting weights and from random ones around them.

Where we differ: of equally good intervals the one nearest to where the search stands is taken; the middle of an
interval counts only if choosing anew by the weights there gives a better score, so no step can lose; random numbers
come from the seed alone.

Shapes: N sentences, C candidates of all of them, F features, S sufficient statistics of the metric.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
#: Summed statistics (K, S) to K scores, more is better.
CorpusScore = Callable[[Floats], Floats]

#: Steps along random directions per round, and rounds at most.
_RANDOM_LINES, _ROUNDS = 4, 20
#: What a score must rise by to count.
_LEAST_GAIN = 1e-9


@dataclass(frozen=True)
class Pool:
    """The candidates of one set, sentence after sentence, each sentence's first the one to take if all are alike."""

    #: (C, F), more is better wherever the weight is positive.
    features: Floats
    #: (C, S)
    statistics: Floats
    #: First candidate of each sentence, and C: (N + 1,)
    starts: Numbers

    def __post_init__(self) -> None:
        if self.starts[0] != 0 or self.starts[-1] != len(self.features) or np.any(np.diff(self.starts) < 1):
            raise ValueError("every sentence has candidates, one sentence after another")

    def __len__(self) -> int:
        return len(self.starts) - 1

    def part(self, sentences: Numbers) -> Pool:
        """Only these, in their order."""
        counts = np.diff(self.starts)[sentences]
        starts = np.concatenate([[0], np.cumsum(counts)])
        rows = np.arange(starts[-1]) + np.repeat(self.starts[sentences] - starts[:-1], counts)
        return Pool(self.features[rows], self.statistics[rows], starts)


class Tuned(NamedTuple):
    """Weights (F,), and the mean over sets of the metric with them and with the starting weights."""

    weights: Floats
    score: float
    started: float


def choose(pool: Pool, weights: Floats) -> Numbers:
    """The candidate with the highest weighted sum of features of each sentence, (N,); of equal ones the first."""
    sums = pool.features @ weights
    best = np.repeat(np.maximum.reduceat(sums, pool.starts[:-1]), np.diff(pool.starts))
    rows = np.flatnonzero(sums == best)
    owners = np.searchsorted(pool.starts, rows, side="right") - 1
    found: Numbers = rows[np.unique(owners, return_index=True)[1]]
    return found


def corpus_score(pools: Sequence[Pool], weights: Floats, score: CorpusScore) -> float:
    """The mean over sets."""
    sums = [pool.statistics[choose(pool, weights)].sum(0) for pool in pools]
    return float(np.mean([score(each[None])[0] for each in sums]))


def tune(pools: Sequence[Pool], start: Floats, score: CorpusScore, *, restarts: int = 8, seed: int = 1) -> Tuned:
    """Weights of the highest score that is found from `start` and from `restarts` random places; never below `start`.

    Only their direction matters: they are scaled to a sum of absolute values of 1. A feature that is alike for all
    candidates of each sentence keeps its weight.
    """
    generator = np.random.default_rng(seed)
    scales = _scales(pools)
    started = corpus_score(pools, start, score)
    best, best_score = start, started
    for restart in range(restarts + 1):
        weights = start
        if restart:
            size = np.abs(start * scales).max(initial=0.0) or 1.0
            weights = start + size * _random_direction(generator, scales)
        weights, reached = _climb(pools, weights, score, scales, generator)
        if reached > best_score + _LEAST_GAIN:
            best, best_score = weights, reached
    total = np.abs(best).sum()
    if best_score > started and total > 0:
        scaled = corpus_score(pools, best / total, score)
        if scaled >= best_score:  # its last bits may break ties another way
            best, best_score = best / total, scaled
    return Tuned(best, best_score, started)


def _climb(
    pools: Sequence[Pool], weights: Floats, score: CorpusScore, scales: Floats, generator: np.random.Generator
) -> tuple[Floats, float]:
    """The best place of one line after another, until none of a round gains."""
    axes = np.eye(len(weights))[scales > 0]
    reached = corpus_score(pools, weights, score)
    for _ in range(_ROUNDS):
        before = reached
        for direction in [*axes, *(_random_direction(generator, scales) for _ in range(_RANDOM_LINES))]:
            moved = weights + best_step(pools, weights, direction, score) * direction
            found = corpus_score(pools, moved, score)
            if found > reached + _LEAST_GAIN:
                weights, reached = moved, found
        if reached <= before:
            break
    return weights, reached


def _scales(pools: Sequence[Pool]) -> Floats:
    """How much each feature differs inside of sentences: the root mean square of the distance to their mean, (F,)."""
    total, count = np.zeros(pools[0].features.shape[1]), 0
    for pool in pools:
        sizes = np.diff(pool.starts)
        means = np.add.reduceat(pool.features, pool.starts[:-1], axis=0) / sizes[:, None]
        total += np.square(pool.features - np.repeat(means, sizes, axis=0)).sum(0)
        count += len(pool.features)
    found: Floats = np.sqrt(total / max(count, 1))
    return np.where(found > 1e-12, found, 0.0)


def _random_direction(generator: np.random.Generator, scales: Floats) -> Floats:
    """In which all features that differ have about as much to say."""
    drawn = generator.standard_normal(len(scales))
    return np.divide(drawn, scales, out=np.zeros_like(drawn), where=scales > 0)


# One line


def best_step(pools: Sequence[Pool], weights: Floats, direction: Floats, score: CorpusScore) -> float:
    """The g of the highest score of `weights` + g `direction`; 0 where nothing is better than standing still."""
    sweeps = [_sweep(pool, weights, direction) for pool in pools]
    crossings = np.unique(np.concatenate([each.crossings for each in sweeps]))
    if not len(crossings):
        return 0.0
    total = np.zeros(len(crossings) + 1)  # of the interval before each crossing, and after the last
    for each in sweeps:
        place = np.concatenate([[0], np.searchsorted(each.crossings, crossings, side="right")])
        total += score(each.sums)[place]
    total /= len(sweeps)
    middles = _middles(crossings)
    here = int(np.searchsorted(crossings, 0.0))
    best = np.flatnonzero(total >= total.max() - _LEAST_GAIN)
    if total[here] >= total.max() - _LEAST_GAIN:
        return 0.0
    return float(middles[best[np.argmin(np.abs(middles[best]))]])


def _middles(crossings: Floats) -> Floats:
    """One number inside of each interval; outside of all crossings as far as they are apart."""
    margin = max(1.0, float(crossings[-1] - crossings[0])) / 10
    inner = (crossings[1:] + crossings[:-1]) / 2
    return np.concatenate([[crossings[0] - margin], inner, [crossings[-1] + margin]])


class _Sweep(NamedTuple):
    """What a set's corpus is along a line: its K crossings in rising order (K,), the sums of the statistics of what is
    chosen before the first and after each of them, (K + 1, S)."""

    crossings: Floats
    sums: Floats


def _sweep(pool: Pool, weights: Floats, direction: Floats) -> _Sweep:
    """The upper envelope of each sentence's lines, all sentences at a time, a segment of each per step."""
    heights, slopes = _table(pool, pool.features @ weights), _table(pool, pool.features @ direction)  # (N, most)
    first = np.lexsort((-heights, np.where(np.isfinite(heights), slopes, np.inf)), axis=1)[:, 0]
    current, active = first.copy(), np.arange(len(pool))
    before = pool.statistics[pool.starts[:-1] + first].sum(0)
    found: list[tuple[Floats, Floats]] = []
    while len(active):
        at = current[active]
        rise = slopes[active] - slopes[active, at][:, None]
        gap = heights[active, at][:, None] - heights[active]
        meets = np.divide(gap, rise, out=np.full_like(gap, np.inf), where=(rise > 0) & np.isfinite(gap))
        crossing = meets.min(1)
        # Of those that meet in one point the steepest is highest after it.
        following = np.where(meets == crossing[:, None], rise, -np.inf).argmax(1)
        goes_on = np.isfinite(crossing)
        active, following, crossing, at = active[goes_on], following[goes_on], crossing[goes_on], at[goes_on]
        rows = pool.starts[active]
        found.append((crossing, pool.statistics[rows + following] - pool.statistics[rows + at]))
        current[active] = following
    crossings = np.concatenate([each for each, _ in found] or [np.zeros(0)])
    changes = np.concatenate([each for _, each in found] or [np.zeros((0, len(before)))])
    order = np.argsort(crossings, kind="stable")
    sums = np.concatenate([before[None], before + np.cumsum(changes[order], 0)])
    return _Sweep(crossings[order], sums)


def _table(pool: Pool, values: Floats) -> Floats:
    """A number per candidate (C,) as one row per sentence, (N, most candidates of one), -inf where it has fewer."""
    counts = np.diff(pool.starts)
    table = np.full((len(pool), int(counts.max())), -np.inf)
    table[np.arange(table.shape[1]) < counts[:, None]] = values
    return table
