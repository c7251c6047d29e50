"""Which jobs a run becomes: one for each stage that has something to do, several where synthesis is an array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from slurm.cluster import Cluster, Resources
from vega.errors import UserError
from vega.recipe import Recipe
from vega.settings import SynthesizeSettings, TrainerOptions, TrainerSettings
from vega.settings.base import OnRay
from vega.stage_graph import build_stages
from vega.stages import Stage

Options = TypeVar("Options", bound=TrainerOptions)
Kind = Literal["plain", "ray", "train"]
#: Parts of array synthesis, in their order (see data_pipeline.synthesis).
PREPARE, SCORE, MAKE = "prepare", "score", "make"


@dataclass(frozen=True)
class Job:
    """A job: `name` is its stage's, with the part where there are several. `after` names jobs that must succeed first.

    A plain job is one process, ray a process on every node of a Ray cluster, train one on every GPU. With `tasks` it is
    an array of so many.
    """

    name: str
    kind: Kind
    stage: Stage
    resources: Resources
    after: tuple[str, ...] = ()
    part: str = ""
    tasks: int = 0
    throttle: int = 0


def plan_jobs(stages: Sequence[Stage], cluster: Cluster) -> list[Job]:
    """The jobs of `stages`, in an order in which they can be submitted. Stages that are not there have finished."""
    jobs: list[Job] = []
    last: dict[str, str] = {}
    for stage in stages:
        after = tuple(last[name] for name in stage.upstream if name in last)
        jobs += _stage_jobs(stage, cluster, after)
        last[stage.name] = jobs[-1].name
    return jobs


def _stage_jobs(stage: Stage, cluster: Cluster, after: tuple[str, ...]) -> Iterator[Job]:
    resources = cluster.resources(stage)
    if isinstance(stage.settings, TrainerSettings):
        yield _training(stage, stage.settings, resources, after)
        return
    resources = resources.model_copy(update={"gpus_per_node": _gpus(stage, cluster, resources), "tasks_per_node": 1})
    if isinstance(stage.settings, OnRay) and stage.settings.workers == 0 and resources.cpus_per_task:
        stage = _with(stage, workers=resources.cpus_per_task)
    single = resources.model_copy(update={"nodes": 1})
    if isinstance(stage.settings, SynthesizeSettings) and cluster.array.tasks:
        for part in _parts(stage.settings):
            tasks, throttle = (0, 0) if part == PREPARE else (cluster.array.tasks, cluster.array.throttle)
            name = f"{stage.name}.{part}"
            yield Job(name, "plain", stage, single, after, part, tasks, throttle)
            after = (name,)
        yield Job(stage.name, "plain", stage, single, after)
    elif isinstance(stage.settings, OnRay) and (resources.nodes or 1) > 1 and not stage.settings.address:
        yield Job(stage.name, "ray", _with(stage, workers=0), resources, after)
    else:
        yield Job(stage.name, "plain", stage, single, after)


def _training(stage: Stage, settings: TrainerSettings, resources: Resources, after: tuple[str, ...]) -> Job:
    """The number of processes is the cluster's where it states nodes or GPUs, else the recipe's."""
    nodes = resources.nodes or settings.nodes
    stated = resources.tasks_per_node or resources.gpus_per_node
    if stated is None and settings.processes % nodes:
        raise UserError(
            f"Stage {stage.name}: {settings.processes} processes cannot be spread evenly over {nodes} nodes."
        )
    tasks = stated or settings.processes // nodes
    processes = nodes * tasks
    if settings.batches_per_update % processes:
        raise UserError(
            f"Stage {stage.name}: batches_per_update {settings.batches_per_update} cannot be shared evenly by "
            f"{nodes} nodes x {tasks} processes. Make it a multiple of {processes}: --set "
            f"{stage.command}.batches_per_update={processes}"
        )
    resources = resources.model_copy(update={"nodes": nodes, "tasks_per_node": tasks})
    return Job(stage.name, "train", _with(stage, nodes=nodes, processes=processes), resources, after)


def on_cluster(recipe: Recipe, cluster: Cluster) -> Recipe:
    """The recipe with as many processes of each training as the cluster file says, for a plan."""
    jobs = {job.name: job for job in plan_jobs(build_stages(recipe, Path("runs") / recipe.name), cluster)}

    def sized(options: Options, stage: str) -> Options:
        settings = jobs[stage].stage.settings
        assert isinstance(settings, TrainerSettings)
        return options.model_copy(update={"processes": settings.processes, "nodes": settings.nodes})

    rounds = [
        entry.model_copy(update={"train": sized(entry.train, f"train-{entry.name}")}) for entry in recipe.synthesis
    ]
    tuned = [sized(entry, f"finetune-{entry.name}") for entry in recipe.finetune]
    changed = {"train": sized(recipe.train, "train"), "synthesis": rounds, "finetune": tuned}
    if recipe.pretrain is not None:
        changed["pretrain"] = sized(recipe.pretrain, "pretrain")
    return recipe.model_copy(update=changed)


def _gpus(stage: Stage, cluster: Cluster, resources: Resources) -> int | None:
    """GPUs of a stage that does not train: as stated for it, else one for translation and all for synthesis."""
    for name in (stage.name, stage.command):
        if name in cluster.stages and cluster.stages[name].gpus_per_node is not None:
            return cluster.stages[name].gpus_per_node
    if not resources.gpus_per_node:
        return resources.gpus_per_node
    if isinstance(stage.settings, SynthesizeSettings):
        return 1 if cluster.array.tasks else resources.gpus_per_node
    return 1 if stage.command == "translate" else None


def _parts(settings: SynthesizeSettings) -> list[str]:
    """Cycle translation needs the scores of all text before it knows which of it to translate."""
    cycle = any(step.cycle_translation for step in settings.steps)
    return [PREPARE, SCORE, MAKE] if cycle else [PREPARE, MAKE]


def _with(stage: Stage, **settings: object) -> Stage:
    """The stage with settings that change its speed only."""
    return replace(stage, settings=stage.settings.model_copy(update=settings))
