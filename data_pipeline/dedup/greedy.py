"""Take rows in order, and drop each that repeats a row kept before it (the rule of data_pipeline/dedup).

Memory stays the same for any number of rows: what must be known of kept rows lies in mapped files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from data_pipeline.dedup.keys import Priority
from data_pipeline.dedup.mapped import MappedFile
from data_pipeline.dedup.shingles import Shingles, similarity, unpack

#: Kept rows of a bucket that a new one is compared with, the latest first. Thousands of rows made from one template
#: share a bucket: comparing all with all would take for ever.
COMPARED = 8

#: Rows after which the mapped pages are let go of.
_RELEASE = 10_000

#: A row's place in the order and its priority: priority, corpus and line in one 64-bit number.
CORPUS_BITS, LINE_BITS = 16, 40
PRIORITY_SHIFT = CORPUS_BITS + LINE_BITS

_RECORD = struct.Struct("<QI")


class Against(IntEnum):
    """Which kept rows with the same text on one side make a row a duplicate."""

    NOTHING = 0
    ANY_PAIR = 1
    GENUINE_PAIR = 2
    PAIR_BY_LINE = 3  # the row is a monolingual line: any pair, and none is dropped for it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that shares something with another: groups are numbers from 1.

    `sides`: (group, Against) for each text on a side that several rows have. `buckets`: groups of equal band numbers.
    """

    id: int
    sides: list[tuple[int, int]]
    buckets: list[int]
    packed: bytes  # shingles


class Dropped(NamedTuple):
    """A dropped row, the kept row that it repeats, and how similar the compared sides are."""

    id: int
    rule: str
    of: int
    similarity: float


class Greedy:
    """The state of the pass. `groups`, `memberships`, `shingle_bytes` are upper limits, they size the files."""

    def __init__(
        self, threshold: float, folder: Path, groups: int, memberships: int, rows: int, shingle_bytes: int
    ) -> None:
        self.threshold = threshold
        self._stack = ExitStack()
        with ExitStack() as stack:
            sizes = {
                "heads": 8 * (groups + 1),  # side: id + 1 of the first kept pair. Bucket: its latest entry, from 1
                "entries": 16 * (memberships + 1),  # address of a kept row's record, the bucket's entry before
                "records": shingle_bytes + rows * _RECORD.size,  # id, bytes, shingles
            }
            files = [stack.enter_context(MappedFile(folder / name, size)) for name, size in sizes.items()]
            self._stack = stack.pop_all()
        self._heads, self._entries, self._records = files
        self._used_entries, self._used_bytes = 0, 0

    def __enter__(self) -> Greedy:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def drop(self, candidates: Iterable[Candidate]) -> Iterator[Dropped]:
        """Yield the rows to drop; `candidates` must come in order."""
        last = -1
        for number, row in enumerate(candidates):
            if row.id <= last:
                raise AssertionError(f"row {row.id} after {last}")
            last = row.id
            shingles = unpack(row.packed)
            found = self._same_side(row) or self._similar(row, shingles)
            if found:
                yield found
            else:
                self._keep(row)
            if number % _RELEASE == 0:
                for file in (self._heads, self._entries, self._records):
                    file.release()

    def _same_side(self, row: Candidate) -> Dropped | None:
        heads = self._heads.numbers
        kept = [(heads[group] - 1, against) for group, against in row.sides if heads[group]]
        found = [
            first
            for first, against in kept
            if against and not (against == Against.GENUINE_PAIR and first >> PRIORITY_SHIFT >= Priority.SYNTHETIC)
        ]
        return Dropped(row.id, "duplicate_side", min(found), 1.0) if found else None

    def _similar(self, row: Candidate, shingles: Shingles) -> Dropped | None:
        """The most similar kept row, of equally similar ones the first."""
        best: tuple[float, int] | None = None
        for address in self._kept_in(row.buckets):
            id_, size = _RECORD.unpack_from(self._records.bytes, address)
            begin = address + _RECORD.size
            alike = similarity(shingles, unpack(self._records.bytes[begin : begin + size]))
            if alike >= self.threshold:
                best = max(best or (0.0, 0), (alike, -id_))
        return Dropped(row.id, "near_duplicate", -best[1], best[0]) if best else None

    def _kept_in(self, buckets: list[int]) -> set[int]:
        """Addresses of the latest kept rows of each bucket."""
        heads, entries = self._heads.numbers, self._entries.numbers
        addresses = set()
        for bucket in buckets:
            entry = heads[bucket]
            for _ in range(COMPARED):
                if not entry:
                    break
                addresses.add(entries[2 * entry])
                entry = entries[2 * entry + 1]
        return addresses

    def _keep(self, row: Candidate) -> None:
        heads, entries = self._heads.numbers, self._entries.numbers
        for group, against in row.sides:
            if against != Against.PAIR_BY_LINE and not heads[group]:
                heads[group] = row.id + 1
        if not row.buckets:
            return
        address = self._used_bytes
        end = address + _RECORD.size
        self._used_bytes = end + len(row.packed)
        _RECORD.pack_into(self._records.bytes, address, row.id, len(row.packed))
        self._records.bytes[end : self._used_bytes] = row.packed
        for bucket in row.buckets:
            self._used_entries += 1
            entries[2 * self._used_entries] = address
            entries[2 * self._used_entries + 1] = heads[bucket]
            heads[bucket] = self._used_entries
