"""What follows when a job has ended: nothing, the job again, again without some nodes, or a stop. Pure.

| what happened | verdict |
|---|---|
| the work is done | done |
| stopped by a signal (75 saved; 138, 143 not) | again, unless the user has cancelled |
| diverged (80), wrongly called (2) | stop |
| anything else, stuck (79) included | again; without nodes that were at fault `node_failures` times |
| ... `same_failures` times in a row at the same update with the same error | stop |
"""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slurm.events import END, RESUME, Event
from slurm.job_log import Told
from vega import exit_codes

#: Verdicts; AGAIN may go on with ` without n2,n5`.
DONE, AGAIN, STOP = "done", "again", "stop"
#: What an end can mean.
FINISHED, CANCELLED, SAVED, STOPPED = "finished", "cancelled", "saved", "stopped"
DIVERGED, WRONG_CALL, FAILED = "diverged", "wrong call", "failed"
FAILURES = (DIVERGED, WRONG_CALL, FAILED)
_PLAIN = {
    FINISHED: (DONE, "The job is done."),
    CANCELLED: (STOP, "The job was cancelled."),
    SAVED: (AGAIN, "Stopped by a signal, all is saved; the job goes on from there."),
    STOPPED: (AGAIN, "Stopped by a signal; the job goes on from what it had saved before."),
    DIVERGED: (STOP, "Training diverged again and again: lower the learning rate, look at the text."),
    WRONG_CALL: (STOP, "The command was called wrongly."),
}
#: What a command ends with that was called wrongly.
USAGE = 2
BY_SIGNAL = (128 + signal.SIGUSR1, 128 + signal.SIGTERM)
#: Why SLURM has ended a job: nobody's wish but its user's, or the end of a node.
_BY_USER, NODE_FAILURE = "", "NODE FAILURE"
#: What differs between two reports of the same error: numbers and addresses.
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")


@dataclass(frozen=True)
class Limits:
    """How often a job may fail at the same place, and a node be at fault."""

    same_failures: int = 3
    node_failures: int = 2


@dataclass(frozen=True)
class Ended:
    """A job has ended with `status`; `told` is what its log says, `node` the node at fault, `update` training's last.

    `log` is the file to look at, `cancelled` whether the user has cancelled the run.
    """

    job: str
    status: int
    told: Told
    task: int | None = None
    update: int | None = None
    node: str | None = None
    log: str = ""
    cancelled: bool = False


@dataclass(frozen=True)
class Decision:
    """The verdict, as a batch script reads it, and the reason for people."""

    verdict: str
    reason: str


def judge(ended: Ended, history: Sequence[Event], limits: Limits) -> Decision:
    """What follows. `history`: all events of the run so far, oldest first, without this end."""
    kind = meaning(ended)
    if kind == FAILED:
        return _failure(ended, _since_resume(history), limits)
    verdict, reason = _PLAIN[kind]
    return Decision(verdict, f"{reason} See {ended.log}." if kind in FAILURES and ended.log else reason)


def meaning(ended: Ended) -> str:
    """DONE, CANCELLED, SAVED, STOPPED, DIVERGED, WRONG_CALL or FAILED.

    A rank that knows why it ends counts more than one that srun has ended for it.
    """
    told, codes = ended.told, ended.told.codes | {ended.status}
    if ended.status == 0:
        return FINISHED
    if ended.cancelled or told.cancelled == _BY_USER:
        return CANCELLED
    if exit_codes.DIVERGED in codes:
        return DIVERGED
    if is_stuck(ended):
        return FAILED
    if exit_codes.STOPPED in codes:
        return SAVED
    if USAGE in codes:
        return WRONG_CALL
    if told.failure or NODE_FAILURE in str(told.cancelled):
        return FAILED
    return STOPPED if ended.status in BY_SIGNAL or told.cancelled else FAILED


def is_stuck(ended: Ended) -> bool:
    """Whether the watchdog has ended the job."""
    return bool(ended.told.stuck) or exit_codes.STUCK in ended.told.codes | {ended.status}


def describe(ended: Ended) -> str:
    """The error of a failure, in words."""
    if ended.told.stuck:
        return f"no progress, the others waited for process {', '.join(map(str, ended.told.stuck))}"
    if is_stuck(ended):
        return "no progress"
    return ended.told.error or (ended.told.cancelled or f"exit status {ended.status}").lower()


def _failure(ended: Ended, history: Sequence[Event], limits: Limits) -> Decision:
    error = describe(ended)
    where = f" after update {ended.update:,}" if ended.update is not None else ""
    see = f" See {ended.log}." if ended.log else ""
    same = 1 + _times_before(ended, error, history)
    if same >= limits.same_failures:
        said = f"{ended.job} failed {same} times in a row{where} with the same error: {error}.{see}"
        return Decision(STOP, f"{said} `vega resume` tries again.")
    reason = f"Failed{where}: {error}. Time {same} of {limits.same_failures} that end the job."
    at_fault = Counter(event.node for event in history if event.event == END and event.node)
    at_fault.update([ended.node] if ended.node else [])
    bad = sorted(node for node, times in at_fault.items() if node and times >= limits.node_failures)
    if not bad:
        return Decision(AGAIN, reason)
    return Decision(f"{AGAIN} without {','.join(bad)}", f"{reason} At fault too often: {', '.join(bad)}.")


def _times_before(ended: Ended, error: str, history: Sequence[Event]) -> int:
    """How often the job has failed just so, since it last came further or ended otherwise."""
    times = 0
    for event in reversed(list(_ends_of(ended, history))):
        if event.error:
            if event.update != ended.update or _alike(event.error) != _alike(error):
                break
            times += 1
        elif event.verdict == DONE or _further(event.update, ended.update):
            break
    return times


def _further(stopped_at: int | None, update: int | None) -> bool:
    """Whether a stop by a signal came at another update than the failure: training had got past it."""
    return stopped_at is not None and stopped_at != update


def _ends_of(ended: Ended, history: Sequence[Event]) -> Iterator[Event]:
    return (event for event in history if (event.event, event.job, event.task) == (END, ended.job, ended.task))


def _since_resume(history: Sequence[Event]) -> Sequence[Event]:
    """With `vega resume` all counts start anew."""
    last = max((number for number, event in enumerate(history) if event.event == RESUME), default=-1)
    return history[last + 1 :]


def _alike(error: str) -> str:
    return _NUMBER.sub("#", error)
