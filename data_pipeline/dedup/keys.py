"""What is kept of a row to find its duplicates: hashes, never text. One Parquet file per shard.

About 20 bytes a row for exact duplicates, 8 more a side where sides are compared, 220 more for near-duplicates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.dedup.minhash import Banding, band_hashes
from data_pipeline.dedup.shingles import hash_shingles, pack_rows
from data_pipeline.folding import row_hash
from vega.atomic import atomic_path
from vega.settings import Corpus, DedupOptions

#: Rows whose numbers are computed at once; their arrays fit a core's cache.
_BATCH = 512

#: Limits of the number that puts rows in order (see find.py).
MOST_CORPORA, MOST_LINES = 1 << 16, 1 << 40


class Priority(IntEnum):
    """Which rows stay when two are alike: the lower number. A pair is never dropped for a monolingual line."""

    GENUINE = 0
    MONOLINGUAL = 1
    SYNTHETIC = 2

    @classmethod
    def of(cls, corpus: Corpus) -> Priority:
        """That of the rows of a corpus."""
        if len(corpus.languages) == 1:
            return cls.MONOLINGUAL
        return cls.SYNTHETIC if corpus.tag else cls.GENUINE


class RowKeys(NamedTuple):
    """Hashes of one row; rows are compared only if they were made with the same options.

    `pair`: 16 bytes for all sides together. `sides`: a 64-bit number for each side that may be compared alone, and in
    `strict` whether this language may occur only once. `bands`, `shingles`: for near-duplicates, else empty.
    """

    pair: bytes
    languages: int
    sides: tuple[int, ...]
    strict: tuple[bool, ...]
    bands: tuple[int, ...] = ()
    shingles: bytes = b""


def row_keys(folded: Mapping[str, str], options: DedupOptions) -> RowKeys:
    """Keys of one folded row, language -> text. Many rows go ten times faster together: `all_keys`."""
    return all_keys([folded], options)[0]


def all_keys(rows: Sequence[Mapping[str, str]], options: DedupOptions) -> list[RowKeys]:
    """Keys of folded rows, each by itself: neither the other rows nor the order of its languages matter."""
    near = _near_keys(rows, options) if options.near_duplicates else iter([((), b"")] * len(rows))

    @cache
    def compared(languages: tuple[str, ...]) -> tuple[list[str], tuple[bool, ...]]:
        """Of rows with these languages the sides that may be compared alone, and which of them strictly."""
        every = options.mono_against_parallel or (options.synthetic_sides and len(languages) > 1)
        strict = {code: code in options.sides and len(languages) > 1 for code in sorted(languages)}
        codes = [code for code in strict if every or strict[code]]
        return codes, tuple(strict[code] for code in codes)

    return [_keys(row, *compared(tuple(row)), *found) for row, found in zip(rows, near, strict=True)]


def _keys(
    folded: Mapping[str, str], codes: Sequence[str], strict: tuple[bool, ...], bands: tuple[int, ...], shingles: bytes
) -> RowKeys:
    sides = tuple([int.from_bytes(row_hash({code: folded[code]})[:8], "little") for code in codes])
    return RowKeys(row_hash(folded), len(folded), sides, strict, bands, shingles)


def _near_keys(rows: Sequence[Mapping[str, str]], options: DedupOptions) -> Iterator[tuple[tuple[int, ...], bytes]]:
    banding = Banding.for_similarity(options.similarity)
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        languages = [sorted(row) for row in batch]
        hashes, begins = hash_shingles(
            (code, row[code]) for row, codes in zip(batch, languages, strict=True) for code in codes
        )
        bands = band_hashes(hashes, begins, languages, banding)
        packed = pack_rows(hashes, begins, map(len, languages))
        yield from zip(map(tuple, bands.tolist()), packed, strict=True)


def write_keys(
    path: Path, corpus: int, lines: Sequence[int], keys: Sequence[RowKeys], priority: int = Priority.GENUINE
) -> None:
    """Write the keys of one shard. `lines` are the rows' line numbers in their corpus."""
    if not (0 <= corpus < MOST_CORPORA and 0 <= priority < 256 and all(0 <= line < MOST_LINES for line in lines)):
        raise ValueError(f"corpus {corpus}, priority {priority} or a line number is out of range")
    count = len(lines)
    columns: dict[str, Any] = {
        "corpus": pa.array([corpus] * count, pa.uint16()),
        "priority": pa.array([priority] * count, pa.uint8()),
        "line": pa.array(lines, pa.uint64()),
        "languages": pa.array([key.languages for key in keys], pa.uint8()),
        "pair_high": pa.array([int.from_bytes(key.pair[:8], "little") for key in keys], pa.uint64()),
        "pair_low": pa.array([int.from_bytes(key.pair[8:], "little") for key in keys], pa.uint64()),
        "sides": pa.array([key.sides for key in keys], pa.list_(pa.uint64())),
        "strict": pa.array([key.strict for key in keys], pa.list_(pa.bool_())),
    }
    for number in range(len(keys[0].bands) if keys else 0):
        columns[band_column(number)] = pa.array([key.bands[number] for key in keys], pa.uint64())
    if keys and keys[0].bands:
        columns["shingles"] = pa.array([key.shingles for key in keys], pa.binary())
    with atomic_path(path) as temporary:
        pq.write_table(
            pa.table(columns), temporary, compression="zstd", use_dictionary=["corpus", "priority", "languages"],
            write_statistics=False,
        )  # fmt: skip


def band_column(number: int) -> str:
    """Name of the column that holds the numbers of a band."""
    return f"band_{number:02}"
