"""The units of synthesis in the ledger: language models, scores of lines, and pairs; each done in any process.

A unit is a folder that appears by rename (see ledger). Its name holds a hash of its text and of all that decides its
result besides the stage's settings. Jobs and results carry paths and counts, never text.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.ledger import DamagedUnit, kept_name, publishing, whole_record
from data_pipeline.peak_memory import peak_mib
from data_pipeline.provenance import PROVENANCE
from data_pipeline.synthesis.candidates import Candidate, example
from data_pipeline.synthesis.language_model import LanguageModel
from data_pipeline.synthesis.steps import StepOptions, Translating, Work, line_scores, rewrite, translate
from data_pipeline.translation.contract import Search
from data_pipeline.translation.engine import EngineSettings, load_engine
from data_pipeline.verdict import ERROR, KEPT
from vega.atomic import remove
from vega.settings import CycleTranslation
from vega.synthetic_corpora import SyntheticText
from vega.vocabulary import Vocabulary

#: Candidates shown per outcome.
SAMPLES = 5

SCORES = "scores.npy"

_FIXED = {
    "corpus": pa.string(),
    "line": pa.int64(),
    "rank": pa.int32(),
    "outcome": pa.string(),
    "error": pa.string(),
}


@dataclass(frozen=True)
class Job:
    """A unit to be done, from lines in the file `source`, of which there are `rows`."""

    unit: Path
    source: Path
    rows: int

    def lines(self) -> list[str]:
        """The lines, which the driver has checked and written. DamagedUnit if they are not all there."""
        lines = self.source.read_bytes().decode().split("\n")[:-1] if self.source.exists() else []
        if len(lines) != self.rows:
            raise DamagedUnit(f"{self.source} does not have {self.rows} lines")
        return lines


@dataclass(frozen=True)
class TrainJob(Job):
    """A language model of the lines."""

    language: str
    vocabulary: Path
    order: int


@dataclass(frozen=True)
class ScoreJob(Job):
    """The score of each line by the language model in the unit `model`."""

    language: str
    vocabulary: Path
    model: Path


@dataclass(frozen=True)
class MakeJob(Job):
    """Pairs from the lines, of which `first` (from 1) is the first of corpus `corpus`."""

    text: SyntheticText
    corpus: str
    first: int
    options: StepOptions
    search: Search
    engine: EngineSettings
    seed: str
    model: Path | None
    threshold: float


@dataclass(frozen=True)
class Result:
    """What the driver has to know at once."""

    rows: int
    peak_mib: int


def do(job: Job) -> Result:
    """Do one unit and publish it; safe to repeat, and nothing where an attempt that was killed has published it."""
    if whole_record(job.unit) is None:
        if isinstance(job, TrainJob):
            _train(job)
        elif isinstance(job, ScoreJob):
            _score(job)
        else:
            assert isinstance(job, MakeJob)
            _make(job)
    remove(job.source)
    return Result(job.rows, peak_mib())


def _train(job: TrainJob) -> None:
    vocabulary = _vocabulary(job.vocabulary)
    sentences = (vocabulary.encode(line, job.language) for line in job.lines())
    model = LanguageModel.train(sentences, job.order, len(vocabulary))
    with publishing(job.unit) as (folder, seal):
        model.save(folder)
        seal({"rows": job.rows})


def _score(job: ScoreJob) -> None:
    lines = [line for line in job.lines() if line.strip()]
    scores = line_scores(lines, job.language, _vocabulary(job.vocabulary), _language_model(job.model))
    with publishing(job.unit) as (folder, seal):
        np.save(folder / SCORES, np.array(scores, np.float32), allow_pickle=False)
        seal({"rows": job.rows})


def _make(job: MakeJob) -> None:
    loaded = load_engine(job.engine)
    started = time.monotonic()
    engine = Translating(loaded)
    text = job.text
    work = Work(job.lines(), job.first, text.translated, text.languages, job.options, job.search, job.seed)
    if isinstance(job.options, CycleTranslation):
        assert job.model is not None
        candidates = rewrite(work, engine, loaded.vocabulary, _language_model(job.model), job.threshold)
    else:
        candidates = translate(work, engine)
    _check(job, candidates)
    with publishing(job.unit) as (folder, seal):
        for code in text.languages:
            kept = "".join(f"{c.texts[code]}\n" for c in candidates if c.outcome == KEPT)
            (folder / kept_name(code)).write_bytes(kept.encode())
        table = provenance(job.corpus, candidates)
        pq.write_table(table, folder / PROVENANCE, compression="zstd", compression_level=1)
        seal({
            "rows": job.rows, **_counts(candidates), "scores": table.schema.names[len(_FIXED):],
            "source_tokens": engine.source_tokens, "target_tokens": engine.target_tokens,
            "seconds": time.monotonic() - started,
        })  # fmt: skip


def _check(job: MakeJob, candidates: Sequence[Candidate]) -> None:
    """Every line has a candidate, every candidate a line; text that is kept is one line."""
    if {c.line for c in candidates} != set(range(job.first, job.first + job.rows)):
        raise AssertionError(f"{job.unit.name}: {job.rows} lines, but not each has an outcome")
    for candidate in candidates:
        candidate.texts = {code: _one_line(text) for code, text in candidate.texts.items()}


def _one_line(text: str) -> str:
    return text.replace("\n", " ").replace("\r", " ").strip()


def _counts(candidates: Sequence[Candidate]) -> dict[str, Any]:
    examples: dict[str, list[dict[str, Any]]] = {}
    for candidate in candidates:
        shown = examples.setdefault(candidate.outcome, [])
        if len(shown) < SAMPLES:
            shown.append(example(candidate))
    outcomes = Counter(candidate.outcome for candidate in candidates)
    failed = next((c for c in candidates if c.outcome.startswith(ERROR)), None)
    return {
        "candidates": len(candidates),
        "outcomes": dict(sorted(outcomes.items())),
        "examples": examples,
        "error": f"line {failed.line}: {failed.outcome.removeprefix(ERROR)}: {failed.error}" if failed else None,
    }


def schema(scores: Sequence[str]) -> pa.Schema:
    """A row per candidate; every score that was measured, null where it was not."""
    return pa.schema([*_FIXED.items(), *((name, pa.float32()) for name in scores)])


def provenance(corpus: str, candidates: Sequence[Candidate]) -> pa.Table:
    """The candidates as rows of `schema`."""
    names = sorted({name for candidate in candidates for name in candidate.scores})
    columns: dict[str, Any] = {
        "corpus": [corpus] * len(candidates),
        **{name: [getattr(c, name) for c in candidates] for name in ("line", "rank", "outcome", "error")},
        **{name: [c.scores.get(name) for c in candidates] for name in names},
    }
    return pa.table(columns, schema(names))


@lru_cache(maxsize=2)
def _vocabulary(folder: Path) -> Vocabulary:
    return Vocabulary.load(folder)


@lru_cache(maxsize=16)
def _language_model(unit: Path) -> LanguageModel:
    return LanguageModel.load(unit)
