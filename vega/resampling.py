"""Sums of sentence statistics over lines drawn or swapped at random: the draws of sacreBLEU's tests, in little memory.

sacreBLEU copies the statistics once per resample (n_resamples * n_lines * n_statistics floats: 7 GB for 100,000 lines).
A matrix product of how often each line was drawn gives the same sums. All systems are drawn for with the same seed, so
that one product over the statistics of all of them, side by side, serves every pair.

Shapes: R resamples, T trials, N lines, S statistics per line. Sums of whole numbers are exact below 2^53.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

#: Drawn line numbers held in memory at once.
DRAWS_AT_ONCE = 4_000_000

#: `Generator.integers` makes 32 true-or-false values of one random number and begins anew with each call.
_BITS_AT_ONCE = 32

Array = NDArray[np.float64]


def resampled_sums(statistics: Array, *, resamples: int, seed: int) -> Array:
    """(N, S) statistics -> (R, S) sums, each over N lines drawn with replacement; the lines sacreBLEU would draw."""
    lines = len(statistics)
    generator = np.random.default_rng(seed)

    def times_drawn(rows: int) -> Array:
        drawn = generator.choice(lines, size=(rows, lines), replace=True)
        return np.stack([np.bincount(row, minlength=lines) for row in drawn]).astype(np.float64)

    return _in_parts(statistics, resamples, 1, times_drawn)


def swapped_sums(statistics: Array, *, trials: int, seed: int) -> Array:
    """(N, S) statistics -> (T, S) sums, each over the lines that a coin chose; the coins sacreBLEU would throw."""
    generator = np.random.default_rng(seed)

    def chosen(rows: int) -> Array:
        return generator.integers(2, size=(rows, len(statistics)), dtype=np.bool_).astype(np.float64)

    return _in_parts(statistics, trials, _BITS_AT_ONCE, chosen)


def _in_parts(statistics: Array, total: int, multiple: int, draw: Callable[[int], Array]) -> Array:
    """(total, S) products of what `draw` gives, (rows, N) a time; rows of all parts but the last: full multiples."""
    at_once = max(1, DRAWS_AT_ONCE // max(len(statistics), 1))
    at_once = -(-at_once // multiple) * multiple
    parts = [draw(min(at_once, total - start)) @ statistics for start in range(0, total, at_once)]
    return np.concatenate(parts) if parts else np.empty((0, statistics.shape[1]))
