"""The unit of cleaning work: a few thousand rows in files of their own, filtered by themselves in any process.

Jobs and results carry paths and counts, never text, so that they stay small whatever carries them (see run_ray).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from data_pipeline.filters import Filter, build_filters
from data_pipeline.folding import fold, overlap_hashes, row_hash
from vega.normalize import normalize
from vega.settings import Corpus
from vega.text_files import read_lines, read_parallel

#: Bytes of one hash in a `.hashes` file.
HASH_BYTES = 16

#: Dropped rows shown per rule.
SAMPLES = 5

Row = dict[str, str]


@dataclass(frozen=True)
class ShardJob:
    """Rows in `{prefix}.{lang}`; the kept ones go to `{prefix}.kept.{lang}`, their hashes to `{prefix}.hashes`."""

    prefix: Path
    corpus: int
    languages: tuple[str, ...]
    filters: Mapping[str, Mapping[str, Any]]
    held_out: Path

    def input(self, code: str) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}.{code}")

    def kept(self, code: str) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}.kept.{code}")

    @property
    def hashes(self) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}.hashes")


@dataclass
class ShardResult:
    """What became of the rows of one shard."""

    job: ShardJob
    read: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Row]] = field(default_factory=dict)

    def drop(self, rule: str, row: Mapping[str, str]) -> None:
        self.dropped[rule] += 1
        shown = self.samples.setdefault(rule, [])
        if len(shown) < SAMPLES:
            shown.append(dict(row))


def cut(corpus: Corpus, number: int, lines: int, folder: Path, shared: Mapping[str, Any]) -> Iterator[ShardJob]:
    """Write a corpus in shards of `lines` rows into `folder`, yielding each as a job as soon as it is there.

    `number` is the place of the corpus in the stage, `shared` holds the fields alike for all jobs.
    """
    rows = read_parallel(corpus.paths())
    shard = 0
    while batch := list(islice(rows, lines)):
        prefix = folder / f"{number:04}-{shard:07}"
        job = ShardJob(prefix=prefix, corpus=number, languages=tuple(corpus.languages), **shared)
        for code in job.languages:
            _write(job.input(code), [row[code] for row in batch])
        yield job
        shard += 1


def filter_shard(job: ShardJob) -> ShardResult:
    """Normalise and filter one shard.

    Depends on the shard's rows alone and leaves its input in place, so shards may be done in any order, anywhere, and
    again after a crash.
    """
    filters = build_filters(job.filters)
    held_out = load_hashes(job.held_out)
    result = ShardResult(job)
    kept: list[Row] = []
    hashes = bytearray()
    for row in read_parallel({code: job.input(code) for code in job.languages}):
        result.read += 1
        row = {code: normalize(text) for code, text in row.items()}
        rule = failed_rule(row, filters)
        if rule is None:
            folded = {code: fold(text, code) for code, text in row.items()}
            if held_out and not held_out.isdisjoint(overlap_hashes(folded)):
                rule = "held_out"
        if rule is not None:
            result.drop(rule, row)
            continue
        kept.append(row)
        hashes += row_hash(folded)
    for code in job.languages:
        _write(job.kept(code), [row[code] for row in kept])
    job.hashes.write_bytes(hashes)
    result.kept = len(kept)
    return result


def failed_rule(row: Row, filters: Sequence[Filter]) -> str | None:
    """Name of the first rule that drops a normalised row; "empty" goes before all filters."""
    if not all(row.values()):
        return "empty"
    return next((rule.name for rule in filters if not rule.keeps(row)), None)


def read_kept(job: ShardJob) -> Iterator[tuple[bytes, Row]]:
    """Yield (hash, row) for every kept row of a filtered shard, and delete its files at the end."""
    hashes = job.hashes.read_bytes()
    columns = {code: read_lines(job.kept(code)) for code in job.languages}
    for start in range(0, len(hashes), HASH_BYTES):
        yield hashes[start : start + HASH_BYTES], {code: next(lines) for code, lines in columns.items()}
    for path in (job.hashes, *map(job.kept, job.languages), *map(job.input, job.languages)):
        path.unlink()


def write_held_out(corpora: Sequence[Corpus], path: Path) -> None:
    """Write the hashes by which training rows that occur in the held-out sets are known."""
    hashes: set[bytes] = set()
    for corpus in corpora:
        for row in read_parallel(corpus.paths()):
            hashes.update(overlap_hashes({code: fold(normalize(text), code) for code, text in row.items()}))
    path.write_bytes(b"".join(sorted(hashes)))


@lru_cache(maxsize=1)
def load_hashes(path: Path) -> frozenset[bytes]:
    """Hashes of a file, kept for the next shard of the same process."""
    data = path.read_bytes()
    return frozenset(data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES))


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
