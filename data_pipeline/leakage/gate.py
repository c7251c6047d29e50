"""The gate before training: every training row is looked up in the test sets, and the report names the files by hash.

Also what did not come through cleaning is checked here. binarize and train ask for the report before they start: see
`vega.leakage_report`.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.chunks import Chunk, Measured, cut, measure_all
from data_pipeline.corpora import check_exist, check_unique, number_of_workers, stem
from data_pipeline.executors import choose_executor
from data_pipeline.leakage.index import build_index, read_index
from data_pipeline.leakage.matcher import Match, Matcher
from vega.atomic import atomic_files, write_json
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.leakage_report import FORMAT
from vega.leakage_report import NAME as REPORT
from vega.manifest import hash_file
from vega.normalize import normalize
from vega.progress import say, track
from vega.settings import LeakageSettings
from vega.version import __version__

TABLE, INDEX = "leakage.parquet", "test_sets.index"

#: Matching rows shown per source.
SAMPLES = 20

_SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "line": pa.int64(),  # from 1
        "kind": pa.string(),
        "side": pa.string(),
        "test_set": pa.string(),
        "test_line": pa.int64(),  # from 1, 0 = unknown
        "similarity": pa.float64(),
        "text": pa.string(),
    }
)


@dataclass(frozen=True)
class ChunkJob:
    """A chunk to look up in an index file."""

    chunk: Chunk
    index: Path


@dataclass(frozen=True)
class Hit:
    """Line `line` (from 1) of a source matches; `text` is its matching side."""

    line: int
    match: Match
    text: str


@dataclass
class Checked:
    """What was found in a chunk, or, summed up, in a source."""

    source: str
    first: int = 0
    rows: int = 0
    hits: list[Hit] = field(default_factory=list)


def run(settings: LeakageSettings, output: Path) -> None:
    """Write leakage.json, leakage.parquet and the index into `output`; UserError if more rows match than allowed.

    The report is written in that case too, and says so; `passed_report` does not accept it.
    """
    check_unique(settings.corpora)
    check_exist([*settings.corpora, *settings.held_out])
    with explain_full_disk(output), atomic_files(output) as folder:
        index = folder / INDEX
        build_index(settings.held_out, index, settings.ignore)
        with tempfile.TemporaryDirectory(prefix=".text.", dir=output) as scratch:
            files = _measure(settings, Path(scratch))
            checked = _check(settings, files, index)
        report = _report(settings, files, checked, index)
        write_json(folder / REPORT, report)
        _write_table(checked, folder / TABLE)
    _judge(report, checked)


def check_chunk(job: ChunkJob) -> Checked:
    """Look up every row of a chunk."""
    matcher, chunk = _matcher(job.index), job.chunk
    result = Checked(chunk.source, chunk.first, chunk.rows)
    for number, raw in enumerate(chunk.read(), start=chunk.first + 1):
        row = {code: normalize(text) for code, text in raw.items()}
        if match := matcher.find(row):
            result.hits.append(Hit(number, match, row[match.side]))
    return result


@lru_cache(maxsize=1)
def _matcher(index: Path) -> Matcher:
    """Kept for the next chunk in the same process."""
    return Matcher.load(index)


Files = dict[str, dict[str, Measured]]


def _measure(settings: LeakageSettings, scratch: Path) -> Files:
    workers = number_of_workers(settings.workers)
    measured = measure_all(settings.corpora, settings.chunk_lines, scratch, workers)
    return {stem(corpus): files for corpus, files in zip(settings.corpora, measured, strict=True)}


def _check(settings: LeakageSettings, files: Files, index: Path) -> list[Checked]:
    """One result per source, in their order. Chunks come back in any order."""
    chunks = [chunk for source, columns in files.items() for chunk in cut(source, columns, settings.chunk_lines)]
    workers = settings.workers if settings.address else number_of_workers(settings.workers)
    done = choose_executor(workers, settings.address)(
        check_chunk, (ChunkJob(chunk, index) for chunk in chunks), workers
    )
    results = list(track(done, "Checking for test sets", total=len(chunks)))
    sources = {source: Checked(source) for source in files}
    for result in sorted(results, key=lambda result: result.first):
        sources[result.source].rows += result.rows
        sources[result.source].hits += result.hits
    return list(sources.values())


def _report(settings: LeakageSettings, files: Files, checked: Iterable[Checked], index: Path) -> dict[str, Any]:
    sources = {result.source: _source(files[result.source], result) for result in checked}
    hits = sum(source["hits"] for source in sources.values())
    return {
        "format": FORMAT,
        "vega": __version__,
        "passed": hits <= settings.allow,
        "hits": hits,
        "allow": settings.allow,
        "test_sets": {
            "index_sha256": hash_file(index),
            "ignored": settings.ignore,
            "sides": {name: part.sides_per_set() for name, part in read_index(index).items()},
            "files": {str(path): hash_file(path) for corpus in settings.held_out for path in corpus.paths().values()},
        },
        "sources": sources,
    }


def _source(files: dict[str, Measured], result: Checked) -> dict[str, Any]:
    """A source's part of the report. Hits are counted per kind and test set."""
    kinds: dict[str, Counter[str]] = {}
    for hit in result.hits:
        kinds.setdefault(hit.match.kind, Counter())[hit.match.test_set] += 1
    return {
        "files": {code: {"path": str(file.path), "sha256": file.sha256} for code, file in files.items()},
        "rows": result.rows,
        "hits": len(result.hits),
        "kinds": {kind: dict(sorted(sets.items())) for kind, sets in sorted(kinds.items())},
        "samples": [_sample(hit) for hit in result.hits[:SAMPLES]],
    }


def _sample(hit: Hit) -> dict[str, Any]:
    """`line` is the training line, `test_line` that of the test set."""
    match = vars(hit.match)
    return {**match, "line": hit.line, "test_line": match["line"], "text": hit.text}


def _write_table(checked: Iterable[Checked], path: Path) -> None:
    rows = [(result.source, hit.line, *astuple(hit.match), hit.text) for result in checked for hit in result.hits]
    columns: Iterator[Sequence[Any]] = zip(*rows, strict=True) if rows else iter([()] * len(_SCHEMA))
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=_SCHEMA), path)


def _judge(report: dict[str, Any], checked: Iterable[Checked]) -> None:
    """Say what was found, the first rows of each source too: a stage that fails leaves no folder to look into."""
    for result in checked:
        say(f"{result.source}: {len(result.hits):,} of {result.rows:,} rows match a test set")
        for hit in result.hits[:SAMPLES]:
            match = hit.match
            say(f"  line {hit.line}, {match.kind} {match.similarity}, {match.test_set} {match.line or '?'}: {hit.text}")
    if report["passed"]:
        return
    source, hit = next((result.source, result.hits[0]) for result in checked if result.hits)
    match = hit.match
    place = f"line {match.line} of {match.test_set}" if match.line else match.test_set
    raise UserError(
        f"{report['hits']} training rows match test sets ({report['allow']} allowed), the first is line {hit.line} of "
        f"{source}: {match.kind} match of its {match.side} side with {place}. Drop them with "
        f"`vega clean`, ignore a bundled set (leakage.ignore), or raise leakage.allow and look at all in {TABLE}."
    )
