"""Rows, and the search for duplicates over them in a folder of its own."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_pipeline.dedup.find import find_duplicates
from data_pipeline.dedup.keys import Priority, all_keys, write_keys
from vega.settings import DedupOptions


@dataclass(frozen=True)
class Row:
    """A folded row and its place. Rows are ordered by (priority, corpus, line)."""

    text: dict[str, str]
    line: int
    corpus: int = 0
    priority: int = Priority.GENUINE
    place: tuple[int, int, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", (self.priority, self.corpus, self.line))


Found = dict[tuple[int, int], dict[str, Any]]
Find = Callable[..., Found]


def write_shards(folder: Path, rows: Sequence[Row], options: DedupOptions, shard: int = 1000) -> list[Path]:
    """Key files of so many rows each, one corpus and priority per file."""
    files = []
    for start in range(0, len(rows), shard):
        batch = rows[start : start + shard]
        for corpus, priority in sorted({(row.corpus, row.priority) for row in batch}):
            chosen = [row for row in batch if (row.corpus, row.priority) == (corpus, priority)]
            files.append(folder / f"{start}.{corpus}.{priority}.parquet")
            keys = all_keys([row.text for row in chosen], options)
            write_keys(files[-1], corpus, [row.line for row in chosen], keys, priority)
    return files


@pytest.fixture(scope="session")
def find() -> Find:
    """Write keys, search, read the result: (corpus, line) -> what was found."""

    def run(rows: Sequence[Row], options: DedupOptions | None = None, shard: int = 1000) -> Found:
        options = options or DedupOptions()
        with tempfile.TemporaryDirectory() as name:
            files = write_shards(Path(name), rows, options, shard)
            find_duplicates(files, options, Path(name) / "found", 200, Path(name), threads=1)
            table = pq.read_table(Path(name) / "found").to_pylist()
        found = {(row["corpus"], row["line"]): row for row in table}
        assert len(found) == len(table), "a row is named twice"
        return found

    return run


def invented_pairs(count: int, words: int, seed: int = 1, vocabulary: int = 5000) -> list[dict[str, str]]:
    """Pairs of `words` random words on each side, or random characters in Chinese; no two are alike."""
    generator = random.Random(seed)
    return [
        {
            "de": " ".join(f"w{generator.randrange(vocabulary)}" for _ in range(words)),
            "zh": "".join(chr(0x4E00 + generator.randrange(vocabulary)) for _ in range(words)),
        }
        for _ in range(count)
    ]


@pytest.fixture(scope="session")
def pairs() -> Callable[..., list[dict[str, str]]]:
    """The function above."""
    return invented_pairs


@pytest.fixture(scope="session")
def row() -> type[Row]:
    """The class above."""
    return Row


@pytest.fixture(scope="session")
def shards() -> Callable[..., list[Path]]:
    """The function above."""
    return write_shards
