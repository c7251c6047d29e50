"""Synthesize text: translate genuine text with a trained model into pairs, and keep those that pass the gates.

Text is cut into units of lines that are done in parallel and kept in a ledger beside the stage's folder, so that after
any crash only what is missing is done again. Outputs are joined in the order of the input: the same bytes come out for
any number of workers and after any crash. Every line is kept, dropped by a gate, or set aside with its error;
`provenance` says which. What needs only the pair itself is left to the cleaning that follows.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from data_pipeline.corpora import number_of_workers
from data_pipeline.executors import choose_executor, do_missing
from data_pipeline.filters import build_filters
from data_pipeline.ledger import DamagedUnit, open_ledger, work_folder
from data_pipeline.peak_memory import peak_mib
from data_pipeline.provenance import FOLDER
from data_pipeline.synthesis.candidates import GATES
from data_pipeline.synthesis.join import join
from data_pipeline.synthesis.missing import missing_units
from data_pipeline.synthesis.model_folder import model_folder, ready_model
from data_pipeline.synthesis.place import Place, Places
from data_pipeline.synthesis.plan import Plan, Planned
from data_pipeline.synthesis.units import Job, Result, do
from data_pipeline.translation.engine import EngineSettings
from vega.atomic import atomic_files, remove, write_json
from vega.directions import parse_direction
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.progress import say, track
from vega.settings import SynthesizeSettings
from vega.synthetic_corpora import SyntheticText, synthetic_texts

#: Times that units which turn out damaged are done again.
ROUNDS = 3
#: Times that a unit is given out whose process is killed.
ATTEMPTS = 4

Key = TypeVar("Key")


def run(settings: SynthesizeSettings, output: Path) -> None:
    """Write `{name}.{group}.{lang}`, provenance/ and synthesize.json into `output`, or nothing at all.

    What is finished when it fails is kept beside `output`, and used by the next call with the same settings.
    """
    started = time.monotonic()
    texts = checked_texts(settings)
    with explain_full_disk(output):
        output.mkdir(parents=True, exist_ok=True)
        place = _place(settings, texts, output)
        ledger = open_ledger(output, place.fingerprint)
        with atomic_files(output) as folder:
            stage = Synthesis(settings, texts, ledger, place)
            report = stage.report(stage.run(folder))
            report["seconds"] = round(time.monotonic() - started, 3)
            write_json(folder / "synthesize.json", report)
            remove(output / FOLDER)
    remove(work_folder(output))


def checked_texts(settings: SynthesizeSettings) -> list[SyntheticText]:
    """The texts of the round; UserError where the settings cannot be done."""
    directions = [parse_direction(name) for name in settings.directions]
    texts = synthetic_texts(settings, directions, settings.bitext, settings.mono)
    for step in settings.steps:
        if step.cycle_translation:
            build_filters(step.cycle_translation.filters)
    return texts


def _place(settings: SynthesizeSettings, texts: Sequence[SyntheticText], output: Path) -> Place:
    """The ledger to use: this machine's, or another's that has only to be joined."""
    places = Places(settings)
    for place in places.begun(output):
        if places.is_here(place) or not any(missing_units(ledger_plan(settings, texts, output, place), "make")):
            return place
    return places.here()


def ledger_plan(settings: SynthesizeSettings, texts: Sequence[SyntheticText], output: Path, place: Place) -> Plan:
    """The units of a ledger that is there, to look them up."""
    ledger = work_folder(output) / place.fingerprint
    engine = EngineSettings(model_folder(settings, ledger), place.device, place.compute_type)
    return Plan(settings, texts, ledger, engine)


class Synthesis:
    """The stage's work between its checks and its outputs."""

    def __init__(
        self, settings: SynthesizeSettings, texts: Sequence[SyntheticText], ledger: Path, place: Place
    ) -> None:
        self.settings = settings
        self.texts = texts
        self.ledger = ledger
        self.device, self.compute_type = place.device, place.compute_type
        self.workers = self._workers()
        self.worker_mib = 0

    def run(self, folder: Path) -> list[dict[str, Any]]:
        """Do what the ledger lacks and join all units into `folder`; counts and samples of each text."""
        for _ in range(ROUNDS):
            plan = self.prepared()
            try:
                units = self._make(plan)
                joining = track(self.texts, "Joining texts", total=len(self.texts))
                return [join(text, units[text.stem], folder) for text in joining]
            except DamagedUnit as damage:
                say(f"{damage}; it is done again")
        raise UserError(f"{self.ledger}: files change while they are used. Is the disk sound?")

    def prepared(self) -> Plan:
        """The stage's units, and the model that translates is there."""
        return self.plan(ready_model(self.settings, self.ledger, self.compute_type))

    def plan(self, model: Path) -> Plan:
        """The stage's units; the folder `model` is for those that translate."""
        engine = EngineSettings(model, self.device, self.compute_type, self.settings.threads, _gpus(self.device))
        return Plan(self.settings, self.texts, self.ledger, engine)

    def report(self, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The content of synthesize.json; UserError where a text is empty."""
        contents = {}
        for text, counts in zip(self.texts, found, strict=True):
            lost = {**counts["dropped"], **counts["quarantined"]}
            reasons = ", ".join(f"{gate} {count:,}" for gate, count in lost.items()) or "none"
            say(f"{text.stem}: {counts['kept']:,} pairs from {counts['lines']:,} lines; dropped: {reasons}")
            if counts["kept"] == 0:
                raise UserError(
                    f"{text.stem}: no pair is left ({reasons}). Is the model trained? Relax the step's gates, or leave "
                    "the direction out."
                )
            contents[text.stem] = {
                "step": self.settings.steps[text.step].short_name,
                "kind": next(iter(self.settings.steps[text.step].model_dump(exclude_none=True, exclude={"name"}))),
                "text": text.text,
                "translated": str(text.translated),
                "tags": {str(direction): tag for direction, tag in text.tags.items()},
                **counts,
                **self._speed(counts),
            }
        driver = peak_mib()
        say(f"Peak memory: {driver:,} MiB in the main process, {self.worker_mib:,} MiB in the largest worker.")
        return {
            "round": self.settings.name,
            "model": str(self.settings.model),
            "texts": contents,
            "gates": GATES,
            "device": self.device,
            "compute_type": self.compute_type,
            "workers": self.workers,
            "memory": {"driver_mib": driver, "worker_mib": self.worker_mib},
        }

    def _speed(self, counts: dict[str, Any]) -> dict[str, Any]:
        """Hours of this machine: those of its workers, side by side."""
        seconds = counts["worker_seconds"] / self.workers
        per_million = seconds * 1e6 / counts["kept"]
        price = self.settings.price_per_hour
        return {
            "target_tokens_per_second": round(counts["target_tokens"] / seconds, 1) if seconds else None,
            "hours_per_million_kept": round(per_million / 3600, 4),
            "cost_per_million_kept": None if price is None else round(per_million / 3600 * price, 4),
        }

    def _make(self, plan: Plan) -> dict[str, list[Path]]:
        """The units of each text, by its stem, all done."""
        planned = plan.models()
        models = dict(self.done("Training language models", planned.items(), len(planned)))
        scores = self.done("Scoring sentences", plan.scores(models), plan.score_units())
        thresholds = plan.thresholds(scores)
        units: dict[str, list[Path]] = {text.stem: [] for text in self.texts}
        for text, unit in self.done("Translating", plan.pairs(models, thresholds), plan.pair_units()):
            units[text.stem].append(unit)
        return units

    def done(self, doing: str, planned: Iterable[tuple[Key, Planned]], total: int) -> list[tuple[Key, Path]]:
        """Do what the ledger lacks of the units planned; all of them in their order."""
        units: list[tuple[Key, Path]] = []
        waiting: list[Result] = []  # units that the ledger has

        def jobs() -> Iterator[Job]:
            for key, (unit, job) in planned:
                units.append((key, unit))
                if job is None:
                    waiting.append(Result(0, 0))
                else:
                    yield job

        executor = choose_executor(self.workers, self.settings.address, ATTEMPTS)
        for result in track(do_missing(executor, do, jobs(), waiting, self.workers), doing, total):
            self.worker_mib = max(self.worker_mib, result.peak_mib)
        return units

    def _workers(self) -> int:
        """Processes that translate side by side. On GPUs one, which has a copy of the model on each."""
        settings = self.settings
        if self.device == "cuda":
            if settings.address:
                raise UserError(
                    "address: a cluster translates on CPUs only. Set device: cpu, or leave the address out."
                )
            return 1
        return settings.workers or max(1, number_of_workers(0) // settings.threads)


def _gpus(device: str) -> int:
    import ctranslate2

    return ctranslate2.get_cuda_device_count() if device == "cuda" else 1
