"""How the tasks of a job step meet: a folder in the run's, which only the user can read, with one file of the first.

The file has the address and the secret of what the first task started. That it is gone tells the others to end. It
is opened at every look: that is when a network file system asks its server. The secret is only in it while they join.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from vega.errors import UserError

FILE = "head.json"
#: Seconds between two looks.
POLL = 0.3


class Head(NamedTuple):
    """Where the first task's service is, as host:port, and its secret."""

    address: str
    token: str


class Meeting:
    """The folder `STEP-RESTART` of one step below `parent`, so that nobody finds the file of an earlier one.

    What a killed one of the same step left is deleted.
    """

    def __init__(self, parent: Path, step: str, restart: int) -> None:
        self.folder = parent / f"{step}-{restart}"
        for number in range(restart):
            shutil.rmtree(parent / f"{step}-{number}", ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def announce(self, head: Head) -> None:
        """For the first task: let the others know."""
        scratch = self.folder / f".{FILE}"
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(head._asdict(), stream)
        scratch.replace(self.folder / FILE)

    def find(self, seconds: float) -> Head:
        """For the others: wait for the first task. UserError if it says nothing."""
        deadline = time.monotonic() + seconds
        while (head := self._read()) is None:
            if not self.folder.exists():
                raise UserError(
                    f"{self.folder}: the first task has ended before this one could begin; see what it said."
                )
            if time.monotonic() > deadline:
                raise UserError(
                    f"{self.folder}: the first task said nothing within {seconds:.0f} s. Do all nodes see this folder?"
                )
            time.sleep(POLL)
        return head

    def wait_while_open(self, still: Callable[[], bool]) -> None:
        """For the others: until the first task has closed, or `still` is no longer true."""
        while self._read() is not None and still():
            time.sleep(POLL)

    def close(self) -> None:
        """For the first task: the others may end now, and the secret is gone."""
        (self.folder / FILE).unlink(missing_ok=True)

    def log(self, task: int, node: str) -> Path:
        """The file for what a task's programs say; that it is there says that the task has begun."""
        return self.folder / f"{task}-{node}.txt"

    def begun(self) -> dict[int, Path]:
        """The logs of the tasks that have begun, by task."""
        return {int(path.name.partition("-")[0]): path for path in sorted(self.folder.glob("*-*.txt"))}

    def clear(self, seconds: float) -> None:
        """For the first task: delete the folder once the others have deleted their logs, in `seconds` at most."""
        deadline = time.monotonic() + seconds
        while self.begun() and time.monotonic() < deadline:
            time.sleep(POLL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self) -> Head | None:
        try:
            return Head(**json.loads((self.folder / FILE).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
