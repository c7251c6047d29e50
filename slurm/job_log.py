"""What a job's log tells of how its last start ended: whose fault, which error. Pure: text in, facts out.

srun ends with the highest status of any task, 128 + n for a signal, and kills the other tasks when one fails: a rank
that says "diverged" (80) or "stuck" (79) ends beside others that srun has killed (143, 137). So what each task ended
with counts, not srun's status alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_TASK = re.compile(r"srun: error: (?P<node>[^\s:]+): tasks? (?P<tasks>[\d,-]+): (?P<end>.+)")
_CODE = re.compile(r"Exited with exit code (\d+)")
_NODE_FAILURE = re.compile(r"srun: error: Node failure on (?P<node>\S+)")
#: srun ends the tasks that are left; what comes after is its doing.
_ENDING = re.compile(r"srun: (launch/\S+: _step_signal: Terminating|Job step aborted|forcing job termination)")
#: How a task ends that was asked to: by these signals, or with what a command says then.
_ASKED = re.compile(r"Terminated|User defined signal 1|Exited with exit code (75|138|143)$")
_CANCELLED = re.compile(r"\*\*\* JOB \d+ ON \S+ CANCELLED AT \S+ (?:DUE TO (?P<cause>.+?) )?\*\*\*")
_STUCK = re.compile(r"^->\s+(?P<process>\d+)\s", re.MULTILINE)
_STUCK_BEGINS = "no progress for"
_ERROR = re.compile(r"^(?:.*\]: ?)?(?P<text>vega: error: .+|(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Interrupt): .+)$")
#: What processes say whose partner has gone.
_CONSEQUENCE = re.compile(
    r"fairseq-train ended with status|gloo|NCCL|Connection (closed|reset|refused)|Broken pipe|Dist\w+Error|TCPStore"
    r"|recvValue|sendBytes",
    re.IGNORECASE,
)
#: What every node meets alike.
_SHARED = re.compile(r"^vega: error|No space left|quota|Read-only file system", re.IGNORECASE)
#: No error is longer than this in a sentence.
LONGEST = 300


@dataclass(frozen=True)
class Told:
    """What the log says: exit codes of tasks, the error, the node at fault, and processes that the watchdog named.

    `failure` is how the first task ended that nobody had asked to, "" without one. `cancelled` is None, or why SLURM
    ended the job: "" if somebody has cancelled it, else as in "PREEMPTION".
    """

    codes: frozenset[int] = frozenset()
    failure: str = ""
    error: str = ""
    node: str | None = None
    stuck: list[int] = field(default_factory=list)
    cancelled: str | None = None


def marker(job_id: str, restart: int) -> str:
    """The line with which a start of a job begins in its log."""
    return f"vega: job {job_id} begins, restart {restart}"


def last_start(text: str, job_id: str) -> str:
    """The part of a log that belongs to the last start."""
    return text[max(text.rfind(f"vega: job {job_id} begins"), 0) :]


def read_log(text: str) -> Told:
    """The facts in the log of one start."""
    lines = text.splitlines()
    cancelled = next((match["cause"] or "" for line in lines if (match := _CANCELLED.search(line))), None)
    ends = [(match["node"], match["tasks"], match["end"].strip()) for line in lines if (match := _TASK.search(line))]
    codes = {int(match[1]) for _, _, end in ends if (match := _CODE.search(end))}
    node, failure = _failure(lines)
    error = _error(lines, failure)
    if node is not None and (_SHARED.search(error) or _everywhere(node, ends)):
        node = None
    stuck = list(dict.fromkeys(int(match["process"]) for match in _STUCK.finditer(text)))
    return Told(frozenset(codes), failure, error[:LONGEST], node, stuck if _STUCK_BEGINS in text else [], cancelled)


def _failure(lines: Sequence[str]) -> tuple[str | None, str]:
    """The node on which a task ended first without being asked to, and how: a signal before an exit code."""
    for line in lines:
        if failure := _NODE_FAILURE.search(line):
            return failure["node"], "the node failed"
    found: list[tuple[bool, str, str]] = []
    for line in lines:
        if _ENDING.search(line):
            break
        if (task := _TASK.search(line)) and not _ASKED.match(task["end"].strip()):
            end = task["end"].strip()
            found.append((_is_own_code(end), task["node"], f"task {task['tasks']}: {end}"))
    if not found:
        return None, ""
    _, node, how = min(found, key=lambda each: each[0])
    return node, how


def _is_own_code(end: str) -> bool:
    """Whether a task ended by itself, not by a signal to it or to its child."""
    code = _CODE.search(end)
    return code is not None and int(code[1]) < 128


def _everywhere(node: str, ends: Sequence[tuple[str, str, str]]) -> bool:
    """Whether tasks on other nodes ended with the exit code that those on `node` had: then it is not the node."""
    mine = {end for name, _, end in ends if name == node}
    others = {end for name, _, end in ends if name != node}
    return all(map(_is_own_code, mine)) and bool(mine & others)


def _error(lines: Sequence[str], failure: str) -> str:
    """The last line that names an error; `failure` if all are only echos of another process's end."""
    found = [match["text"].strip() for line in lines if (match := _ERROR.search(line.rstrip()))]
    causes = [text for text in found if not _CONSEQUENCE.search(text)]
    return next(iter(causes[-1:] or filter(None, [failure, *found[-1:]])), "")
