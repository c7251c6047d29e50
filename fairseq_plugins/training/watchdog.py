"""When training makes no progress: say which process is at fault, dump all stacks, end every process.

A thread of each process looks every few seconds whether its own training has changed phase or update, and puts a
heartbeat into the store through which the processes found each other: a connection of its own, no collective. The first
process without progress for the given time reads all heartbeats, twice, so that no two clocks are compared, names the
process that the others wait for, and leaves its verdict in the store; the others read that within a heartbeat. All exit
with `vega.exit_codes.STUCK`.

A process that is stopped, or hangs in C and keeps Python's lock, cannot end itself: it is named, and its launcher kills
it when the others end (torchrun, fairseq-train and, with --kill-on-bad-exit, srun do). Time in which the whole job was
stopped, as by Ctrl-Z, does not count. A phase that takes longer than the limit is taken for stuck, so the limit must
exceed the longest validation and the longest checkpoint.

Every call on the store may hang (its timeouts do not hold where the other side accepts and never answers), and so may
writing stacks to a dead file system: all of that happens in threads that are waited for only so long.
"""

from __future__ import annotations

import atexit
import faulthandler
import json
import logging
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from torch.distributed import PrefixStore, Store
from torch.distributed.distributed_c10d import _get_default_store

from vega.exit_codes import STUCK

logger = logging.getLogger(__name__)

WAITING = "communication"
FINISHED = "finished"
#: A process is silent when it sends nothing for so many heartbeats' time.
SILENCE = 3
#: Rows of the table; those named come first.
ROWS = 40
#: Seconds for writing stacks.
WRITING = 10.0

T = TypeVar("T")


class Progress(NamedTuple):
    """Where training is."""

    update: int
    phase: str
    since: float  #: monotonic time of the last change of phase
    collectives: int  #: begun so far; the same number in all processes that have come equally far


@dataclass(frozen=True)
class Heartbeat:
    """What a process tells the others."""

    process: int
    host: str
    pid: int
    update: int
    collectives: int
    phase: str
    seconds: float  #: without progress
    number: int  #: of this heartbeat
    silent: bool = False  #: found by the reader: no heartbeat came while it watched

    @property
    def position(self) -> tuple[int, int, bool]:
        """How far the process has come: an update begins with its data."""
        return self.update, self.collectives, self.phase != "data"

    def __str__(self) -> str:
        return f"process {self.process} ({self.host}, pid {self.pid})"


@dataclass(frozen=True)
class Verdict:
    """Who is at fault, in numbers of processes and in a sentence; how many of them can end themselves."""

    named: list[int]
    text: str
    alive: int


# Who is at fault


def judge(beats: Sequence[Heartbeat]) -> Verdict:
    """The processes that the others wait for, from the heartbeats of all; none when nothing tells them apart."""
    named, reason = _named(beats)
    who = ", ".join(map(str, named[:ROWS])) or "no process"
    alive = sum(not beat.silent and beat.phase != FINISHED for beat in beats)
    return Verdict([beat.process for beat in named], reason.format(who=who), alive)


def _named(beats: Sequence[Heartbeat]) -> tuple[list[Heartbeat], str]:
    silent = [beat for beat in beats if beat.silent]
    if silent:
        return silent, "{who}: no heartbeat. Stopped, killed, or hanging outside Python."
    busy = [beat for beat in beats if beat.phase != WAITING]
    behind, are_equal = _furthest_behind(busy or beats)
    where = ", ".join(sorted({beat.phase for beat in behind}))
    if len(busy) < len(beats) and busy:
        return behind, f"{{who}}: in {where} while others wait in a collective."
    if not busy and not are_equal:
        return behind, "All wait in collectives, but {who} began fewer: they do not call the same ones."
    if not busy and len(beats) > 1:
        return [], "All wait in the same collective: the network between them, or collectives that do not match."
    if are_equal and len(beats) > 1:
        return [], f"All are in {where}, equally far: the stacks tell more."
    return behind, f"{{who}}: in {where}, furthest behind." if len(beats) > 1 else f"{{who}}: in {where}."


def _furthest_behind(beats: Sequence[Heartbeat]) -> tuple[list[Heartbeat], bool]:
    """The last ones, and whether those are all."""
    last = min(beat.position for beat in beats)
    behind = [beat for beat in beats if beat.position == last]
    return behind, len(behind) == len(beats)


