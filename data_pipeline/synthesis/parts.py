"""A round of synthesis in parts, each a process of its own on any machine, at any time, any number of them at once.

`prepare` exports the model and trains the language models, alone. Then `score` and `make` each fall into parts: a part
does every N-th unit. Parts fill the ledger and write no output; nothing but a ledger's owner deletes anything. The
stage itself then finds all units and only joins them. A part that is done again does what is missing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from data_pipeline.ledger import DamagedUnit, share_ledger
from data_pipeline.synthesis.missing import PHASES, Phase, missing_units, models, thresholds
from data_pipeline.synthesis.model_folder import model_folder
from data_pipeline.synthesis.place import Place, Places
from data_pipeline.synthesis.plan import ModelKey, Part, Plan
from data_pipeline.synthesis.run import ROUNDS, Synthesis, checked_texts, ledger_plan
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.progress import say
from vega.settings import SynthesizeSettings


class Asked(NamedTuple):
    """What `--part` says: a part of a phase, or with None which of its parts have work."""

    phase: Phase
    number: int | None
    parts: int


def parse_part(text: str) -> Asked:
    """Read `prepare`, `score:K/N`, `make:K/N`; with ? for K, which parts have work. K counts from 0."""
    phase, _, which = text.partition(":")
    number, _, parts = which.partition("/")
    if phase == "prepare" and which in ("", "?"):
        number, parts = which or "0", "1"
    known = next((name for name in PHASES if name == phase), None)
    if known is None or not re.fullmatch(r"\?|\d+", number) or not re.fullmatch(r"0*[1-9]\d*", parts):
        raise UserError(
            f"--part {text}: write prepare, score:K/N or make:K/N, where K counts from 0, as in make:0/8; "
            "? for K prints which parts still have work."
        )
    if number != "?" and int(number) >= int(parts):
        raise UserError(f"--part {text}: {parts} parts have the numbers 0 to {int(parts) - 1}.")
    return Asked(known, None if number == "?" else int(number), int(parts))


def run_part(settings: SynthesizeSettings, output: Path, asked: Asked) -> None:
    """Do a part of the round for the stage's folder `output`, in the ledger beside it."""
    assert asked.number is not None
    texts = checked_texts(settings)
    with explain_full_disk(output):
        place = _place(settings, output, asked.phase)
        stage = Synthesis(settings, texts, share_ledger(output, place.fingerprint), place)
        for _ in range(ROUNDS):
            try:
                return _do(stage, asked.phase, Part(asked.number, asked.parts))
            except DamagedUnit as damage:
                say(f"{damage}; it is done again")
    raise UserError(f"{stage.ledger}: files change while they are used. Is the disk sound?")


def missing_parts(settings: SynthesizeSettings, output: Path, asked: Asked) -> list[int]:
    """Which of the parts of a phase have work, all where nothing is known. Loads no model; reads the phase's text."""
    texts = checked_texts(settings)
    begun = Places(settings).begun(output)
    if not begun:
        return list(range(asked.parts))
    return _with_work(ledger_plan(settings, texts, output, begun[0]), asked.phase, asked.parts)


def _with_work(plan: Plan, phase: Phase, parts: int) -> list[int]:
    return sorted({number % parts for number, missing in enumerate(missing_units(plan, phase)) if missing})


def _place(settings: SynthesizeSettings, output: Path, phase: Phase) -> Place:
    """The ledger of a part: `make` goes on only with the numbers that `prepare` began with."""
    places = Places(settings)
    if phase == "prepare":
        return places.here()
    begun = places.begun(output)
    if not begun:
        raise UserError(f"{output}: nothing is prepared for these settings. First run the same with --part prepare.")
    if phase == "score":
        return begun[0]
    here = places.here()
    if here not in begun:
        raise UserError(
            f"{output}: was prepared on {begun[0]}, but this machine computes on {here}. Let prepare and make run on "
            "machines of one kind, or state device and compute_type."
        )
    return here


def _do(stage: Synthesis, phase: Phase, part: Part) -> None:
    if phase == "prepare":
        planned = stage.prepared().models()
        stage.done("Training language models", planned.items(), len(planned))
        return
    plan = stage.plan(model_folder(stage.settings, stage.ledger))
    known = _models(plan)
    if phase == "score":
        stage.done("Scoring sentences", plan.scores(known, part), part.count(plan.score_units()))
        return
    limits = thresholds(plan, known)
    if limits is None:
        wanted = ", ".join(f"score:{number}/{part.parts}" for number in _with_work(plan, "score", part.parts))
        raise UserError(f"Before lines are chosen all must be scored. Run these parts first: {wanted}.")
    stage.done("Translating", plan.pairs(known, limits, part), part.count(plan.pair_units()))


def _models(plan: Plan) -> dict[ModelKey, Path]:
    """The language models, which are there, as is the model that translates."""
    known = models(plan)
    for folder in (plan.engine.model, *known.values()):
        if not folder.exists():
            raise UserError(f"{folder.name} is not there yet. First run the same with --part prepare.")
    return known
