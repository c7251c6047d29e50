"""The unit of cleaning work: a few thousand rows, judged by themselves in any process.

A finished unit (see ledger) holds the rows that passed as `kept.{lang}`, normalised, their `keys.parquet` for finding
duplicates, and `provenance.parquet`. Jobs and results carry paths and counts, never text, so that they stay small
whatever carries them (see run_ray).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data_pipeline.corpora import stem
from data_pipeline.dedup.keys import Priority, RowKeys, all_keys, write_keys
from data_pipeline.filters import Row, build_filters
from data_pipeline.leakage.index import read_index
from data_pipeline.leakage.matcher import Matcher
from data_pipeline.ledger import DamagedUnit, kept_name, publishing, whole_record
from data_pipeline.peak_memory import peak_mib
from data_pipeline.poison import forget, lives, marking
from data_pipeline.provenance import PROVENANCE, Trail
from data_pipeline.verdict import ERROR, KEPT, Judge, Verdict, column_order
from vega.atomic import remove
from vega.corpus import read_rows
from vega.settings import Corpus, DedupOptions

#: Rows shown per rule, and the characters shown of each side.
SAMPLES, SAMPLE_CHARACTERS = 5, 500

#: A unit has at most this part of the rows that are left: all workers end at about the same time, and few rows are
#: enough for several workers. Units of fewer rows than SMALLEST would cost more than they are worth.
PART, SMALLEST = 8, 2_000

KEYS = "keys.parquet"


@dataclass(frozen=True)
class Rules:
    """What all rows of a corpus are judged by. Without `test_sets`, and with `keys_only`: it was cleaned before.

    `keys_only`: the rows count for duplicates, before all others, and are not written.
    """

    filters: Mapping[str, Mapping[str, Any]]
    dedup: DedupOptions
    score_all: bool
    test_sets: Path | None
    keys_only: bool = False

    def priority(self, corpus: Corpus) -> Priority:
        """That of the rows of a corpus when duplicates are found."""
        own = Priority.of(corpus)
        return Priority.GENUINE if self.keys_only and own == Priority.SYNTHETIC else own


@dataclass(frozen=True)
class Unit:
    """Rows `first` (from 1) and following of a corpus, and the folder that holds what became of them."""

    folder: Path
    corpus: int
    first: int
    rows: int

    @property
    def keys(self) -> Path:
        return self.folder / KEYS


@dataclass(frozen=True)
class ShardJob:
    """A unit to be done: its rows are in `{source}/{lang}`, marks of attempts in `{crashes}.*`.

    `hashes`: language -> SHA-256 of its file.
    """

    unit: Unit
    name: str
    hashes: Mapping[str, str]
    rules: Rules
    priority: Priority
    source: Path
    crashes: Path

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.hashes)

    def rows(self) -> list[Row]:
        """The rows, which `cut` has checked and written. DamagedUnit if they are not as it wrote them."""
        texts = [self._text(code).split("\n")[:-1] for code in self.languages]
        return [dict(zip(self.languages, sides, strict=True)) for sides in zip(*texts, strict=True)]

    def _text(self, code: str) -> str:
        path = self.source / code
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != self.hashes[code]:
            raise DamagedUnit(f"{path} is not as it was written")
        return content.decode()


@dataclass(frozen=True)
class ShardResult:
    """What the driver has to know before all units are joined."""

    rows: int
    quarantined: int
    error: str | None
    peak_mib: int


def plan(corpora: Sequence[int], lines: int) -> list[list[int]]:
    """The rows of each unit of corpora of so many rows: `lines`, and fewer towards the end (see PART).

    It does not depend on the number of workers: others find the units again.
    """
    left, planned = sum(corpora), []
    for rows in corpora:
        sizes = []
        while rows:
            sizes.append(min(rows, lines, max(left // PART, SMALLEST)))
            rows, left = rows - sizes[-1], left - sizes[-1]
        planned.append(sizes)
    return planned


def cut(
    corpus: Corpus, number: int, rules: Rules, sizes: Iterable[int], ledger: Path
) -> Iterator[tuple[Unit, ShardJob | None]]:
    """Cut a corpus into units of so many rows, and write those that the ledger does not have as jobs.

    A unit's name holds the hash of its rows, place and filters. `number` is the place of the corpus in the stage. Rows
    beyond those planned are in units of SMALLEST.
    """
    rows, first = read_rows(corpus), 1
    limits = chain(sizes, repeat(SMALLEST))
    priority = rules.priority(corpus)
    judged = json.dumps([stem(corpus), number, rules.filters, rules.keys_only, priority])
    while batch := list(islice(rows, next(limits))):
        texts = {code: ("\n".join([row[code] for row in batch]) + "\n").encode() for code in corpus.languages}
        hashes = {code: hashlib.sha256(text).hexdigest() for code, text in texts.items()}
        name = f"{number:04}-{first:010}-{_key(judged, first, hashes)}"
        unit = Unit(ledger / "units" / name, number, first, len(batch))
        del batch  # not in memory while the next is read
        job = None
        if whole_record(unit.folder) is None:
            source = ledger / "inputs" / name
            source.mkdir(exist_ok=True)
            for code, text in texts.items():
                (source / code).write_bytes(text)
            job = ShardJob(unit, stem(corpus), hashes, rules, priority, source, ledger / "crashes" / name)
        yield unit, job
        first += unit.rows


def _key(judged: str, first: int, hashes: Mapping[str, str]) -> str:
    content = f"{judged} {first} {sorted(hashes.items())}"
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def filter_shard(job: ShardJob) -> ShardResult:
    """Judge the rows of one unit and publish it.

    Depends on the unit's rows and rules alone and leaves its input in place until the unit is there, so units may be
    done in any order, anywhere, and again after a crash. Lines that kill the process are set aside (see poison).
    """
    unit = job.unit
    if record := whole_record(unit.folder):  # done by an attempt that was killed before it could say so
        return ShardResult(unit.rows, record["quarantined"], record["error"], peak_mib())

    def survives(line: int) -> bool:
        return lives(_judge_one, (job, line))

    trail = Trail(job.name, unit.first, unit.rows)
    passed = Passed(job)
    with marking(job.crashes, survives) as (mark, poison, in_batch):
        verdicts = _judge(job.rules)(job.rows(), unit.first, mark.at, poison, singly=in_batch)
        mark.at(0)
        for line, verdict in enumerate(verdicts, start=unit.first):
            trail.add(verdict)
            passed.add(line, verdict)
        with publishing(unit.folder) as (folder, seal):
            passed.write(folder)
            table = trail.table(column_order(job.rules.filters))
            pq.write_table(table, folder / PROVENANCE, compression="zstd", compression_level=1)
            seal({"rows": unit.rows, "quarantined": passed.quarantined, "error": passed.error,
                  "examples": passed.examples, "scores": trail.score_columns})  # fmt: skip
    forget(job.crashes)
    remove(job.source)
    return ShardResult(unit.rows, passed.quarantined, passed.error, peak_mib())


class Passed:
    """Collects the text and keys of the rows that are kept, and the first few that are not, by rule."""

    def __init__(self, job: ShardJob) -> None:
        self._job = job
        self._texts: dict[str, list[str]] = {code: [] for code in job.languages}
        self._lines: list[int] = []
        self._keys: list[RowKeys] = []
        self.examples: dict[str, list[dict[str, Any]]] = {}
        self.quarantined = 0
        self.error: str | None = None

    def add(self, line: int, verdict: Verdict) -> None:
        if verdict.outcome == KEPT:
            assert verdict.keys is not None
            self._lines.append(line)
            self._keys.append(verdict.keys)
            if self._job.rules.keys_only:
                return
            for code, text in verdict.row.items():
                self._texts[code].append(text)
            return
        if verdict.outcome.startswith(ERROR):
            self.quarantined += 1
            self.error = self.error or f"line {line}: {verdict.outcome.removeprefix(ERROR)}: {verdict.error}"
        shown = self.examples.setdefault(verdict.outcome, [])
        if len(shown) < SAMPLES:
            shown.append(example(line, verdict))

    def write(self, folder: Path) -> None:
        for code, texts in self._texts.items() if not self._job.rules.keys_only else ():
            (folder / kept_name(code)).write_bytes("".join(f"{text}\n" for text in texts).encode())
        write_keys(folder / KEYS, self._job.unit.corpus, self._lines, self._keys, self._job.priority)


def example(line: int, verdict: Verdict) -> dict[str, Any]:
    """A row that was not kept, as clean.json shows it."""
    found: dict[str, Any] = {"line": line, "text": shorten(verdict.row)}
    if verdict.scores:
        found["scores"] = plain_scores(verdict.scores)
    if verdict.error:
        found["error"] = verdict.error
    if verdict.match:
        found |= {"match": verdict.match.kind, "of": verdict.match.test_set, "of_line": verdict.match.line}
    return found


def plain_scores(scores: Mapping[str, float]) -> dict[str, float | None]:
    """Scores for JSON, which has no infinity."""
    return {name: float(f"{score:.6g}") if math.isfinite(score) else None for name, score in scores.items()}


def shorten(row: Row) -> dict[str, str]:
    """Each side, cut where it is long."""
    return {
        code: text if len(text) <= SAMPLE_CHARACTERS else f"{text[:SAMPLE_CHARACTERS]}…" for code, text in row.items()
    }


def _judge(rules: Rules) -> Judge:
    matcher = _matcher(rules.test_sets)
    find = matcher.find if matcher else None
    return Judge(build_filters(rules.filters), find, partial(all_keys, options=rules.dedup), score_all=rules.score_all)


@lru_cache(maxsize=1)
def _matcher(path: Path | None) -> Matcher | None:
    """None without test sets. Kept for the next shard of the same process."""
    if path is None:
        return None
    parts = read_index(path).values()
    return Matcher(parts) if any(len(part.line) for part in parts) else None


def _judge_one(argument: tuple[ShardJob, int]) -> None:
    """Judge one line of a unit, for its effect on the process."""
    job, line = argument
    _judge(job.rules)([job.rows()[line - job.unit.first]], singly=True)