def table(beats: Sequence[Heartbeat], named: Sequence[int]) -> str:
    """One line per process, an arrow at those named, these and the ones furthest behind first."""
    order = sorted(beats, key=lambda beat: (beat.process not in named, beat.position, beat.process))
    cells = [["", "process", "host", "pid", "update", "collectives", "phase", "no progress for"]]
    for beat in order[:ROWS]:
        seconds = "no heartbeat" if beat.silent else f"{beat.seconds:.0f} s"
        row = [beat.process, beat.host, beat.pid, beat.update, beat.collectives, beat.phase, seconds]
        cells.append(["->" if beat.process in named else "", *map(str, row)])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(lines + [f"    and {len(order) - ROWS} more"] * (len(order) > ROWS))


# What the processes tell each other


def _within(seconds: float, call: Callable[[], object], name: str) -> threading.Thread:
    """Run `call` in a thread of its own and wait at most so long for it. It may hang for ever."""
    thread = threading.Thread(target=call, name=name, daemon=True)
    thread.start()
    thread.join(seconds)
    return thread


class SideChannel:
    """The store, seen from one process. What it does not answer in time, or any more, is None."""

    def __init__(self, store: Store | None, process: int, processes: int, patience: float) -> None:
        self.process, self.processes, self.patience = process, processes, patience
        self._given, self._own = store, None
        self._call: threading.Thread | None = None

    def _ask(self, question: Callable[[Store], T]) -> T | None:
        """One question at a time: while an earlier one hangs there is no answer."""
        if self._given is None or (self._call is not None and self._call.is_alive()):
            return None
        answers: list[T] = []
        self._call = _within(self.patience, lambda: self._talk(question, answers), "watchdog-store")
        return answers[0] if answers else None

    def _talk(self, question: Callable[[Store], T], answers: list[T]) -> None:
        try:
            if self._own is None:
                self._own = _own_connection(self._given)
            answers.append(question(self._own))
        except Exception as error:  # whatever it is, training must not see it
            logger.warning(f"the watchdog has lost the store: {error}")
            self._given = None

    def publish(self, beat: Heartbeat) -> bool:
        """Our heartbeat; whether some process has raised the alarm."""

        def talk(store: Store) -> bool:
            store.set(f"beat{self.process}", json.dumps(asdict(beat)))
            return bool(store.check(["alarm"]))

        return bool(self._ask(talk))

    def raise_alarm(self) -> bool:
        """True in exactly one process: the one that shall give the verdict."""
        me = str(self.process)
        return self._ask(lambda store: store.compare_set("alarm", "", me)) == me.encode()

    def heartbeats(self) -> dict[int, Heartbeat] | None:
        """The last one of each process that has sent any."""

        def talk(store: Store) -> dict[int, Heartbeat]:
            keys = {process: f"beat{process}" for process in range(self.processes)}
            sent = {process: store.get(key) for process, key in keys.items() if store.check([key])}
            return {process: Heartbeat(**json.loads(text)) for process, text in sent.items()}

        return self._ask(talk)

    def give(self, verdict: Verdict) -> None:
        """Tell the others."""
        self._ask(lambda store: store.set("verdict", json.dumps(asdict(verdict))))

    def verdict(self) -> Verdict | None:
        """What another has given."""
        text = self._ask(lambda store: store.get("verdict") if store.check(["verdict"]) else b"")
        return Verdict(**json.loads(text)) if text else None

    def leave(self, number: int = 1) -> int | None:
        """Say that we, or nobody with 0, are ready to exit; how many are."""
        return self._ask(lambda store: store.add("leaving", number))


def _own_connection(store: Any) -> Store:
    """Another connection to the same store: training may be waiting in its own. torch before 2.9 has but one."""
    return PrefixStore("vega_watchdog", store.clone() if hasattr(store, "clone") else store)


def _holder() -> str:
    """Who runs the store."""
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        return "torchrun's agent on the first node"
    return "process 0"


# The thread


