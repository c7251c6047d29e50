"""The only place that runs SLURM's commands: sbatch, scancel, squeue, sacct, scontrol. From SLURM 20 on.

Nothing that a user wrote is asked for in a table, so no name of a job can be taken for a column.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vega.errors import UserError

#: Seconds. The controller of a large cluster needs some in its busy times; SLURM itself waits 10 for an answer.
PATIENCE = 60.0
#: Accounting is a help, not a need.
SACCT_PATIENCE = 10.0

#: A job in another state is in the queue, or runs.
ENDED = frozenset(
    {
        *("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"),
        *("BOOT_FAIL", "DEADLINE", "PREEMPTED", "REVOKED", "LAUNCH_FAILED"),
    }
)
#: Fields of `squeue --Format` and their widths, more than the longest value but for node lists.
COLUMNS = {
    "arrayjobid": 16, "arraytaskid": 24, "state": 24, "reason": 120, "nodelist": 400, "timeused": 20, "timeleft": 20,
    "starttime": 28, "restartcnt": 12,
}  # fmt: skip
SACCT_FIELDS = ("JobID", "State", "ExitCode", "ElapsedRaw", "NodeList")
#: Of the surrounding job, where Vega is called in one, and what would filter or reformat the answers.
_FOREIGN = ("SQUEUE_", "SACCT_", "SCONTROL_", "SLURM_")
_KEPT = ("SLURM_CONF", "SLURM_CLUSTERS", "SLURM_JWT")
_BUSY = re.compile(
    r"Socket timed out|Unable to contact|Connection (refused|timed out)|Zero Bytes|backup controller|Unexpected message"
)


@dataclass(frozen=True)
class QueueState:
    """What SLURM knows of a job, or of one task of an array.

    `state` is SLURM's word, `left` what is left of the time limit, both times in seconds; `start` is local time, an
    estimate for what waits. None or "" is unknown. `exit_code` is as in a shell: 128 + n after signal n.
    """

    id: str
    task: int | None
    state: str
    reason: str = ""
    nodes: str = ""
    elapsed: int | None = None
    left: int | None = None
    start: str = ""
    restarts: int = 0
    exit_code: int | None = None

    @property
    def alive(self) -> bool:
        """Whether it waits or runs."""
        return self.state not in ENDED

    @property
    def never_starts(self) -> bool:
        """Whether it waits for a job that has failed."""
        return self.state == "PENDING" and self.reason == "DependencyNeverSatisfied"


Known = dict[tuple[str, int | None], QueueState]


def sbatch(script: Path, after: Sequence[str] = (), tasks: str = "") -> str:
    """Submit a script and return the job's id. `after`: ids of jobs that must succeed first; `tasks`: as in --array."""
    options = [f"--dependency=afterok:{':'.join(after)}"] if after else []
    options += [f"--array={tasks}"] if tasks else []
    answer = _run(["sbatch", "--parsable", *options, str(script)]).strip()
    return answer.splitlines()[-1].partition(";")[0]  # "ID;CLUSTER" where there are several


def scancel(ids: Sequence[str]) -> None:
    """Cancel jobs, whole arrays too. Those that have ended, or that SLURM has forgotten, are no error."""
    if ids:
        _run(["scancel", *ids])


def alive(ids: Sequence[str]) -> set[str]:
    """Those of the jobs that wait or run, arrays with a task that does."""
    return {state.id for state in _squeue(ids).values() if state.alive}


def states(jobs: Mapping[str, int], settled: Collection[str] = ()) -> list[QueueState]:
    """What is known of jobs, {id: number of array tasks, 0 for none}; nothing of those that SLURM has forgotten.

    Asks squeue; of what has ended, unless it is `settled`, also accounting, or where there is none the controller, as
    long as it remembers.
    UserError where squeue cannot be asked.
    """
    known = _squeue(list(jobs))
    counts = {job: sum(key[0] == job for key in known) for job in jobs}
    unclear = {state.id for state in known.values() if state.state in ENDED - {"COMPLETED"}}
    unclear |= {job for job, tasks in jobs.items() if counts[job] < max(tasks, 1)}
    unclear -= set(settled)
    if not unclear:
        return list(known.values())
    recorded = _sacct(sorted(unclear))
    remembered = {key[0] for key, state in known.items() if not state.alive and key not in recorded}
    for job in sorted(unclear & remembered):
        recorded |= _scontrol(job)
    for key, state in recorded.items():
        if key not in known:
            known[key] = state
        elif not known[key].alive:
            known[key] = replace(known[key], exit_code=state.exit_code)
    return list(known.values())


def _squeue(ids: Sequence[str]) -> Known:
    """Jobs in the queue, and those that ended a few minutes ago (MinJobAge)."""
    if not ids:
        return {}
    fields = ",".join(f"{name}:{width}" for name, width in COLUMNS.items())
    command = ["squeue", "--noheader", "--all", "--array", "--states=all", f"--jobs={','.join(ids)}"]
    try:
        return parse_squeue(_run([*command, f"--Format={fields}"]))
    except _Failed as failed:
        if "Invalid job id" in str(failed):  # asked for one job that is forgotten; of several, it leaves those out
            return {}
        raise


def parse_squeue(text: str) -> Known:
    """The answer in the columns `COLUMNS`."""
    found = (_squeue_line(line) for line in text.splitlines() if line.strip())
    return {(state.id, state.task): state for state in found}


