"""The stages of a recipe's `steps`: what is made of trained models, and the systems that come of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from vega.errors import UserError
from vega.recipe import Recipe, covers
from vega.settings import (
    AverageSettings,
    AverageStep,
    EnsembleSettings,
    FuseSettings,
    FuseStep,
    MbrSettings,
    NamedModel,
    OfSeveral,
    ProbeSettings,
    RerankSettings,
    RerankStep,
    SoupSettings,
    Step,
    System,
    TrainerOptions,
    TrainSettings,
    TrainStep,
    TuneStep,
)
from vega.stages import Stage, best_checkpoint, options
from vega.tuning_stages import tuning_stages

#: Kinds of steps that make a way of decoding, not a model.
DECODERS = ("ensemble", "rerank", "mbr")


class Place(NamedTuple):
    """Where steps find what they need: the run's folder and the stage whose text models are trained on."""

    recipe: Recipe
    run: Path
    data: str

    def stage_of(self, name: str) -> str:
        """The stage that made the model that a recipe calls so."""
        if name in ("train", "pretrain") or name.startswith("finetune-"):
            return name
        if name in [entry.name for entry in self.recipe.synthesis]:
            return f"train-{name}"
        return stage_name(next(step for step in self.recipe.steps if step.name == name))

    def model(self, name: str) -> NamedModel:
        return NamedModel(name=name, checkpoint=best_checkpoint(self.run / self.stage_of(name)))

    def training(self, name: str) -> TrainerOptions:
        """How the model that a recipe calls so is trained; UserError where it is made in another way."""
        recipe, made = self.recipe, {step.name: step for step in self.recipe.steps}
        if name == "train":
            return recipe.train
        if name == "pretrain":
            return recipe.pretrain_options()
        if isinstance(step := made.get(name), TrainStep):
            return recipe.step_options(step)
        for tuned in recipe.finetune:
            if name == f"finetune-{tuned.name}":
                return recipe.finetune_options(tuned)
        for entry in recipe.synthesis:
            if name == entry.name:
                return recipe.train_options(entry)
        raise UserError(f"steps: '{name}' is no training, it has no checkpoints to average. Name it under `models`.")

    def models(self, names: list[str]) -> list[NamedModel]:
        return [self.model(name) for name in names]

    def directions(self, step: Step) -> list[str]:
        """Those of the step; of all that are trained those that a dev set has."""
        valid = self.recipe.corpora.valid
        return step.directions or [str(each) for each in self.recipe.train_directions() if covers(valid, each)]

    def dev(self, step: Step) -> dict[str, Any]:
        """What dev sentences are, for a step that judges by them."""
        return {
            "data": self.run / self.data,
            "valid": self.recipe.corpora.valid,
            "directions": self.directions(step),
        }


def stage_name(step: Step) -> str:
    """The stage, and folder, of a step's result."""
    if isinstance(step, TrainStep):
        return f"train-{step.name}" if step.start == "scratch" else f"finetune-{step.name}"
    return f"{step.kind}-{step.name}"


def step_stages(recipe: Recipe, run: Path, data: str) -> list[Stage]:
    """The stages of all steps, in order; `data` is the binarize stage of the last text."""
    place = Place(recipe, run, data)
    for step in recipe.steps:
        if getattr(step, "to", "fairseq") == "sharded":
            raise UserError(f"steps: {step.name}: to: sharded is for `vega {step.kind}` alone; steps read .pt files.")
    return [stage for step in recipe.steps for stage in _BUILDERS[step.kind](place, step)]


def step_systems(recipe: Recipe, run: Path, data: str) -> list[System]:
    """What the steps make that translates."""
    place = Place(recipe, run, data)
    systems = []
    for step in recipe.steps:
        folder, directions = run / stage_name(step), step.directions or None
        if step.kind in DECODERS:
            used = place.models(step.uses())
            systems.append(System(name=step.name, kind="decoder", decoder=folder, models=used, directions=directions))
        elif step.kind != "probe":
            systems.append(System(name=step.name, checkpoint=best_checkpoint(folder), directions=directions))
    return systems


def _stage(place: Place, step: Step, command: str, settings: type[BaseModel], **given: Any) -> list[Stage]:
    """The stage with the step's own options, and the inputs `given`."""
    name = stage_name(step)
    own = {key: getattr(step, key) for key in settings.model_fields.keys() & type(step).model_fields - given.keys()}
    upstream = (place.data, *dict.fromkeys(place.stage_of(used) for used in step.uses()))
    return [Stage(name, command, settings(**own, **given), place.run / name, upstream)]


def _train(place: Place, step: TrainStep) -> list[Stage]:
    start = None if step.start == "scratch" else place.model(step.start).checkpoint
    settings = TrainSettings(
        **options(place.recipe.step_options(step)),
        data=place.run / place.data,
        directions=step.directions or [str(each) for each in place.recipe.train_directions()],
        init_from=start,
    )
    upstream = (place.data, *(place.stage_of(used) for used in step.uses()))
    return [Stage(stage_name(step), "finetune" if start else "train", settings, place.run / stage_name(step), upstream)]


def _average(place: Place, step: AverageStep) -> list[Stage]:
    if step.model:
        _check_checkpoints(step, place.training(step.model))
    folder = place.run / place.stage_of(step.model) / "checkpoints" if step.model else None
    given = {"checkpoints": folder, "models": place.models(step.models), **place.dev(step)}
    return _stage(place, step, "average", AverageSettings, **given)


def _check_checkpoints(step: AverageStep, training: TrainerOptions) -> None:
    """UserError where training will not have kept what is to be averaged: said before it trains."""
    if step.ema and not training.ema_decay:
        raise UserError(f"steps: {step.name} averages ema, which {step.model} does not keep. Set its ema_decay: 0.999.")
    for wanted, key, kept in (
        (step.last, "keep_checkpoints", training.keep_checkpoints),
        (step.best, "keep_best", training.keep_best),
    ):
        if wanted is not None and wanted > kept:
            raise UserError(
                f"steps: {step.name} averages {wanted} checkpoints, of which {step.model} keeps {kept}. Set its "
                f"{key}: {wanted}."
            )


def _fuse(place: Place, step: FuseStep) -> list[Stage]:
    given = {"first": place.model(step.first), "second": place.model(step.second), **place.dev(step)}
    return _stage(place, step, "fuse", FuseSettings, **given)


def _of_several(command: str, settings: type[BaseModel]) -> Callable[[Place, Any], list[Stage]]:
    def build(place: Place, step: OfSeveral) -> list[Stage]:
        return _stage(place, step, command, settings, models=place.models(step.models), **place.dev(step))

    return build


def _rerank(place: Place, step: RerankStep) -> list[Stage]:
    scorers = {
        key: place.model(name) if name else None
        for key, name in (("right_to_left", step.right_to_left), ("channel", step.channel))
    }
    given = {"models": place.models(step.models), **scorers, **place.dev(step)}
    return _stage(place, step, "rerank", RerankSettings, **given)


def _tune(place: Place, step: TuneStep) -> list[Stage]:
    return tuning_stages(place.recipe, place.run, step, place.model(step.model).checkpoint, place.data)


_BUILDERS: dict[str, Callable[[Place, Any], list[Stage]]] = {
    "train": _train,
    "average": _average,
    "fuse": _fuse,
    "soup": _of_several("soup", SoupSettings),
    "ensemble": _of_several("ensemble", EnsembleSettings),
    "rerank": _rerank,
    "mbr": _of_several("mbr", MbrSettings),
    "tune": _tune,
    "probe": _of_several("probe", ProbeSettings),
}
