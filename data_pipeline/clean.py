"""Clean training text: check, normalise, filter, drop what occurs in held-out sets, drop duplicates.

Shards are filtered in parallel; duplicates are decided afterwards in the order of the input, so the same bytes come
out for any number of workers and any size of shard.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from data_pipeline.corpora import check_unique, count_lines, number_of_workers, stem
from data_pipeline.executors import Executor, run_local
from data_pipeline.filters import build_filters
from data_pipeline.shards import SAMPLES, Row, ShardJob, ShardResult, cut, filter_shard, read_kept, write_held_out
from vega.atomic import atomic_files
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.progress import say, track
from vega.settings import CleanSettings, Corpus


def run(settings: CleanSettings, output: Path) -> None:
    """Write `{name}.{group}.{lang}` for every training corpus and clean.json into `output`, or nothing at all."""
    started = time.monotonic()
    build_filters(settings.filters)
    check_unique(settings.corpora)
    count_lines(settings.held_out)
    lines = count_lines(settings.corpora)
    workers = number_of_workers(settings.workers)
    with (
        explain_full_disk(output),
        atomic_files(output) as folder,
        tempfile.TemporaryDirectory(prefix=".shards.", dir=output) as scratch,
    ):
        jobs = _jobs(settings, Path(scratch))
        total = sum(-(-count // settings.shard_lines) for count in lines)
        merger = Merger(settings.corpora, folder)
        with merger:
            for result in track(_executor(workers)(filter_shard, jobs, workers), "Cleaning shards", total=total):
                merger.add(result)
        report = merger.report(lines)
        report["seconds"] = round(time.monotonic() - started, 3)
        text = json.dumps(report, ensure_ascii=False, indent=1)
        (folder / "clean.json").write_text(text + "\n", encoding="utf-8")


def _executor(workers: int) -> Executor:
    if workers == 1:
        return run_local
    from data_pipeline.run_ray import run_ray

    return run_ray


def _jobs(settings: CleanSettings, scratch: Path) -> Iterator[ShardJob]:
    held_out = scratch / "held_out.hashes"
    write_held_out(settings.held_out, held_out)
    shared = {"filters": settings.filters, "held_out": held_out}
    for number, corpus in enumerate(settings.corpora):
        yield from cut(corpus, number, settings.shard_lines, scratch, shared)


class Merger:
    """Join filtered shards, in order, to cleaned files; rows seen before in any corpus are duplicates.

    Memory: one 16-byte hash per kept row (about 100 bytes in a Python set).
    """

    def __init__(self, corpora: list[Corpus], folder: Path) -> None:
        self.corpora = corpora
        self.folder = folder
        self.seen: set[bytes] = set()
        self.read = [0] * len(corpora)
        self.kept = [0] * len(corpora)
        self.dropped: list[Counter[str]] = [Counter() for _ in corpora]
        self.samples: list[dict[str, list[Row]]] = [{} for _ in corpora]
        self._current: int | None = None
        self._files: dict[str, TextIO] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Merger:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def add(self, result: ShardResult) -> None:
        """Take the next shard."""
        number = result.job.corpus
        self._open(number)
        self.read[number] += result.read
        self.dropped[number] += result.dropped
        for rule, rows in result.samples.items():
            self._show(number, rule, rows)
        for row_hash, row in read_kept(result.job):
            if row_hash in self.seen:
                self.dropped[number]["duplicate"] += 1
                self._show(number, "duplicate", [row])
                continue
            self.seen.add(row_hash)
            self.kept[number] += 1
            for code, text in row.items():
                self._files[code].write(text + "\n")

    def report(self, lines: list[int]) -> dict[str, Any]:
        """The counts per corpus, as clean.json has them. `lines` are the input lines counted before the work."""
        corpora = {}
        for number, corpus in enumerate(self.corpora):
            read, kept, dropped = self.read[number], self.kept[number], self.dropped[number]
            if not (read == lines[number] == kept + dropped.total()):
                raise AssertionError(f"{stem(corpus)}: {lines[number]} lines, {read} read, {kept} kept, {dropped}")
            reasons = ", ".join(f"{rule} {count:,}" for rule, count in dropped.most_common()) or "none"
            say(f"{stem(corpus)}: {kept:,} of {read:,} lines kept; dropped: {reasons}")
            if kept == 0:
                raise UserError(
                    f"Corpus {stem(corpus)}: no line is left after cleaning ({reasons}). Relax the filters."
                )
            corpora[stem(corpus)] = {
                "read": read,
                "kept": kept,
                "dropped": dict(dropped.most_common()),
                "samples": self.samples[number],
            }
        return {"corpora": corpora}

    def _show(self, number: int, rule: str, rows: list[Row]) -> None:
        shown = self.samples[number].setdefault(rule, [])
        shown.extend(rows[: SAMPLES - len(shown)])

    def _open(self, number: int) -> None:
        if number == self._current:
            return
        self._stack.close()
        corpus = self.corpora[number]
        for code in corpus.languages:
            path = self.folder / f"{stem(corpus)}.{code}"
            self._files[code] = self._stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
        self._current = number