def _squeue_line(line: str) -> QueueState:
    values: dict[str, str] = {}
    start = 0
    for name, width in COLUMNS.items():
        values[name] = line[start : start + width].strip()
        start += width
    reason, begins, task = values["reason"], values["starttime"], values["arraytaskid"]
    return QueueState(
        id=values["arrayjobid"],
        task=int(task) if task.isdigit() else None,
        state=values["state"],
        reason="" if reason == "None" else reason,
        nodes=values["nodelist"],
        elapsed=seconds(values["timeused"]),
        left=seconds(values["timeleft"]),
        start=begins if begins[:1].isdigit() else "",
        restarts=int(values["restartcnt"] or 0),
    )


def _sacct(ids: Sequence[str]) -> Known:
    """How jobs ended, as accounting knows; nothing where there is none, or where it does not answer.

    What it takes for alive is left out: it hears of an end late, or never, and squeue has all that live.
    """
    command = ["sacct", "--noheader", "--parsable2", "--allocations", f"--jobs={','.join(ids)}"]
    try:
        found = parse_sacct(_run([*command, f"--format={','.join(SACCT_FIELDS)}"], SACCT_PATIENCE))
    except UserError:
        return {}
    return {key: state for key, state in found.items() if not state.alive}


def parse_sacct(text: str) -> Known:
    """Lines of ID_TASK|STATE|CODE:SIGNAL|SECONDS|NODES. Tasks that have not run share one, ID_[2-5,7-11:2%4]."""
    found: Known = {}
    for line in text.splitlines():
        job, state, code, elapsed, nodes = line.split("|")[: len(SACCT_FIELDS)]
        base, _, tasks = job.partition("_")
        word = state.split()[0]  # "CANCELLED by 1000"
        ran = None if code == "0:0" and word != "COMPLETED" else exit_code(code)  # 0:0 of all that SLURM has ended
        where = "" if nodes == "None assigned" else nodes
        for task in _tasks(tasks) if tasks else [None]:
            known = QueueState(base, task, word, nodes=where, elapsed=seconds(elapsed), exit_code=ran)
            if tasks.startswith("["):
                found.setdefault((base, task), known)
            else:
                found[base, task] = known
    return found


def _tasks(text: str) -> list[int]:
    """The numbers in [2-5,7-11:2%4], where :2 is a step and %4 the throttle."""
    ranges = re.findall(r"(?:^|,)(\d+)(?:-(\d+))?(?::(\d+))?(?=,|$)", text.strip("[]").partition("%")[0])
    return [task for first, last, step in ranges for task in range(int(first), int(last or first) + 1, int(step or 1))]


def _scontrol(job: str) -> Known:
    """What the controller knows of a job; nothing where it has forgotten it."""
    try:
        return parse_scontrol(_run(["scontrol", "show", "job", "--oneliner", job]))
    except UserError:
        return {}


def parse_scontrol(text: str) -> Known:
    """Exit codes. One line per job or task, KEY=VALUE with the job's name, which may hold anything, among them."""
    found: Known = {}
    for line in text.splitlines():
        base = re.match(r"JobId=(\d+) (?:ArrayJobId=(\d+) ArrayTaskId=(\d+) )?", line)
        rest = re.search(
            r".* JobState=(\w+) Reason=.* ExitCode=(\d+:\d+) RunTime=(\S+) .* NodeList=(\S*) BatchHost", line
        )
        if base and rest:
            key = (base[2] or base[1], int(base[3]) if base[3] else None)
            found[key] = QueueState(
                *key, rest[1], nodes=rest[4], elapsed=seconds(rest[3]), exit_code=exit_code(rest[2])
            )
    return found


def seconds(text: str) -> int | None:
    """SLURM's [DAYS-][[HOURS:]MINUTES:]SECONDS; None for UNLIMITED, INVALID and so on."""
    match = re.fullmatch(r"(?:(\d+)-)?(?:(?:(\d+):)?(\d+):)?(\d+)", text)
    if not match:
        return None
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def exit_code(text: str) -> int | None:
    """CODE:SIGNAL as a shell says it."""
    code, _, number = text.partition(":")
    if not code.isdigit():
        return None
    return 128 + int(number) if number.isdigit() and number != "0" else int(code)


class _Failed(UserError):
    """A command of SLURM's has ended with an error."""


def _run(command: Sequence[str], patience: float = PATIENCE) -> str:
    """The command's output. UserError where it is missing, does not answer or fails."""
    name = command[0]
    busy = f"{name}: SLURM's controller does not answer; it is busy or away. Try again in a minute."
    if name == "sbatch":
        busy += " The job may be in the queue all the same: squeue --me"
    try:
        done = subprocess.run(
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=patience,
        )
    except FileNotFoundError:
        raise UserError(
            f"{name} was not found, so this is no login node of a SLURM cluster. Log in to one; on some, "
            "`module load slurm` first."
        ) from None
    except subprocess.TimeoutExpired:
        raise UserError(busy) from None
    if done.returncode == 0:
        return done.stdout
    said = list(_complaints(done.stderr, name)) or [f"exit status {done.returncode}"]
    if _BUSY.search(done.stderr):
        raise UserError(f"{busy} ({said[-1]})")
    raise _Failed(f"{name}: {'; '.join(dict.fromkeys(said))}")


def _complaints(text: str, name: str) -> Iterator[str]:
    """The lines of an error message without what stands before each."""
    for line in text.splitlines():
        if stripped := re.sub(rf"^({name}: )?((error|fatal): )?", "", line).strip():
            yield stripped


def _environment() -> dict[str, str]:
    kept: Iterable[tuple[str, str]] = (
        (name, value) for name, value in os.environ.items() if name in _KEPT or not name.startswith(_FOREIGN)
    )
    return {**dict(kept), "SLURM_TIME_FORMAT": "standard", "SLURM_BITSTR_LEN": "0", "LC_ALL": "C.UTF-8"}
