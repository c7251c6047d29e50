"""Turn a recipe into jobs and give them to SLURM: write settings and scripts, submit, record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slurm import queue
from slurm.cluster import Cluster, check_stages
from slurm.events import now
from slurm.jobs import Job, plan_jobs
from slurm.permission import permitted
from slurm.record import (
    Record,
    Submitted,
    cancelled_path,
    cluster_path,
    log_pattern,
    read_record,
    script_path,
    slurm_folder,
    write_record,
)
from slurm.script import render
from vega.atomic import write_text
from vega.decisions import Decision, foresee
from vega.errors import UserError
from vega.lock import hold
from vega.manifest import NAME as MANIFEST
from vega.progress import say
from vega.recipe import Recipe
from vega.stage_graph import build_stages
from vega.stage_run import IN_PLACE, STARTED, discard
from vega.stages import Stage, select
from vega.strict_yaml import dump


@dataclass(frozen=True)
class Submission:
    """What will be submitted: the jobs with their scripts, and why each stage has something to do."""

    run: Path
    recipe: Recipe
    cluster: Cluster
    jobs: list[Job]
    scripts: dict[str, str]
    reasons: dict[str, str]
    project: Path
    force: bool = False


def prepare(
    recipe: Recipe, run: Path, cluster: Cluster, names: Sequence[str] | None = None, force: bool = False
) -> Submission:
    """Find out what there is to do and make the scripts. Writes nothing."""
    run = Path(run).absolute()
    _check_shared(run, cluster)
    stages = build_stages(recipe, run)
    check_stages(cluster, stages)
    decisions = foresee(stages, select(stages, names), force)
    jobs = plan_jobs([decision.stage for decision in decisions if decision.runs], cluster)
    project = Path.cwd()
    scripts = {job.name: render(job, run, cluster, project) for job in jobs}
    return Submission(run, recipe, cluster, jobs, scripts, _reasons(decisions), project, force)


def describe(submission: Submission) -> str:
    """The graph of dependencies and all scripts, for `vega submit --print`."""
    lines = [*graph(submission), ""]
    for name, script in submission.scripts.items():
        lines += [f"# ---- {script_path(submission.run, name)}", script]
    return "\n".join(lines)


def graph(submission: Submission) -> list[str]:
    """A line per job: what it waits for and what it asks for."""
    if not submission.jobs:
        return ["All stages have finished: nothing to submit."]
    width = max(len(job.name) for job in submission.jobs)
    lines = []
    for job in submission.jobs:
        wanted = job.resources
        size = f"{wanted.nodes or 1} node{'s' if (wanted.nodes or 1) > 1 else ''}"
        size += f" x {wanted.tasks_per_node} tasks" if job.kind == "train" else ""
        size += f", {wanted.gpus_per_node} GPUs each" if wanted.gpus_per_node else ""
        size += f", array of {job.tasks}" if job.tasks else ""
        after = f"after {', '.join(job.after)}" if job.after else "at once"
        lines.append(f"{job.name:{width}}  {after}; {size}; {submission.reasons[job.stage.name]}")
    return lines


def submit(submission: Submission, only_tasks: dict[str, list[int]] | None = None) -> Record:
    """Write settings and scripts, give the jobs to SLURM, and record them.

    `only_tasks` names tasks of arrays that have something left to do; the others are left out. When SLURM refuses a
    job, those submitted before it are withdrawn.
    """
    run = submission.run
    with permitted(run), hold(slurm_folder(run) / ".lock", f"The submission of {run}"):
        _refuse_twice(run, submission.jobs)
        write_text(run / "recipe.yaml", dump(submission.recipe.complete()))
        write_text(cluster_path(run), dump(submission.cluster))
        slurm_folder(run).joinpath("log").mkdir(exist_ok=True)
        for stage in {job.stage.name: job.stage for job in submission.jobs}.values():
            if submission.force:
                _forget(stage)
        for job in submission.jobs:
            write_text(job.stage.folder / "settings.yaml", dump(job.stage.settings))
            write_text(script_path(run, job.name), submission.scripts[job.name])
        cancelled_path(run).unlink(missing_ok=True)
        return _send(submission, only_tasks or {})


def _forget(stage: Stage) -> None:
    """Let a finished stage be done again. Not by --force in its script: that would begin anew at every restart."""
    if stage.command not in IN_PLACE:
        discard(stage.folder)
    elif stage.folder.exists():
        write_text(stage.folder / STARTED, json.dumps({"key": ""}))
        (stage.folder / MANIFEST).unlink(missing_ok=True)


def _send(submission: Submission, only_tasks: dict[str, list[int]]) -> Record:
    run = submission.run
    record = Record(submission.cluster.name, str(submission.project), read_record(run).jobs)
    sent: dict[str, str] = {}
    try:
        for job in submission.jobs:
            script = script_path(run, job.name)
            after = [sent.get(name) or record.jobs[name].id for name in job.after]
            sent[job.name] = queue.sbatch(script, after, _tasks(job, only_tasks.get(job.name)))
            record = record.having(
                Submitted(
                    name=job.name,
                    stage=job.stage.name,
                    id=sent[job.name],
                    after=list(job.after),
                    script=str(script),
                    log=str(log_pattern(run, job.name, job.tasks)),
                    submitted=now(),
                    tasks=job.tasks,
                )
            )
            write_record(run, record)
            say(f"{job.name}: job {sent[job.name]}")
    except BaseException:
        queue.scancel(list(sent.values()))
        raise
    return record


def _tasks(job: Job, only: Sequence[int] | None) -> str:
    """The value of --array where not all tasks are submitted, else nothing: the script has it."""
    if only is None:
        return ""
    return ",".join(map(str, only)) + (f"%{job.throttle}" if job.throttle else "")


def _reasons(decisions: Sequence[Decision]) -> dict[str, str]:
    return {decision.stage.name: decision.reason for decision in decisions}


def _check_shared(run: Path, cluster: Cluster) -> None:
    if cluster.shared and not any(run.is_relative_to(folder) for folder in cluster.shared):
        folders = ", ".join(map(str, cluster.shared))
        raise UserError(f"The run {run} is in no folder that all nodes of {cluster.name} see ({folders}). Use --run.")


def _refuse_twice(run: Path, jobs: Sequence[Job]) -> None:
    """A stage whose jobs are still in the queue is not submitted again."""
    stages = {job.stage.name for job in jobs}
    before = {job.id: job.name for job in read_record(run).jobs.values() if job.stage in stages}
    alive = queue.alive(list(before)) if before else set()
    if alive:
        named = ", ".join(f"{before[job]} (job {job})" for job in sorted(alive))
        raise UserError(f"{run}: still queued or running: {named}. Wait, or `vega cancel {run}` first.")
