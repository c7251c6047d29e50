"""Signals that arrive while a child works go on to the child, which cleans up or saves and ends in its own time."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from vega.interruption import ENDING, Terminated
from vega.progress import say

#: Seconds a child gets to clean up, before it is killed.
GRACE = 20.0
#: The same signal again within so many seconds is the same request: SLURM may signal us and who passes it on to us.
REPEAT = 5.0
POLL = 0.1
_PR_SET_PDEATHSIG = 1


class ChildSignals:
    """Inside the block Ctrl-C, SIGTERM and SIGUSR1 do not interrupt us; `check` passes them on to the child's group.

    The child has `grace` seconds after Ctrl-C and `saving` seconds after SIGTERM or SIGUSR1, then all below it is
    killed; at once at another Ctrl-C, or when the same signal comes again after `repeat` seconds. `notice` is said at
    the first SIGTERM or SIGUSR1. `translate` names signals that the child gets as others. A block that fails ends its
    child.
    """

    def __init__(
        self,
        *,
        grace: float = GRACE,
        saving: float = GRACE,
        repeat: float = REPEAT,
        notice: str = "",
        translate: Mapping[signal.Signals, signal.Signals] = {},
    ) -> None:
        self.asked: signal.Signals | None = None
        self._grace, self._saving, self._notice, self._translate = grace, saving, notice, translate
        self._repeat = repeat
        self._arrived: list[signal.Signals] = []
        self._passed_on: dict[signal.Signals, float] = {}
        self._deadline = float("inf")
        self._process: subprocess.Popen[bytes] | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> ChildSignals:
        for number in (signal.SIGINT, *ENDING):
            self._previous[number] = signal.signal(number, self._arrive)
        return self

    def _arrive(self, number: int, _frame: FrameType | None) -> None:
        self._arrived.append(signal.Signals(number))

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        try:
            if self._process is None:
                return
            if kind is not None and self._process.poll() is None:
                self._signal(signal.SIGTERM)
                self._deadline = min(self._deadline, time.monotonic() + self._grace)
                self.wait()
            if kind is not None or self.asked is not None:
                self._signal(signal.SIGKILL)  # what the child left behind in its group
        finally:
            for number, handler in self._previous.items():
                signal.signal(number, handler)

    def start(
        self, command: Sequence[str], *, preparation: Callable[[], None] | None = None, **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start the child, in a session and process group of its own. `options` are `Popen`'s."""
        self._process = subprocess.Popen(command, start_new_session=True, preexec_fn=preparation, **options)
        return self._process

    def check(self) -> None:
        """To be called several times a second while the child runs."""
        while self._arrived:
            self._handle(self._arrived.pop(0))
        if time.monotonic() > self._deadline:
            self.kill()

    def wait(self) -> int:
        """Until the child has ended; its exit status, -n if signal n killed it."""
        assert self._process is not None
        while self._process.poll() is None:
            self.check()
            time.sleep(POLL)
        return self._process.wait()

    def interruption(self) -> KeyboardInterrupt:
        """What would have been raised at the first signal."""
        return Terminated(self.asked) if self.asked in ENDING else KeyboardInterrupt()

    def kill(self) -> None:
        """End the child and all below it at once; torchrun's processes are in groups of their own."""
        assert self._process is not None
        below = descendants(self._process.pid)
        self._signal(signal.SIGKILL)
        for pid in below:
            _send(os.kill, pid, signal.SIGKILL)

    def _handle(self, number: signal.Signals) -> None:
        now = time.monotonic()
        if self.asked is None:
            self.asked = number
            self._deadline = now + (self._grace if number == signal.SIGINT else self._saving)
            if self._notice and number != signal.SIGINT:
                say(self._notice)
        elif number == signal.SIGINT or now - self._passed_on.get(number, now) > self._repeat:
            self.kill()
        if number not in self._passed_on:
            self._passed_on[number] = now
            self._signal(self._translate.get(number, number))

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        _send(os.killpg, self._process.pid, number)


def _send(send: Callable[[int, int], None], pid: int, number: signal.Signals) -> None:
    try:
        send(pid, number)
    except ProcessLookupError:
        return


def descendants(pid: int) -> list[int]:
    """Children of a process, their children, and so on; as far as /proc tells."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):  # it has ended
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(children.get(pid, ()))
    for below in found:
        found.extend(children.get(below, ()))
    return found


def end_with_parent() -> Callable[[], None]:
    """For `preparation`: the child gets SIGTERM when we end without a word (SIGKILL, out of memory)."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux

    def prepare() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return prepare
