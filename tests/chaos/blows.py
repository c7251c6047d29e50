"""How training is ended before its time: by what, and at which moment."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fairseq_plugins.processes import ended
from vega.checkpoints.layout import HIDDEN
from vega.exit_codes import STOPPED

DYING = str(Path(__file__).with_name("dying"))

ONE, ALL, STOP, STOP_THEN_KILL = "SIGKILL to one", "SIGKILL to all", "asked to stop", "asked to stop, then SIGKILL"
KINDS = {ONE: 8, ALL: 4, STOP: 5, STOP_THEN_KILL: 3}

START, UPDATE, TIME, SAVING, OPERATION = "start-up", "after an update", "any time", "while saving", "file operation"
MOMENTS = {START: 2, UPDATE: 4, TIME: 3, SAVING: 5}

#: Seconds: of a start-up that kills are spread over, between updates, and of a small checkpoint's save.
STARTING, TRAINING, WRITING = 3.0, 0.6, 0.03
#: Changes that three saves make to the folder: by the first process to sharded checkpoints, and to files; by others.
FIRST_SHARDED, FIRST_FILES, OTHERS = 45, 16, 6


@dataclass(frozen=True)
class Blow:
    """What happens to a training job once."""

    kind: str
    moment: str
    victim: int  #: process
    number: int  #: the signal that asks to stop
    updates: int  #: that the victim has done before
    delay: float  #: seconds after that
    second_delay: float  #: seconds to SIGKILL from the signal to stop
    operation: int  #: which change to the folder, for OPERATION

    def environment(self, checkpoints: Path) -> dict[str, str]:
        """For the processes: `dying` aims from inside."""
        if self.moment != OPERATION:
            return {}
        aim = {"rank": self.victim, "folder": str(checkpoints), "operation": self.operation, "delay": self.delay}
        return {"DIE_AT": json.dumps(aim)}


def draw(rng: random.Random, processes: int, sharded: bool) -> Blow:
    """`sharded`: every process writes checkpoints; else only the first."""
    kind = rng.choices([*KINDS], [*KINDS.values()])[0]
    moment = rng.choices([*MOMENTS], [*MOMENTS.values()])[0]
    victim, operations = rng.randrange(processes), OTHERS
    if kind == ONE and moment == SAVING:
        moment = OPERATION
        if not sharded or victim == 0 or rng.random() < 0.5:
            victim, operations = 0, FIRST_SHARDED if sharded else FIRST_FILES
    longest = {START: STARTING, UPDATE: 0.0, TIME: TRAINING, SAVING: WRITING, OPERATION: WRITING / 10}[moment]
    return Blow(
        kind=kind,
        moment=moment,
        victim=victim,
        number=rng.choice((signal.SIGTERM, signal.SIGUSR1)),
        updates=rng.randint(1, 9) if moment == UPDATE else int(moment != START),
        delay=rng.choice((0.0, rng.uniform(0, longest))),
        second_delay=rng.uniform(0, 0.3),
        operation=rng.randint(1, operations),
    )


def strike(blow: Blow, pids: Sequence[int], record: Path, checkpoints: Path) -> None:
    """Wait for the moment and strike; nothing where training ends before."""
    if blow.moment == OPERATION:  # it does that itself
        _until(lambda: False, pids)
        return
    here = _until(lambda: _lines(record, blow.victim) >= blow.updates, pids)
    if here and blow.moment == SAVING:
        here = _until(lambda: is_saving(checkpoints), pids)
    if not here:
        return
    time.sleep(blow.delay)
    if blow.kind in (STOP, STOP_THEN_KILL):
        os.kill(pids[blow.victim], blow.number)
        time.sleep(blow.second_delay if blow.kind == STOP_THEN_KILL else 0)
    if blow.kind == ONE:
        os.kill(pids[blow.victim], signal.SIGKILL)
    elif blow.kind != STOP:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)  # one that has ended waits to be asked for its status


def has_struck(blow: Blow, statuses: Sequence[int]) -> bool:
    """Whether it came before training had ended by itself."""
    by_stop = {STOPPED, -blow.number} if blow.kind in (STOP, STOP_THEN_KILL) else set()
    by_kill = {-signal.SIGKILL} if blow.kind != STOP else set()
    return statuses[blow.victim] in by_stop | by_kill


def is_saving(checkpoints: Path) -> bool:
    """A folder or a file that is not yet a checkpoint."""
    try:
        return any(name.startswith(HIDDEN) or name.endswith(".tmp") for name in os.listdir(checkpoints))  # noqa: PTH208
    except FileNotFoundError:
        return False


def _lines(record: Path, rank: int) -> int:
    path = Path(f"{record}.{rank}")
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _until(moment: Callable[[], bool], pids: Sequence[int], seconds: float = 120) -> bool:
    """Whether the moment came while all were running."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for _ in range(100):
            if moment():
                return True
            time.sleep(0.0005)
        if ended(list(pids)):
            return False
    return False
