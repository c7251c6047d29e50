"""Which units of a phase the ledger lacks: looked up by name; of those with text only the record is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from data_pipeline.ledger import DamagedUnit, read_record, whole_record
from data_pipeline.synthesis.plan import ModelKey, Plan

Phase = Literal["prepare", "score", "make"]
#: In their order: each needs all of the one before.
PHASES: tuple[Phase, ...] = get_args(Phase)


def missing_units(plan: Plan, phase: Phase) -> Iterator[bool]:
    """For each unit of a phase, in order, whether it has still to be done. Reads all text of the phase.

    `prepare` has the language models, and first the model that translates.
    """
    if phase == "prepare":
        yield not plan.engine.model.exists()
        yield from (not _there(job.unit) for _, job, _ in plan.model_jobs())
    elif phase == "score":
        yield from (whole_record(job.unit) is None for _, job, _ in plan.score_jobs(models(plan)))
    else:
        yield from _missing_pairs(plan)


def models(plan: Plan) -> dict[ModelKey, Path]:
    """Where the language models are, or will be."""
    return {key: job.unit for key, job, _ in plan.model_jobs()}


def thresholds(plan: Plan, known: dict[ModelKey, Path]) -> dict[str, float] | None:
    """See `Plan.thresholds`; None where a score that it needs is not there."""
    try:
        return plan.thresholds((key, job.unit) for key, job, _ in plan.score_jobs(known))
    except DamagedUnit:
        return None


def _missing_pairs(plan: Plan) -> Iterator[bool]:
    """A text whose threshold is not known has no unit yet."""
    known = models(plan)
    limits = thresholds(plan, known)
    for text, job, _ in plan.pair_jobs(known, limits or {}):
        unknown = limits is None and plan.settings.steps[text.step].cycle_translation is not None
        yield unknown or not _there(job.unit)


def _there(unit: Path) -> bool:
    return read_record(unit) is not None
