"""One shard of text, translated: the unit of synthesis work. Jobs and results carry paths and counts, never text."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.translation.contract import Search, Translation
from data_pipeline.translation.engine import EngineSettings, load_engine
from vega.atomic import atomic_path
from vega.directions import Direction
from vega.text_files import read_lines

#: A row per hypothesis, in order of lines and ranks; one without text for a line that has an error.
SCHEMA = pa.schema(
    [
        ("line", pa.int64()),  # from 1
        ("rank", pa.int32()),  # from 0, the best
        ("text", pa.string()),
        ("score", pa.float32()),
        ("tokens", pa.int32()),
        ("finished", pa.bool_()),
        ("error", pa.string()),
    ]
)


@dataclass(frozen=True)
class TranslateJob:
    """Lines of `source`, in `direction`, to a Parquet file `output`. `shard` numbers the shards of one run."""

    source: Path
    output: Path
    engine: EngineSettings
    direction: Direction
    search: Search
    shard: int = 0


@dataclass
class TranslateResult:
    """Counts of a shard. `lines` = translated + empty + failed; tokens as the model sees them, n-best all counted."""

    job: TranslateJob
    lines: int = 0
    translated: int = 0
    empty: int = 0
    failed: int = 0
    unfinished: int = 0
    source_tokens: int = 0
    target_tokens: int = 0
    seconds: float = 0.0


class Output(NamedTuple):
    """A row of the file, its columns' names as in SCHEMA."""

    line: int
    rank: int
    text: str | None
    score: float | None
    tokens: int | None
    finished: bool | None
    error: str | None


def translate_shard(job: TranslateJob) -> TranslateResult:
    """Translate one shard; loading the model, once per process, is not in its seconds.

    The file depends on the source's lines, the model, direction, search, shard number, compute type and threads per
    process alone: not on the number of workers, their order, or what was done before.
    """
    engine = load_engine(job.engine)
    started = time.monotonic()
    lines = list(read_lines(job.source))
    found = engine(lines, job.direction, replace(job.search, seed=shard_seed(job.search.seed, job.shard)))
    with atomic_path(job.output) as path:
        rows = [output for number, translation in enumerate(found, start=1) for output in _rows(number, translation)]
        columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
        table = pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA)
        pq.write_table(table, path, compression="zstd")
    result = _count(job, found)
    result.seconds = time.monotonic() - started
    return result


def read_outputs(path: Path) -> Iterator[Output]:
    """The rows of a translated shard, in order."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            yield from map(Output, *(batch.column(name).to_pylist() for name in SCHEMA.names))


def shard_seed(seed: int, shard: int) -> int:
    """32 bits for one shard of a run; near numbers give unrelated ones."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {shard}".encode(), digest_size=4).digest(), "little")


def _rows(line: int, translation: Translation) -> Iterator[Output]:
    if translation.error is not None:
        yield Output(line, 0, None, None, None, None, translation.error)
    for rank, hypothesis in enumerate(translation.hypotheses):
        yield Output(line, rank, *hypothesis, None)


def _count(job: TranslateJob, found: list[Translation]) -> TranslateResult:
    result = TranslateResult(job, lines=len(found))
    for translation in found:
        if translation.error is not None:
            result.failed += 1
        elif translation.hypotheses[0].tokens == 0:
            result.empty += 1
        else:
            result.translated += 1
            result.unfinished += not translation.hypotheses[0].finished
            result.source_tokens += translation.source_tokens
            result.target_tokens += sum(hypothesis.tokens for hypothesis in translation.hypotheses)
    return result
