"""Clean training text: check, normalise, filter, drop what occurs in held-out sets, drop duplicates.

Units of a few thousand lines are judged in parallel and kept in a ledger beside the stage's folder, so that after any
crash only what is missing is done again. Duplicates are decided afterwards in the order of the input, and the outputs
joined in that order: the same bytes come out for any number of workers, any size of unit, and after any crash. Every
line is kept, dropped by a rule, or set aside with its error; `provenance` says which. Text to compare `against` comes
before all other: it is cut into units too, of which only the keys count.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data_pipeline.code_fingerprint import fingerprint
from data_pipeline.corpora import check_unique, count_lines, number_of_workers, stem
from data_pipeline.dedup.find import find_duplicates
from data_pipeline.executors import choose_executor, do_missing
from data_pipeline.filters import build_filters
from data_pipeline.filters.overrides import check as check_filters
from data_pipeline.filters.overrides import resolve
from data_pipeline.leakage.index import build_index
from data_pipeline.ledger import DamagedUnit, open_ledger, present_record, work_folder
from data_pipeline.merge import Duplicates, merge_corpus
from data_pipeline.peak_memory import peak_mib
from data_pipeline.provenance import FOLDER
from data_pipeline.shards import Rules, ShardJob, ShardResult, Unit, cut, filter_shard, plan
from data_pipeline.tally import Tally
from vega.atomic import atomic_files, remove, write_json
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.progress import say, track
from vega.settings import CleanSettings, Corpus

#: Times that units which turn out damaged are done again.
ROUNDS = 3


def run(settings: CleanSettings, output: Path) -> None:
    """Write `{name}.{group}.{lang}`, provenance/ and clean.json for all corpora into `output`, or nothing at all.

    What is finished when it fails is kept beside `output`, and used by the next call with the same settings.
    """
    started = time.monotonic()
    sources = [*settings.against, *settings.corpora]
    check_filters(settings.filters, settings.filters_for, sources)
    check_unique(sources)
    count_lines(settings.held_out)
    lines = count_lines(sources)
    with explain_full_disk(output):
        output.mkdir(parents=True, exist_ok=True)
        ledger = open_ledger(output, fingerprint(settings))
        with atomic_files(output) as folder:
            stage = Cleaning(settings, ledger, lines)
            tallies = stage.run(folder)
            report = stage.report(tallies)
            report["seconds"] = round(time.monotonic() - started, 3)
            write_json(folder / "clean.json", report)
            remove(output / FOLDER)
    remove(work_folder(output))


class Cleaning:
    """The stage's work between its checks and its outputs; `lines` of the text to compare against, then of the other.

    Both are numbered in this order.
    """

    def __init__(self, settings: CleanSettings, ledger: Path, lines: Sequence[int]) -> None:
        self.settings = settings
        self.ledger = ledger
        self.against = len(settings.against)
        self.all_lines, self.lines = lines, lines[self.against :]
        self.workers = settings.workers if settings.address else number_of_workers(settings.workers)
        self.worker_mib = 0

    def run(self, folder: Path) -> list[Tally]:
        """Do what the ledger lacks and join all units into `folder`; one tally per corpus."""
        index = self.ledger / "test_sets.index"
        build_index(self.settings.held_out, index, self.settings.ignore)
        for _ in range(ROUNDS):
            try:
                units = self._judge(index)
                return self._merge(units, self._duplicates(units), folder)
            except DamagedUnit as damage:
                say(f"{damage}; it is done again")
        raise UserError(f"{self.ledger}: files change while they are used. Is the disk sound?")

    def report(self, tallies: Sequence[Tally]) -> dict[str, Any]:
        """The content of clean.json, after a look at whether every line is accounted for."""
        corpora = {}
        for corpus, lines, tally in zip(self.settings.corpora, self.lines, tallies, strict=True):
            name, dropped, quarantined = stem(corpus), tally.dropped, tally.quarantined
            if lines != tally.kept + sum(dropped.values()) + sum(quarantined.values()):
                raise AssertionError(f"{name}: {lines} lines, but {tally.outcomes}")
            reasons = ", ".join(f"{rule} {count:,}" for rule, count in {**dropped, **quarantined}.items()) or "none"
            say(f"{name}: {tally.kept:,} of {lines:,} lines kept; dropped: {reasons}")
            if tally.kept == 0:
                raise UserError(f"Corpus {name}: no line is left after cleaning ({reasons}). Relax the filters.")
            corpora[name] = {**tally.content(), "corpus": corpus.model_dump(mode="json")}
        driver = peak_mib()
        say(f"Peak memory: {driver:,} MiB in the main process, {self.worker_mib:,} MiB in the largest worker.")
        return {
            "corpora": corpora,
            "held_out": [corpus.model_dump(mode="json") for corpus in self.settings.held_out],
            "against": [corpus.model_dump(mode="json") for corpus in self.settings.against],
            "memory": {"driver_mib": driver, "worker_mib": self.worker_mib},
            "workers": self.workers,
        }

    def _judge(self, index: Path) -> list[Unit]:
        """Judge every unit that the ledger lacks; returns all units in order."""
        settings = self.settings
        sizes = plan(self.all_lines, settings.shard_lines)
        units: list[Unit] = []
        waiting: list[ShardResult] = []  # results of units that the ledger has

        def jobs() -> Iterator[ShardJob]:
            for number, corpus in enumerate([*settings.against, *settings.corpora]):
                rows, rules = 0, self._rules(number, corpus, index)
                for unit, job in cut(corpus, number, rules, sizes[number], self.ledger):
                    units.append(unit)
                    rows += unit.rows
                    if job is None:
                        waiting.append(_finished(unit))
                    else:
                        yield job
                if rows != self.all_lines[number]:
                    raise UserError(f"{corpus.files}: the text changed while it was read. Start again.")

        self._watch(track(self._results(jobs(), waiting), "Cleaning shards", total=sum(map(len, sizes))))
        return units

    def _rules(self, number: int, corpus: Corpus, index: Path) -> Rules:
        settings = self.settings
        if number < self.against:
            return Rules({}, settings.dedup, settings.score_all, None, keys_only=True)
        return Rules(self._filters(corpus), settings.dedup, settings.score_all, index)

    def _filters(self, corpus: Corpus) -> dict[str, dict[str, Any]]:
        return resolve(self.settings.filters, self.settings.filters_for, corpus.name, corpus.languages)

    def _results(self, jobs: Iterator[ShardJob], finished: list[ShardResult]) -> Iterator[ShardResult]:
        # Without end: a unit itself gives up after too many deaths, and quarantines lines that cause them (poison).
        executor = choose_executor(self.workers, self.settings.address, attempts=0)
        return do_missing(executor, filter_shard, jobs, finished, self.workers)

    def _watch(self, results: Iterator[ShardResult]) -> None:
        """Wait for all results. UserError as soon as too many lines had to be set aside."""
        allowed = self.settings.max_quarantined * sum(self.lines)
        quarantined, error = 0, None
        for result in results:
            self.worker_mib = max(self.worker_mib, result.peak_mib)
            quarantined += result.quarantined
            error = error or result.error
            if quarantined > allowed:
                raise UserError(
                    f"A filter failed on {quarantined:,} lines, more than clean.max_quarantined "
                    f"({self.settings.max_quarantined:.2%} of all lines) allows. The first: {error}"
                )

    def _duplicates(self, units: Sequence[Unit]) -> Path:
        found = self.ledger / "duplicates.parquet"
        files = [unit.keys for unit in units]
        threads = 0 if self.settings.address else self.workers  # a cluster's workers are not the cores of this machine
        find_duplicates(files, self.settings.dedup, found, self.settings.memory_mib, self.ledger, threads)
        return found

    def _merge(self, units: Sequence[Unit], found: Path, folder: Path) -> list[Tally]:
        corpora = self.settings.corpora
        stems = [stem(corpus) for corpus in [*self.settings.against, *corpora]]
        duplicates = Duplicates(found)
        for unit in units:
            if unit.corpus < self.against:
                duplicates.of(unit)  # read past them
        tallies = []
        for number, corpus in enumerate(track(corpora, "Joining corpora", total=len(corpora)), start=self.against):
            own = [unit for unit in units if unit.corpus == number]
            filters = build_filters(self._filters(corpus))
            tallies.append(merge_corpus(corpus, own, duplicates, stems, filters, folder))
        return tallies


def _finished(unit: Unit) -> ShardResult:
    record = present_record(unit.folder)
    return ShardResult(unit.rows, record["quarantined"], record["error"], 0)
