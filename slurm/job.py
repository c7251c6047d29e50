"""What a batch script asks at its beginning and end: `python -m slurm.job begin RUN JOB`, `... end RUN JOB STATUS`.

`begin` prints where the processes of the job meet, for `eval`: MASTER_ADDR and MASTER_PORT. `end` prints what follows
(`slurm.verdict`), and says on standard error why. Both note it in RUN/slurm/events.jsonl.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from slurm import events, job_log, verdict
from slurm.cancelled import cancelled_jobs
from slurm.cluster import load_cluster
from slurm.hostlist import expand
from slurm.record import cluster_path, filled_in, log_pattern, read_record
from slurm.rendezvous import address, free_port
from vega.errors import UserError
from vega.log_end import read_end
from vega.manifest import read_manifest
from vega.progress import say
from vega.training_log import figures, last_update

#: A disk with fewer bytes free is full, one of less than 100 times as many with less than a hundredth.
ROOM = 64 * 2**20
#: The status of a job that has not done its work, whatever srun says.
UNFINISHED = 1
#: How much of the end of a job's log is read.
TAIL = 4_000_000
#: The status of work that nobody could ask for one.
KILLED = 128 + signal.SIGTERM


@dataclass(frozen=True)
class Here:
    """The job that this process belongs to, as SLURM tells it: `array` is the id that a job array goes by."""

    run: Path
    name: str
    id: str
    array: str
    task: int | None
    restart: int
    nodes: str
    tasks_per_node: int

    @classmethod
    def read(cls, run: Path, name: str, environment: Mapping[str, str]) -> Here:
        """UserError outside a job."""
        job = environment.get("SLURM_JOB_ID", "")
        if not job.isdecimal():
            raise UserError("SLURM_JOB_ID is not set: slurm.job is for batch scripts. Submit the script with sbatch.")
        task = environment.get("SLURM_ARRAY_TASK_ID")
        restart = environment.get("SLURM_RESTART_COUNT", "0")
        tasks = environment.get("SLURM_NTASKS_PER_NODE", "1")
        return cls(
            run=Path(run).absolute(),
            name=name,
            id=job,
            array=environment.get("SLURM_ARRAY_JOB_ID", job),
            task=None if task is None else int(task),
            restart=int(restart),
            nodes=environment.get("SLURM_JOB_NODELIST", ""),
            tasks_per_node=int(tasks) if tasks.isdecimal() else 1,
        )

    @property
    def key(self) -> tuple[str, str, int | None]:
        """What tells the job from others."""
        return self.name, self.id, self.task

    @property
    def log(self) -> Path:
        """What the job has written so far, all its restarts."""
        return filled_in(log_pattern(self.run, self.name, 0 if self.task is None else 1), self.array, self.task)

    @property
    def stage(self) -> str:
        """The stage that the job belongs to; a part of it is named after it."""
        submitted = read_record(self.run).jobs.get(self.name)
        return submitted.stage if submitted else self.name.partition(".")[0]

    def event(self, kind: str) -> events.Event:
        return events.Event(
            event=kind, job=self.name, id=self.id, task=self.task, restart=self.restart, nodes=self.nodes
        )


def begin(here: Here, interface: str) -> str:
    """Note that the job begins; shell text that exports where its processes meet."""
    _note_missing_end(here)
    say(job_log.marker(here.id, here.restart))
    _note(here.run, here.event(events.BEGIN))
    port = free_port(int(here.id), here.restart)
    return f"export MASTER_ADDR={shlex.quote(address(interface))} MASTER_PORT={port}"


def end(here: Here, status: int) -> str:
    """Note that the job's work has ended with `status`; what follows, as one line."""
    if status == 0 and here.stage == here.name and read_manifest(here.run / here.stage) is None:
        say(f"vega: srun ended with 0, as it does when it loses the first node, but {here.stage} has no manifest.json.")
        status = UNFINISHED
    decision = _note_end(here, status)
    say(f"vega: {decision.verdict}. {decision.reason}")
    return decision.verdict


def _note_missing_end(here: Here) -> None:
    """SLURM itself starts a job again when a node dies or somebody requeues it: then nobody has called `end`."""
    mine = [event for event in events.read_events(here.run) if (event.job, event.id, event.task) == here.key]
    if mine and mine[-1].event == events.BEGIN:
        _note_end(replace(here, restart=mine[-1].restart, nodes=mine[-1].nodes), KILLED)


def _note_end(here: Here, status: int) -> verdict.Decision:
    """Judge the last start in the job's log, and note what was found."""
    told = job_log.read_log(job_log.last_start(_tail(here.log), here.id))
    if status and (full := _full_disk(here.run)):
        told = replace(told, error=full, node=None)
    ended = verdict.Ended(
        job=here.name,
        status=status,
        told=told,
        task=here.task,
        update=last_update(figures(here.run / here.stage / "train.log")),
        node=_node_at_fault(here, told),
        log=str(here.log),
        cancelled=here.name in cancelled_jobs(here.run),
    )
    decision = verdict.judge(ended, events.read_events(here.run), _limits(here.run))
    event = replace(
        here.event(events.END), status=status, verdict=decision.verdict, reason=decision.reason, update=ended.update
    )
    if verdict.meaning(ended) in verdict.FAILURES:
        event = replace(event, error=verdict.describe(ended), node=ended.node)
    _note(here.run, event)
    return decision


def _note(run: Path, event: events.Event) -> None:
    """A full disk must not keep a job from what it has to do."""
    try:
        events.append(run, event)
    except OSError as error:
        say(f"vega: {events.events_path(run)}: cannot write ({error.strerror}); vega status will not know of this.")


def _tail(log: Path) -> str:
    try:
        return read_end(log, TAIL)
    except OSError as error:
        say(f"vega: {log}: cannot read ({error.strerror}); only the exit status tells how the job ended.")
        return ""


def _full_disk(run: Path) -> str:
    """A full disk has kept programs from writing to the log what went wrong; "" where there is room."""
    try:
        usage = shutil.disk_usage(run)
    except OSError:
        return ""
    full = usage.free < min(usage.total // 100, ROOM)
    return f"no space left: {usage.free / 2**20:.1f} MiB free on the disk of {run}" if full else ""


def _node_at_fault(here: Here, told: job_log.Told) -> str | None:
    """The node that srun names, or that of the processes that the watchdog names, if it is one."""
    if not told.stuck:
        return told.node
    nodes = expand(here.nodes)
    found = {process // here.tasks_per_node for process in told.stuck}
    number = found.pop()
    return nodes[number] if not found and number < len(nodes) else None


def _limits(run: Path) -> verdict.Limits:
    """As the cluster file has them, where the run has one that can be read."""
    path = cluster_path(run)
    if not path.exists():
        return verdict.Limits()
    try:
        cluster = load_cluster(path)
    except UserError as error:
        say(f"vega: {error}")
        return verdict.Limits()
    return verdict.Limits(cluster.same_failures, cluster.node_failures)


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0, or 1 with a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m slurm.job", description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("begin", "end"):
        command = commands.add_parser(name)
        command.add_argument("run", type=Path)
        command.add_argument("job")
        if name == "begin":
            command.add_argument("--interface", default="", help="network interface of the address")
        else:
            command.add_argument("status", type=int)
    given = parser.parse_args(arguments)
    try:
        here = Here.read(given.run, given.job, os.environ)
        said = begin(here, given.interface) if given.command == "begin" else end(here, given.status)
    except UserError as error:
        sys.stderr.write(f"vega: error: {error}\n")
        return 1
    sys.stdout.write(f"{said}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
