"""`vega resume`: put back what has neither finished nor is queued, after whatever it waits for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slurm import queue
from slurm.cancel import require_submitted
from slurm.cancelled import cancelled_jobs
from slurm.cluster import Cluster, load_cluster
from slurm.events import RESUME, Event, append
from slurm.jobs import Job, plan_jobs
from slurm.permission import permitted
from slurm.queue import QueueState
from slurm.record import Record, Submitted, cluster_path, read_record
from slurm.script import render
from slurm.submit import Submission, submit
from vega.decisions import decide
from vega.errors import UserError
from vega.recipe import Recipe
from vega.stage_graph import build_stages
from vega.stages import Stage
from vega.strict_yaml import load


@dataclass(frozen=True)
class _Resumption:
    """Stages to put back with the reason, those that are queued, and jobs in the queue that would never start."""

    again: dict[str, str]
    queued: list[str]
    stale: list[str]


def resume(run: Path) -> list[str]:
    """Submit again what failed, was cancelled or was lost, and what waited for it, with the run's own recipe and
    cluster file. Returns lines that say what is left as it is.
    """
    run = Path(run).absolute()
    require_submitted(run)
    recipe, cluster = load(run / "recipe.yaml", Recipe), load_cluster(cluster_path(run))
    record = read_record(run)
    stages = build_stages(recipe, run)
    known = queue.states({job.id: job.tasks for job in record.jobs.values()})
    _check_stopped(run, record, known)
    found = _look(stages, record, known)
    said = [f"{name}: queued or running" for name in found.queued]
    if not found.again:
        return [*said, f"{run}: nothing to resume."]
    queue.scancel(found.stale)
    jobs, only_tasks = _jobs([stage for stage in stages if stage.name in found.again], cluster, record, found.queued)
    project = Path(record.project)
    scripts = {job.name: render(job, run, cluster, project) for job in jobs}
    with permitted(run):
        append(run, Event(RESUME))
    submit(Submission(run, recipe, cluster, jobs, scripts, found.again, project), only_tasks)
    return said


def _check_stopped(run: Path, record: Record, known: Sequence[QueueState]) -> None:
    """UserError where cancelled jobs have not ended yet: what waits for them would never start."""
    alive = {state.id for state in known if state.alive}
    stopping = [name for name in sorted(cancelled_jobs(run)) if name in record.jobs and record.jobs[name].id in alive]
    if stopping:
        raise UserError(f"{run}: still stopping after vega cancel: {', '.join(stopping)}. Try again in a minute.")


def _look(stages: list[Stage], record: Record, known: Sequence[QueueState]) -> _Resumption:
    """Only stages that were submitted count: what the user left out stays out."""
    submitted = {name: [job for job in record.jobs.values() if job.stage == name] for name in _names(record)}
    found = _Resumption({}, [], [])
    for stage in stages:
        jobs = submitted.get(stage.name)
        if not jobs:
            continue
        alive = [state for state in known if state.alive and state.id in {job.id for job in jobs}]
        broken = next((name for name in stage.upstream if name in found.again), None)
        if broken:
            found.again[stage.name] = f"after {broken}"
            found.stale.extend(sorted({state.id for state in alive}))
        elif alive and not all(state.never_starts for state in alive):
            _check_whole(stage, jobs, alive)
            found.queued.append(stage.name)
        elif reason := _unfinished(stage, found):
            found.again[stage.name] = reason
            found.stale.extend(sorted({state.id for state in alive}))
    return found


def _names(record: Record) -> list[str]:
    return list(dict.fromkeys(job.stage for job in record.jobs.values()))


def _check_whole(stage: Stage, jobs: list[Submitted], alive: list[QueueState]) -> None:
    """UserError where some of a stage's jobs run and the others can never start."""
    if any(state.never_starts for state in alive):
        running = ", ".join(job.name for job in jobs if any(s.id == job.id and not s.never_starts for s in alive))
        raise UserError(
            f"Stage {stage.name} has failed in part, and {running} still runs. Wait until that has ended, or "
            f"vega cancel RUN --stages {stage.name}; then vega resume puts back what is missing."
        )


def _unfinished(stage: Stage, found: _Resumption) -> str:
    """Why the stage has something to do; "" if it has not. The stages before it have finished, or are queued."""
    if any(name in found.queued for name in stage.upstream):
        return "was not queued any more"
    decision = decide(stage)
    return decision.reason if decision.runs else ""


def _jobs(
    stages: list[Stage], cluster: Cluster, record: Record, queued: Sequence[str]
) -> tuple[list[Job], dict[str, list[int]]]:
    """The jobs of `stages`, after what is queued; of arrays that were begun the tasks that are missing."""
    jobs: list[Job] = []
    only_tasks: dict[str, list[int]] = {}
    dropped: dict[str, tuple[str, ...]] = {}
    for job in plan_jobs(stages, cluster):
        # The last job of a stage has its name; the first of its jobs is the one that waits for other stages.
        first = not any(other.stage.name == job.stage.name for other in jobs)
        after = [name for name in job.stage.upstream if name in queued and name in record.jobs] if first else []
        job = replace(job, after=_after((*after, *job.after), dropped))
        missing = _missing_parts(job) if job.part and job.name in record.jobs else None
        if missing == []:
            dropped[job.name] = job.after
            continue
        jobs.append(job)
        if missing is not None and job.tasks:
            only_tasks[job.name] = missing
    return jobs, only_tasks


def _after(names: tuple[str, ...], dropped: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Instead of a job that is left out, what it would have waited for."""
    found: list[str] = []
    for name in names:
        found += dropped.get(name, (name,))
    return tuple(dict.fromkeys(found))


def _missing_parts(job: Job) -> list[int] | None:
    """The parts of array synthesis that have something to do, as `vega synthesize --part` says; None: all may have."""
    settings = job.stage.folder / "settings.yaml"
    part = f"{job.part}:?/{job.tasks}" if job.tasks else f"{job.part}:?"
    command = [sys.executable, "-m", "vega", job.stage.command, str(settings), "--output", str(job.stage.folder)]
    done = subprocess.run([*command, "--part", part], capture_output=True, text=True)
    if done.returncode != 0:
        return None
    answer = done.stdout.strip()
    return [int(number) for number in answer.split(",")] if answer else []
