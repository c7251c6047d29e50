"""Paired bootstrap and approximate randomization for every pair of systems, with sacreBLEU's p-values.

p_bootstrap and p_randomization are to the last digit those of `sacrebleu --paired-bs` and `--paired-ar` with the same
seed (Koehn 2004; Riezler and Maxwell 2005). sacreBLEU draws the same lines for each pair, and its p-value does not
depend on which of two is the baseline, so one set of draws per system serves all pairs. Its bootstrap sums in 32 bits,
which is exact up to 16.7 million n-grams; ours are exact beyond that.

Its p-value of the bootstrap is one-sided where the difference is clear (|d*| - mean |d*| > |d| is then d* > 2 d), that
of randomization two-sided: p_bootstrap may be below 0.05 where the two-sided 95 % interval just reaches past 0.

sacreBLEU gives two systems of equal output p = 1 / (resamples + 1), the least there is: it counts resampled differences
greater than the real one, and there are none. The p-value is its own here too, but such a pair is never significant.

Shapes: N lines, S statistics per line, R resamples, T trials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from eval.ranking import clusters
from eval.score import Measure, interval
from vega.metrics import LOWER_IS_BETTER
from vega.resampling import swapped_sums

Array = NDArray[np.float64]

#: Pairs that differ with a smaller p-value differ significantly.
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Pair:
    """Two systems; `a` has the better score. `gain` is score(a) - score(b), low and high its 95 % paired interval."""

    a: str
    b: str
    gain: float
    low: float | None
    high: float | None
    p_bootstrap: float | None
    p_randomization: float | None

    @property
    def is_significant(self) -> bool:
        """By the bootstrap, without one by randomization."""
        p_value = self.p_randomization if self.p_bootstrap is None else self.p_bootstrap
        return self.gain != 0 and p_value is not None and p_value < SIGNIFICANT


@dataclass(frozen=True)
class Comparison:
    """All pairs of systems by one metric, and clusters (`eval.ranking`), best first."""

    pairs: list[Pair]
    clusters: list[list[str]]


def compare(measure: Measure, drawn: Mapping[str, Array], *, trials: int, seed: int) -> Comparison:
    """Test every pair; `drawn` is what `measure.resampled` gave, empty for no bootstrap; 0 trials: no randomization."""
    scores = measure.scores()
    ordered = best_first(measure.metric, scores)
    shuffled = randomization(measure, trials, seed) if trials else {}
    pairs = [_pair(a, b, scores, drawn, shuffled) for a, b in combinations(ordered, 2)]
    significant = {(pair.a, pair.b): pair.is_significant for pair in pairs}
    return Comparison(pairs, clusters(ordered, lambda a, b: significant[a, b]))


def best_first(metric: str, scores: Mapping[str, float]) -> list[str]:
    """Systems by score, equal ones by name."""
    sign = 1 if metric in LOWER_IS_BETTER else -1
    return sorted(scores, key=lambda system: (sign * scores[system], system))


def _pair(
    a: str,
    b: str,
    scores: Mapping[str, float],
    drawn: Mapping[str, Array],
    shuffled: Mapping[frozenset[str], float],
) -> Pair:
    gain = scores[a] - scores[b]
    low, high = interval(drawn[a] - drawn[b]) if drawn else (None, None)
    p_bootstrap = bootstrap_p_value(drawn[a], drawn[b], abs(gain)) if drawn else None
    return Pair(a, b, gain, low, high, p_bootstrap, shuffled.get(frozenset((a, b))))


def bootstrap_p_value(first: Array, second: Array, difference: float) -> float:
    """sacreBLEU's, from the resampled scores of two systems (R,) and the real difference."""
    drawn = np.abs(first - second)
    return p_value(drawn - drawn.mean(), difference)


def p_value(found: Array, difference: float) -> float:
    """How often chance gives more than the real difference, never 0."""
    return float(((found > difference).sum() + 1) / (len(found) + 1))


def randomization(measure: Measure, trials: int, seed: int) -> dict[frozenset[str], float]:
    """Pair -> p-value of approximate randomization: in each trial a coin per line swaps the two outputs."""
    systems = list(measure.statistics)
    totals = {system: rows.sum(0) for system, rows in measure.statistics.items()}
    kept = swapped_sums(np.hstack(list(measure.statistics.values())), trials=trials, seed=seed)
    sums = dict(zip(systems, np.split(kept, len(systems), axis=1), strict=True))
    # Of the real outputs by the same operations as of the shuffled, so that equal sums give equal scores.
    scores = {system: measure.of_sums(total[None, :], False)[0] for system, total in totals.items()}
    found = {}
    for a, b in combinations(systems, 2):
        one = measure.of_sums(sums[a] + (totals[b] - sums[b]), False)
        other = measure.of_sums(sums[b] + (totals[a] - sums[a]), False)
        found[frozenset((a, b))] = p_value(np.abs(one - other), abs(scores[a] - scores[b]))
    return found
