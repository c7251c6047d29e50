"""Where a submitted run stands: its own files, what its jobs wrote, and SLURM's answers, put together.

The keys of `vega status RUN --json` are stable; what is not known is null, "" or []:
run, cluster, note (why SLURM was not asked), jobs: [{
name (stage, or stage.part), stage,
state: finished, running, pending (SLURM has not started it), waiting (for `waits_for`), failed, cancelled, gone (SLURM
  does not know it, and it did not say that it has finished) or not submitted,
job (id), nodes, restarts, elapsed, left, limit_left (seconds: so far; until training is through; of the time limit),
reason (why it waits, or how it ended), start (local time, an estimate for what waits),
waits_for: [names], tasks: {done, running, pending, failed, total} of an array, else null,
update, max_update, tokens_per_second (of training), progress (words),
failure: null, or {reason, node, log, lines, tasks: [numbers]}
}].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from slurm import queue
from slurm.cancelled import cancelled_jobs
from slurm.events import END, RESUME, Event, read_events
from slurm.log_tail import last_lines
from slurm.queue import QueueState
from slurm.reasons import how_it_ended, why_it_waits
from slurm.record import Submitted, log_file, read_record
from vega.errors import UserError
from vega.exit_codes import STOPPED
from vega.recipe import Recipe
from vega.settings import TrainerSettings
from vega.stage_graph import build_stages
from vega.stages import Stage
from vega.status import StageStatus, stage_status, training_progress
from vega.strict_yaml import load
from vega.training_log import figures, last_update, latest, seconds_per_update

#: What a job that waits for others may find: then it never starts.
BROKEN = ("failed", "cancelled", "gone")


@dataclass(frozen=True)
class Failure:
    """A job's end: why, the node at fault or where it ran, its log and its last lines, and the tasks of an array."""

    reason: str
    node: str = ""
    log: str = ""
    lines: list[str] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """A job of the run, or a stage without one. The fields are described at the top of this file."""

    name: str
    stage: str
    state: str
    job: str = ""
    nodes: str = ""
    restarts: int = 0
    elapsed: float | None = None
    left: float | None = None
    limit_left: int | None = None
    reason: str = ""
    start: str = ""
    waits_for: list[str] = field(default_factory=list)
    tasks: dict[str, int] | None = None
    update: int | None = None
    max_update: int | None = None
    tokens_per_second: float | None = None
    progress: str = ""
    failure: Failure | None = None


@dataclass(frozen=True)
class RunStatus:
    """A submitted run."""

    run: Path
    cluster: str
    rows: list[Row]
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """With the keys at the top of this file."""
        rows = [asdict(row) for row in self.rows]
        return {"run": str(self.run), "cluster": self.cluster, "note": self.note, "jobs": rows}


def slurm_status(run: Path) -> RunStatus:
    """Ask SLURM and read the run's files. Without SLURM the states are those that the jobs wrote down, with a note."""
    run = Path(run).absolute()
    record = read_record(run)
    stages = build_stages(load(run / "recipe.yaml", Recipe), run)
    own = {stage.name: stage_status(stage) for stage in stages}
    settled = [job.id for job in record.jobs.values() if job.stage in own and own[job.stage].state == "finished"]
    note, known = "", None
    try:  # accounting is slow on a busy cluster, so of finished stages it is not asked
        known = queue.states({job.id: job.tasks for job in record.jobs.values()}, settled)
    except UserError as error:
        note = f"SLURM was not asked, so the states are what the jobs wrote: {error}"
    view = _View(run, known, read_events(run))
    rows: dict[str, Row] = {}
    for stage in stages:
        jobs = [job for job in record.jobs.values() if job.stage == stage.name]
        for job in jobs:
            rows[job.name] = _with_training(view.row(job, own[stage.name], rows), stage)
        if not jobs:
            rows[stage.name] = _without_job(own[stage.name])
    return RunStatus(run, record.cluster, list(rows.values()), note)


def _without_job(own: StageStatus) -> Row:
    state = own.state if own.state in ("finished", "running") else "not submitted"
    return Row(own.name, own.name, state, elapsed=own.seconds, progress=own.detail)


def _with_training(row: Row, stage: Stage) -> Row:
    """Add what the log of a training stage says."""
    if not isinstance(stage.settings, TrainerSettings) or row.state == "waiting":
        return row
    lines = figures(stage.folder / "train.log")
    update, pace, speed = last_update(lines), seconds_per_update(lines), latest(lines).get("tps")
    left = None
    if row.state == "running" and update is not None and pace is not None:
        left = max(0, stage.settings.max_update - update) * pace
    return replace(
        row,
        left=left,
        update=update,
        max_update=stage.settings.max_update,
        tokens_per_second=float(speed) if speed else None,
        progress=training_progress(stage.folder / "train.log"),
    )