class Watchdog:
    """Watches this process from `start` to `stop`. `seconds` = 0 makes it do nothing.

    `progress` is read in another thread; `folder` gets stacks.PROCESS.txt; `store` is None with a single process.
    """

    def __init__(
        self,
        seconds: float,
        progress: Callable[[], Progress],
        folder: Path,
        store: Store | None = None,
        process: int = 0,
        processes: int = 1,
    ) -> None:
        self.seconds, self.progress, self.folder = seconds, progress, folder
        self.process, self.processes = process, processes
        self.interval = min(5.0, seconds / 4)
        self._channel = SideChannel(store, process, processes, patience=max(1.0, 2 * self.interval))
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._last: Progress | None = None
        self._looked = self._idle = 0.0
        self._number = 0

    def start(self) -> None:
        """From now on training must make progress; call it after the first update. Calling it again does nothing."""
        if self.seconds and self._thread is None:
            self._looked = time.monotonic()
            self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
            self._thread.start()
            atexit.register(self.stop)  # a thread in C++ code while Python ends would abort the process

    def stop(self) -> None:
        """Training has ended. If the alarm was raised before, this process exits here with the rest."""
        if self._thread is None or self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        atexit.unregister(self.stop)
        faulthandler.cancel_dump_traceback_later()
        self._channel.publish(self._heartbeat(self._last_known()._replace(phase=FINISHED)))

    def _watch(self) -> None:
        while not self._stop.wait(self.interval):
            if self._beat() or self._idle >= self.seconds:
                self._end_all()
            # Where a hang in C keeps Python's lock, this alone still works; it does not need the lock.
            if sys.__stderr__ is not None:
                faulthandler.dump_traceback_later(self.seconds, file=sys.__stderr__)

    def _beat(self) -> bool:
        """Look at training, tell the others; whether one of them has raised the alarm."""
        self._look()
        return self._channel.publish(self._heartbeat(self._last_known()))

    def _look(self) -> None:
        now, progress = time.monotonic(), self.progress()
        if progress != self._last:
            self._last, self._idle = progress, 0.0
        else:  # while this very thread could not run, nor could training: it was stopped from outside
            self._idle += min(now - self._looked, 2 * self.interval)
        self._looked = now

    def _last_known(self) -> Progress:
        return self._last or self.progress()

    def _heartbeat(self, at: Progress) -> Heartbeat:
        self._number += 1
        return Heartbeat(
            process=self.process, host=socket.gethostname(), pid=os.getpid(), update=at.update,
            collectives=at.collectives, phase=at.phase, seconds=self._idle, number=self._number,
        )  # fmt: skip

    # The end

    def _end_all(self) -> None:
        """Never returns."""
        try:
            faulthandler.cancel_dump_traceback_later()
            gives = self._channel.raise_alarm()
            verdict = None if gives else self._others_verdict()
            said = f"process {self.process} exits with {STUCK}: training makes no progress."
            if verdict is None:
                beats = self._all_heartbeats()
                verdict = judge(beats) if beats else self._without_store()
                said += f" No change for {self._idle:.0f} s.\n{table(beats or [self._heartbeat(self._last_known())], verdict.named)}"
                self._channel.give(verdict)
            _within(WRITING, lambda: self._report(f"{said}\n{verdict.text}\n"), "watchdog-report")
            self._leave_together(verdict.alive)
        finally:
            os._exit(STUCK)

    def _others_verdict(self) -> Verdict | None:
        """What the process that raised the alarm says; None if it says nothing."""
        deadline = time.monotonic() + (SILENCE + 2) * self.interval + self._channel.patience
        while time.monotonic() < deadline:
            self._beat()  # else we were taken for silent
            verdict = self._channel.verdict()
            if verdict is not None:
                return verdict
            time.sleep(min(0.2, self.interval))
        return None

    def _all_heartbeats(self) -> list[Heartbeat] | None:
        """Those of all processes; silent are those that sent none between a first and a second look."""
        first = self._channel.heartbeats()
        for _ in range(SILENCE):
            self._beat()
            time.sleep(self.interval)
        self._beat()
        second = self._channel.heartbeats()
        if first is None or second is None:
            return None
        unknown = Heartbeat(0, "?", 0, 0, 0, "?", 0.0, 0, silent=True)
        return [
            replace(second[i], silent=i in first and first[i].number == second[i].number and second[i].phase != FINISHED)
            if i in second
            else replace(unknown, process=i)
            for i in range(self.processes)
        ]
