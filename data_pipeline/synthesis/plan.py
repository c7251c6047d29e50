"""Which units there are: text cut into units of lines, each with the job that makes it, where the ledger lacks it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data_pipeline.corpora import stem
from data_pipeline.ledger import present_record, read_checked, whole_record
from data_pipeline.synthesis.units import SCORES, Job, MakeJob, ScoreJob, TrainJob
from data_pipeline.translation.contract import Search
from data_pipeline.translation.engine import EngineSettings
from vega.corpus import read_texts
from vega.errors import UserError
from vega.settings import Corpus, CycleTranslation, SearchOptions, SynthesizeSettings
from vega.synthetic_corpora import SyntheticText, sources

Floats = npt.NDArray[np.float32]


class Planned(NamedTuple):
    """A unit, and its job unless the ledger has it."""

    unit: Path
    job: Job | None


class Part(NamedTuple):
    """Every `parts`-th unit of a phase, from the one with number `number` (from 0) on."""

    number: int
    parts: int

    def count(self, units: int) -> int:
        """How many of so many units are in it."""
        return len(range(self.number, units, self.parts))


ALL = Part(0, 1)


class ModelKey(NamedTuple):
    """What decides a language model, beside the bitext."""

    language: str
    order: int
    lines: int


class ScoresKey(NamedTuple):
    """What decides which scores a threshold is taken from."""

    model: ModelKey
    max_lines: int


@dataclass(frozen=True)
class Plan:
    """Makes the units of a stage; `ledger` holds them, `engine` translates."""

    settings: SynthesizeSettings
    texts: Sequence[SyntheticText]
    ledger: Path
    engine: EngineSettings

    def models(self) -> dict[ModelKey, Planned]:
        """The language models that cycle translation needs, each a unit."""
        return {key: self._planned(job, lines) for key, job, lines in self.model_jobs()}

    def model_jobs(self) -> Iterator[tuple[ModelKey, Job, list[str]]]:
        """A job for each unit of `models`, and its lines, whether the ledger has the unit or not."""
        for key in dict.fromkeys(key.model for key in self._scored()):
            yield key, *self._model(key)

    def scores(self, models: dict[ModelKey, Path], part: Part = ALL) -> Iterator[tuple[ScoresKey, Planned]]:
        """The units that score the monolingual lines which cycle translation looks at; those of a part."""
        for key, job, lines in islice(self.score_jobs(models), part.number, None, part.parts):
            yield key, self._planned(job, lines)

    def score_jobs(self, models: dict[ModelKey, Path]) -> Iterator[tuple[ScoresKey, Job, list[str]]]:
        """A job for each unit of `scores`, and its lines, whether the ledger has the unit or not."""
        for key, text in self._scored().items():
            model = models[key.model]
            for corpus, first, lines in self._cut(text):
                name = f"score-{stem(corpus)}-{key.max_lines}-{first:010}"
                unit, source = self._unit(name, lines, model.name)
                yield key, ScoreJob(unit, source, len(lines), key.model.language, self.engine.model, model), lines

    def score_units(self) -> int:
        """How many `scores` gives."""
        return sum(map(self._count, self._scored().values()))

    def pair_units(self) -> int:
        """How many `pairs` gives."""
        return sum(map(self._count, self.texts))

    def thresholds(self, units: Iterable[tuple[ScoresKey, Path]]) -> dict[str, float]:
        """By stem of a text, the score up to which its lines are rewritten. Memory: 4 bytes per monolingual line."""
        found: dict[ScoresKey, list[Floats]] = {key: [np.zeros(0, np.float32)] for key in self._scored()}
        for key, unit in units:
            found[key].append(_scores(unit))
        joined = {key: np.concatenate(scores) for key, scores in found.items()}
        return {
            text.stem: _worst(joined[_scores_key(text, options)], options.share)
            for text in self.texts
            if (options := self._cycle(text))
        }

    def pairs(
        self, models: dict[ModelKey, Path], thresholds: dict[str, float], part: Part = ALL
    ) -> Iterator[tuple[SyntheticText, Planned]]:
        """The units of all texts, in order of text, corpus and line; those of a part."""
        for text, job, lines in islice(self.pair_jobs(models, thresholds), part.number, None, part.parts):
            yield text, self._planned(job, lines)

    def pair_jobs(
        self, models: dict[ModelKey, Path], thresholds: dict[str, float]
    ) -> Iterator[tuple[SyntheticText, Job, list[str]]]:
        """A job for each unit of `pairs`, and its lines, whether the ledger has the unit or not."""
        for text in self.texts:
            cycle = self._cycle(text)
            model = models[_scores_key(text, cycle).model] if cycle else None
            threshold = thresholds.get(text.stem, 0.0)
            options = self.settings.steps[text.step].options
            for corpus, first, lines in self._cut(text):
                name = f"make-{text.stem}-{stem(corpus)}-{first:010}"
                seed = f"{self.settings.seed} {text.stem} {stem(corpus)} {first}"
                unit, source = self._unit(name, lines, model.name if model else "", repr(threshold))
                job = MakeJob(
                    unit, source, len(lines), text, stem(corpus), first, options, self._search(options, seed),
                    self.engine, seed, model, threshold,
                )  # fmt: skip
                yield text, job, lines

    def _search(self, options: SearchOptions, seed: str) -> Search:
        number = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=4).digest(), "little")
        return Search(
            method=options.method,
            beam=options.beam,
            top_k=options.top_k,
            temperature=options.temperature,
            n_best=options.n_best,
            length_penalty=options.length_penalty,
            max_len_a=options.max_len_a,
            max_len_b=options.max_len_b,
            max_tokens=self.settings.max_tokens,
            seed=number,
        )

    def _cycle(self, text: SyntheticText) -> CycleTranslation | None:
        return self.settings.steps[text.step].cycle_translation

    def _scored(self) -> dict[ScoresKey, SyntheticText]:
        """The different sets of lines to score, each with a text that is made of them."""
        cycles = [(text, self._cycle(text)) for text in self.texts]
        return {_scores_key(text, options): text for text, options in cycles if options}

    def _model(self, key: ModelKey) -> tuple[Job, list[str]]:
        corpora = [corpus for corpus in self.settings.bitext if key.language in corpus.languages and not corpus.tag]
        total = sum(1 for corpus in corpora for _ in read_texts(corpus, key.language))
        if not total:
            raise UserError(
                f"Cycle translation needs parallel text with '{key.language}' for its language model. "
                "Add a corpus, or leave the direction out."
            )
        step = -(-total // key.lines)
        lines = list(islice((line for corpus in corpora for line in read_texts(corpus, key.language)), 0, None, step))
        unit, source = self._unit(f"lm-{key.language}-{key.order}", lines, str(key.order))
        return TrainJob(unit, source, len(lines), key.language, self.engine.model, key.order), lines

    def _cut(self, text: SyntheticText) -> Iterator[tuple[Corpus, int, list[str]]]:
        """The lines to translate, in pieces: corpus, number of the first line (from 1), lines."""
        most = self.settings.steps[text.step].options.max_lines or None
        for corpus in sources(text, self.settings.bitext, self.settings.mono):
            lines, first = islice(read_texts(corpus, text.translated.source), most), 1
            while batch := list(islice(lines, self.settings.shard_lines)):
                yield corpus, first, batch
                first += len(batch)

    def _count(self, text: SyntheticText) -> int:
        return sum(1 for _ in self._cut(text))

    def _unit(self, name: str, lines: Sequence[str], *more: str) -> tuple[Path, Path]:
        """The folder of a unit, and the file for its lines."""
        digest = hashlib.sha256("\n".join([*more, "", *lines]).encode()).hexdigest()[:24]
        return self.ledger / "units" / f"{name}-{digest}", self.ledger / "inputs" / f"{name}-{digest}"

    def _planned(self, job: Job, lines: Sequence[str]) -> Planned:
        if whole_record(job.unit) is not None:
            return Planned(job.unit, None)
        job.source.write_bytes("".join(f"{line}\n" for line in lines).encode())
        return Planned(job.unit, job)


def _scores_key(text: SyntheticText, options: CycleTranslation) -> ScoresKey:
    return ScoresKey(ModelKey(text.translated.source, options.lm_order, options.lm_lines), options.max_lines)


def _scores(unit: Path) -> Floats:
    read_checked(unit, present_record(unit), SCORES)
    scores: Floats = np.load(unit / SCORES, allow_pickle=False)
    return scores


def _worst(scores: Floats, share: float) -> float:
    """The score of the last line of the worst `share`; lines with the same score are in too."""
    count = max(1, round(share * len(scores)))
    return float(np.partition(scores, count - 1)[count - 1]) if len(scores) else 0.0
