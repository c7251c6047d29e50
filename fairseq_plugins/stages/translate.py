"""The `translate` stage: every system translates every test set in every direction it covers."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import torch

from fairseq_plugins.decoders import open_decoder
from fairseq_plugins.dev.text import Translator
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.translator import FairseqTranslator, Search
from vega.atomic import write_text
from vega.corpus import read_rows
from vega.directions import Direction, parse_direction
from vega.errors import UserError
from vega.progress import track
from vega.settings import Corpus, System, TranslateSettings


class Job(NamedTuple):
    """One test set, one direction, one system."""

    system: System
    test: Corpus
    direction: Direction

    @property
    def file_name(self) -> str:
        return f"{self.test.name}.{self.direction}.{self.direction.target}"


def run(settings: TranslateSettings, output: Path) -> None:
    """Write `{system}/{test}.{source}-{target}.{target}` for each job, and the speeds in `translate.json`."""
    work = list(jobs(settings))
    if not work:
        raise UserError("Nothing to translate: no test set has both languages of a direction.")
    started = time.monotonic()
    records = []
    for job, seconds in track(_finished(settings, work, output), "translate", len(work)):
        count = sum(1 for _ in (output / job.system.name / job.file_name).open(encoding="utf-8"))
        records.append(
            {
                "system": job.system.name,
                "test_set": job.test.name,
                "direction": str(job.direction),
                "sentences": count,
                "seconds": round(seconds, 3),
            }
        )
    records.sort(key=lambda r: (r["system"], r["test_set"], r["direction"]))
    summary = {"seconds": round(time.monotonic() - started, 3), "jobs": records}
    write_text(output / "translate.json", json.dumps(summary, indent=1) + "\n")


def jobs(settings: TranslateSettings) -> Iterator[Job]:
    """All combinations for which the test set has both languages, of WMT's only as its organisers mean it."""
    for system in settings.systems:
        for direction in map(parse_direction, system.directions or settings.directions):
            for test in settings.test:
                if test.is_for(*direction):
                    yield Job(system, test, direction)


def _finished(settings: TranslateSettings, work: list[Job], output: Path) -> Iterator[tuple[Job, float]]:
    """Run the jobs, on a GPU one after another, on CPU one per core; yields each with its seconds."""
    workers = 1 if torch.cuda.is_available() else min(settings.workers or os.cpu_count() or 1, len(work))
    threads = max(1, (os.cpu_count() or 1) // workers)
    if workers == 1:
        for job in work:
            yield job, _translate(settings, job, output)
        return
    # "spawn": a forked child would inherit torch's thread pool in an unusable state.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=torch.set_num_threads, initargs=(threads,)) as pool:
        running = {pool.submit(_translate, settings, job, output): job for job in work}
        for future in as_completed(running):
            yield running[future], future.result()


def _translate(settings: TranslateSettings, job: Job, output: Path) -> float:
    """Write one job's output; returns the seconds it took, model loading left out."""
    source = job.direction.source
    lines = [row[source] for row in read_rows(job.test, tuple(job.direction))]
    translator = None
    if job.system.kind != "copy":
        translator = _load(settings.model_dump_json(), job.system.model_dump_json())
    started = time.monotonic()
    outputs = translator.translate(lines, job.direction) if translator else lines
    write_text(output / job.system.name / job.file_name, "".join(f"{line}\n" for line in outputs))
    return time.monotonic() - started


@lru_cache(maxsize=1)
def _load(settings_json: str, system_json: str) -> Translator:
    """The system's model; each worker keeps the last one. JSON because settings with lists cannot be hashed."""
    settings = TranslateSettings.model_validate_json(settings_json)
    system = System.model_validate_json(system_json)
    options: dict[str, Any] = settings.model_dump(include=set(Search.__dataclass_fields__))
    search = Search(**options)
    if system.decoder is not None:
        models = {model.name: model.checkpoint for model in system.models}
        return open_decoder(system.decoder, models, settings.data, search)
    assert system.checkpoint is not None
    seed = settings.seed if system.kind == "untrained" else None
    return FairseqTranslator([open_checkpoint(system.checkpoint)], settings.data, search, untrained_seed=seed)
