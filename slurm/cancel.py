"""`vega cancel`: end the jobs of a run, and keep those that stop from putting themselves back."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from slurm import queue
from slurm.cancelled import add_cancelled
from slurm.permission import permitted
from slurm.record import Submitted, read_record, was_submitted
from vega.errors import UserError
from vega.recipe import Recipe
from vega.stage_graph import build_stages
from vega.stages import select
from vega.strict_yaml import load


def cancel(run: Path, names: Sequence[str] | None = None) -> list[str]:
    """Cancel what is queued or runs, or only the jobs of the stages named, with those that wait for them.

    Returns lines that say what was done. Nothing to cancel is no error.
    """
    run = Path(run).absolute()
    require_submitted(run)
    record = read_record(run)
    jobs = chosen(run, list(record.jobs.values()), names)
    with permitted(run):  # first: a job that is stopped asks whether it may put itself back
        add_cancelled(run, [job.name for job in jobs])
    alive = queue.alive([job.id for job in jobs])
    ended = [job for job in jobs if job.id in alive]
    queue.scancel([job.id for job in ended])
    if not ended:
        return [f"{run}: no job is queued or running."]
    go_on = f"Go on with: vega resume {shlex.quote(str(run))}"
    return [*(f"{job.name}: job {job.id} cancelled" for job in ended), go_on]


def require_submitted(run: Path) -> None:
    """UserError where a run was never given to SLURM."""
    if not was_submitted(run):
        raise UserError(f"{run} was not submitted: it has no slurm/jobs.json. vega submit RECIPE --cluster FILE")


def chosen(run: Path, jobs: Sequence[Submitted], names: Sequence[str] | None) -> list[Submitted]:
    """The jobs of the stages named, and all that wait for one of them; None means all."""
    if names is None:
        return list(jobs)
    stages = build_stages(load(run / "recipe.yaml", Recipe), run)
    wanted = {stage.name for stage in select(stages, names)}
    found: dict[str, Submitted] = {}
    for job in jobs:
        if job.stage in wanted or any(name in found for name in job.after):
            found[job.name] = job
    return list(found.values())