class _View:
    """What is known of the jobs of a run. `known` is None where SLURM could not be asked."""

    def __init__(self, run: Path, known: Sequence[QueueState] | None, events: Sequence[Event]) -> None:
        self.asked = known is not None
        self.queue = {(state.id, state.task): state for state in known or ()}
        self.cancelled = cancelled_jobs(run)
        self.last = {(event.job, event.task): event for event in events if event.event != RESUME}

    def event(self, job: Submitted, task: int | None) -> Event | None:
        """What the last submission of a job wrote last, or the last one that had work for a task of an array."""
        event = self.last.get((job.name, task))
        return event if event and (task is not None or event.id == job.id) else None

    def row(self, job: Submitted, own: StageStatus, before: dict[str, Row]) -> Row:
        """The row of a job; `own` is what its stage's folder says, `before` the rows of earlier jobs."""
        return self._array(job, own, before) if job.tasks else self._single(job, own, before)

    def _single(self, job: Submitted, own: StageStatus, before: dict[str, Row]) -> Row:
        state, reason = self._state(job, None, own.state == "finished")
        found = self.queue.get((job.id, None)) or QueueState(job.id, None, "")
        event = self.event(job, None)
        row = Row(
            name=job.name,
            stage=job.stage,
            state=state,
            job=job.id,
            nodes=found.nodes or (event.nodes if event else ""),
            restarts=max(found.restarts, event.restart if event else 0),
            elapsed=found.elapsed or (own.seconds if state == "finished" and job.name == job.stage else None),
            limit_left=found.left if state == "running" else None,
            reason=reason,
            start=found.start if state == "pending" else "",
            waits_for=self._waits_for(job, before) if state == "waiting" else [],
        )
        return replace(row, failure=self._failure(job, None, reason)) if state == "failed" else row

    def _array(self, job: Submitted, own: StageStatus, before: dict[str, Row]) -> Row:
        """The tasks counted; what makes the row's state is, in this order, running, pending, failed tasks."""
        done = own.state == "finished"
        found = {task: self._state(job, task, done) for task in range(job.tasks)}
        groups: dict[str, list[int]] = {}
        for task, (state, _) in found.items():
            groups.setdefault(state, []).append(task)
        order = ("running", "pending", "waiting", "failed", "gone", "cancelled", "finished")
        state = next(name for name in order if name in groups)
        first = groups[state][0]
        queued = [known for task in groups.get("running", []) if (known := self.queue.get((job.id, task)))]
        failed = sorted(task for name in BROKEN for task in groups.get(name, []))
        counts = {
            "done": len(groups.get("finished", [])),
            "running": len(groups.get("running", [])),
            "pending": len(groups.get("pending", [])) + len(groups.get("waiting", [])),
            "failed": len(failed),
            "total": job.tasks,
        }
        row = Row(
            name=job.name,
            stage=job.stage,
            state=state,
            job=job.id,
            nodes=",".join(dict.fromkeys(known.nodes for known in queued)),
            restarts=sum(known.restarts for key, known in self.queue.items() if key[0] == job.id),
            elapsed=max((known.elapsed or 0 for known in queued), default=None),
            reason=found[first][1] if state != "running" else "",
            waits_for=self._waits_for(job, before) if state == "waiting" else [],
            tasks=counts,
        )
        if tasks := groups.get("failed"):
            failure = self._failure(job, tasks[0], found[tasks[0]][1])
            return replace(row, failure=replace(failure, tasks=tasks))
        return row

    def _state(self, job: Submitted, task: int | None, stage_finished: bool) -> tuple[str, str]:
        """One of our words for a job or task, and why."""
        found = self.queue.get((job.id, task))
        if found and found.alive:
            return _in_queue(found)
        event = self.event(job, task)
        if stage_finished or (event and event.verdict == "done"):
            return "finished", ""
        if found:
            return self._ended(found, event, job)
        if not self.asked:
            return _as_written(event)
        if job.name in self.cancelled and not (event and event.verdict == "stop" and not _by_signal(event)):
            return "cancelled", ""
        if event and event.verdict == "stop":
            return "failed", event.reason
        if task is not None and job.earlier and event is None:
            return "finished", ""  # its work was done when the array was submitted again
        return "gone", "SLURM does not know it any more" + (f"; {event.reason}" if event and event.reason else "")

    def _ended(self, found: QueueState, event: Event | None, job: Submitted) -> tuple[str, str]:
        """A job that SLURM still knows, and that has not said that all is done."""
        if found.state == "CANCELLED":
            return "cancelled", ""
        if found.state == "COMPLETED":
            part = job.name != job.stage  # leaves no manifest
            return ("finished", "") if part else ("failed", "it ended well, but the stage has not finished")
        how = how_it_ended(found.state, found.exit_code)
        told = event.reason if event and event.event == END and event.verdict == "stop" else ""
        return "failed", f"{told} ({how})" if told else how

    def _waits_for(self, job: Submitted, before: dict[str, Row]) -> list[str]:
        return [name for name in job.after if name not in before or before[name].state != "finished"]

    def _failure(self, job: Submitted, task: int | None, reason: str) -> Failure:
        event = self.event(job, task)
        found = self.queue.get((job.id, task))
        node = (event.node or event.nodes if event else "") or (found.nodes if found else "")
        log = log_file(job, task)
        return Failure(reason, node, str(log), last_lines(log))


def _in_queue(found: QueueState) -> tuple[str, str]:
    """A job that waits or runs."""
    if found.state != "PENDING":
        return "running", "" if found.state == "RUNNING" else found.state.lower()
    if found.reason.startswith("Dependency"):
        return "waiting", found.reason
    if found.restarts and found.reason == "BeginTime":
        return "pending", "put back into the queue"
    return "pending", why_it_waits(found.reason, found.id)


def _by_signal(event: Event) -> bool:
    """Whether the job ended because it was asked to."""
    return event.status is not None and (event.status == STOPPED or event.status > 128)


def _as_written(event: Event | None) -> tuple[str, str]:
    """What the job itself wrote last, where SLURM cannot be asked."""
    if event is None:
        return "pending", "it has not begun"
    if event.event != END:
        return "running", ""
    return ("failed", event.reason) if event.verdict == "stop" else ("pending", event.reason)
