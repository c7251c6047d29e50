"""MinHash and banding: rows whose sides are all similar get, most likely, an equal number in at least one band.

A library would do (rensa, datasketch), but the numbers are stored and must stay the same whatever is installed; rensa
is below 1.0 and keeps its hash functions to itself, datasketch takes one row at a time. With numpy it is a page.
Broder, On the resemblance and containment of documents, 1997; banding: Leskovec, Rajaraman, Ullman, Mining of Massive
Datasets, section 3.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from data_pipeline.dedup.shingles import Hashes, mix

#: Share of the rows exactly at the threshold on all sides that must meet in a band; more similar ones meet more often.
RECALL = 0.98
#: More bands find more, and each costs 8 bytes a row, a grouping of all rows, and time in the workers.
MOST_BANDS = 16
#: Values in one band, all sides together: more let fewer unlike rows meet. All can be dealt evenly to 1, 2 or 3 sides.
_VALUES = (6, 4, 2)

_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Banding:
    """Rows of similarity s on every side meet in one band with probability s ** values, in any with 1 - (1 - p)^n."""

    bands: int
    values: int

    @staticmethod
    @lru_cache
    def for_similarity(threshold: float) -> Banding:
        """The most values per band that reach RECALL within MOST_BANDS."""
        if threshold == 1.0:
            return Banding(1, _VALUES[0])
        for values in _VALUES:
            bands = math.ceil(math.log(1 - RECALL) / math.log(1 - threshold**values))
            if bands <= MOST_BANDS:
                return Banding(bands, values)
        raise ValueError(f"no banding for a similarity of {threshold}")

    def per_side(self, sides: int) -> tuple[int, int]:
        """(sides used, values of each in a band). Of rows with more sides than values, the first sides are used."""
        used = min(sides, self.values)
        return used, self.values // used


def band_hashes(
    hashes: Hashes, begins: npt.NDArray[np.int64], languages: Sequence[Sequence[str]], banding: Banding
) -> npt.NDArray[np.uint64]:
    """One number per row and band, (rows, bands). `languages` names each row's sides, in the order of their texts."""
    counts = np.array([len(codes) for codes in languages])
    first_side = np.concatenate([[0], np.cumsum(counts)[:-1]])
    salts = np.array([crc32("-".join(codes).encode()) for codes in languages], dtype=np.uint64)
    minima = _minima(hashes, begins, banding.bands * banding.values)
    result = np.empty((len(languages), banding.bands), dtype=np.uint64)
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        used, each = banding.per_side(int(count))
        number = salts[rows, None] << np.uint64(32) | np.arange(banding.bands, dtype=np.uint64)
        for side in range(used):
            values = minima[: banding.bands * each, first_side[rows] + side]
            for value in values.reshape(each, banding.bands, len(rows)):
                number = mix(number * np.uint64(_GOLDEN) + value.T)
        result[rows] = number
    return result


def _minima(hashes: Hashes, begins: npt.NDArray[np.int64], permutations: int) -> npt.NDArray[np.uint32]:
    """Smallest hash of each text under each permutation, (permutations, texts)."""
    result = np.empty((permutations, len(begins)), dtype=np.uint32)
    for row, (offset, factor) in enumerate(_permutations(permutations)):
        result[row] = np.minimum.reduceat((hashes ^ offset) * factor, begins)
    return result


@lru_cache
def _permutations(count: int) -> list[tuple[np.uint32, np.uint32]]:
    """Constants of the permutations x -> (x ^ offset) * factor of 32-bit numbers, factor odd; the same for ever."""
    numbers = mix(np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN))
    return [(np.uint32(n >> 32), np.uint32(n & 0xFFFFFFFF | 1)) for n in numbers.tolist()]
