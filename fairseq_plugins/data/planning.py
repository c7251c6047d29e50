"""From the options of the task to the plan of training: phases, their mixtures, their noise."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, Field, field_validator

from fairseq_plugins.data.bitext import MultidirectionalDataset
from fairseq_plugins.data.mixing import read_weights, sampling_weights, shares, streams_named, tokens_per_sentence
from vega.curriculum import Curriculum, Phase, Place
from vega.errors import UserError
from vega.sampling import Stream
from vega.settings import TextNoise, TrainingPhase, Until
from vega.settings.curriculum import check_phases
from vega.strict_yaml import Document, validate

logger = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)


class _Noise(BaseModel):
    text_noise: TextNoise | None = None


class _Phases(BaseModel):
    phases: list[TrainingPhase] = Field(default=[])

    @field_validator("phases")
    @classmethod
    def _in_order(cls, phases: list[TrainingPhase]) -> list[TrainingPhase]:
        check_phases(phases)
        return phases


def phases_of(cfg: Any) -> list[TrainingPhase]:
    """The phases of training, each with all that it does not state itself; one without a curriculum.

    A task may be without --text-noise and --synthetic-share.
    """
    noise = _parsed("text_noise", getattr(cfg, "text_noise", ""), _Noise).text_noise
    weights = read_weights(cfg.sampling_weights)
    share = getattr(cfg, "synthetic_share", None)
    if share is not None and not 0 <= share <= 1:
        raise UserError(f"--synthetic-share {share}: a share is from 0 to 1.")
    phases = _parsed("phases", cfg.phases, _Phases).phases or [TrainingPhase(name="all")]
    return [
        phase.model_copy(
            update={
                "weights": phase.weights or (weights if phase.temperature is None else {}),
                "temperature": phase.temperature or cfg.sampling_temperature,
                "synthetic_share": share if phase.synthetic_share is None else phase.synthetic_share,
                "noise": noise if phase.noise is None else phase.noise,
            }
        )
        for phase in phases
    ]


def _parsed(option: str, given: str, model: type[Model]) -> Model:
    """The value of an option, JSON; a mistake in it is one sentence."""
    name = f"--{option.replace('_', '-')}"
    try:
        content = {option: json.loads(given)} if given else {}
    except json.JSONDecodeError as error:
        raise UserError(f"{name} is not JSON ({error}). `fairseq-train --help` has an example.") from None
    return validate(Document(name, content), model)


def plan_phases(
    dataset: MultidirectionalDataset,
    phases: Sequence[TrainingPhase],
    block_sentences: int,
    seed: int,
    batches_per_update: int,
) -> tuple[Curriculum, list[dict[str, float]]]:
    """The curriculum, and of each phase the target tokens that each stream gives per sentence drawn; says both."""
    streams = [Stream(b.stream, len(b.source), 0.0) for b in dataset.bitexts]
    planned, tokens = [], []
    for phase in phases:
        where = "--sampling-weights" if len(phases) == 1 else f"--phases, phase {phase.name}"
        weights = sampling_weights(dataset, phase.weights, phase.temperature or 1.0, phase.synthetic_share, where)
        ending = _ending(dataset, phase.until, batches_per_update, where) if phase.until else {}
        planned.append(Phase(phase.name, tuple(weights[stream.name] for stream in streams), **ending))
        tokens.append(tokens_per_sentence(dataset, weights))
    try:
        curriculum = Curriculum(streams, planned, block_sentences, seed)
    except ValueError as error:
        raise UserError(f"--phases: {error}. Give it a weight there, or wait for something else.") from None
    _describe(curriculum, phases, tokens)
    return curriculum, tokens


def _ending(dataset: MultidirectionalDataset, until: Until, batches_per_update: int, where: str) -> dict[str, Any]:
    """What ends a phase, as fields of `Phase`. Updates are counted in batches, also those that changed nothing."""
    if until.updates is not None:
        return {"batches": until.updates * batches_per_update}
    assert until.of is not None and until.epochs is not None
    _, members = streams_named(dataset, until.of, where)
    size = sum(len(dataset.bitexts[which].source) for which in members)
    return {"sentences": max(1, math.ceil(until.epochs * size)), "of": members}


def _describe(curriculum: Curriculum, phases: Sequence[TrainingPhase], tokens: Sequence[dict[str, float]]) -> None:
    place: Place | None = Place()
    for phase, values in zip(phases, tokens, strict=True):
        prefix = "plan: "
        if len(phases) > 1:
            prefix = f"plan: {phase.name}: "
            end = curriculum.end(place) if place is not None else None
            begin = f"blocks of {curriculum.block_sentences} sentences from {place.block}" if place else "blocks"
            logger.info(f"{prefix}{begin}{f' to {end - 1}' if end else ''}, {_until(phase.until)}")
            place = Place(end, (*place.begun, end)) if place is not None and end is not None else None
        if phase.noise is not None and phase.noise.is_on:
            logger.info(f"{prefix}noise: {phase.noise.model_dump_json(exclude_defaults=True)}")
        planned = shares(values)
        for stream in curriculum.streams:
            logger.info(f"{prefix}{stream.name}: {stream.size} sentences, {planned[stream.name]:.1%} of tokens")


def _until(until: Until | None) -> str:
    if until is None:
        return "to the end"
    return f"{until.updates} updates" if until.updates is not None else f"{until.epochs:g} epochs of {until.of}"
