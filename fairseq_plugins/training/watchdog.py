"""When training makes no progress: say which process is at fault, dump all stacks, end every process.

A thread in each process looks every few seconds whether its own training has changed phase or update, and puts a
heartbeat into the store through which the processes found each other: a connection of its own, no collective. The first
process without progress for the given time raises the alarm, reads all heartbeats twice, so that no two clocks are
compared, and leaves its verdict in the store; the others see the alarm within a heartbeat. All exit with
`vega.exit_codes.STUCK`.

A process that is stopped, or hangs in C and keeps Python's lock, cannot end itself: it is named, and its launcher kills
it when the others end (torchrun, fairseq-train and, with --kill-on-bad-exit, srun do). Time in which the processes were
stopped from outside, as by Ctrl-Z, does not count. A phase longer than the limit is taken for stuck, so the limit must
exceed the longest validation and the longest checkpoint; start-up does not count.

Every call on the store may hang (its timeouts do not hold when the other side is stopped), and so may writing to a dead
file system: both happen in threads that are waited for only so long.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from torch.distributed import PrefixStore, Store
from torch.distributed.distributed_c10d import _get_default_store

from fairseq_plugins.training.verdict import FINISHED, Heartbeat, Verdict, judge, table
from vega.exit_codes import STUCK

logger = logging.getLogger(__name__)

#: A process is silent when it sends nothing for so many heartbeats' time.
SILENCE = 3
#: Seconds for writing stacks.
WRITING = 10.0
STDERR = 2

T = TypeVar("T")


class Progress(NamedTuple):
    """Where training is. Any difference is progress."""

    update: int
    phase: str
    since: float  #: monotonic time of the last change of phase
    collectives: int  #: begun so far; the same number in processes that have come equally far


def _within(seconds: float, call: Callable[[], object], name: str) -> threading.Thread:
    """Run what may hang in a thread of its own, waited for at most so long."""
    thread = threading.Thread(target=call, name=name, daemon=True)
    thread.start()
    thread.join(seconds)
    return thread


class SideChannel:
    """What the processes tell each other besides training. What the store does not answer in time is None."""

    def __init__(self, store: Store | None, process: int, processes: int, patience: float) -> None:
        self.process, self.processes, self.patience = process, processes, patience
        #: The last heartbeat of the process that usually runs the store.
        self.first: Heartbeat | None = None
        self._given = store
        self._own: Any = None
        self._call: threading.Thread | None = None

    def _ask(self, question: Callable[[Any], T]) -> T | None:
        """One question at a time: while an earlier one hangs there is no answer."""
        if self._given is None or (self._call is not None and self._call.is_alive()):
            return None
        answers: list[T] = []
        self._call = _within(self.patience, lambda: self._talk(question, answers), "watchdog-store")
        return answers[0] if answers else None

    def _talk(self, question: Callable[[Any], T], answers: list[T]) -> None:
        try:
            if self._own is None:
                self._own = _own_connection(self._given)
            answers.append(question(self._own))
        except Exception as error:  # whatever it is, training must not see it
            logger.warning(f"the watchdog has lost the store: {str(error).splitlines()[0]}")
            self._given = None

    def publish(self, beat: Heartbeat) -> bool:
        """Our heartbeat; whether some process has raised the alarm."""

        def talk(store: Any) -> bool:
            store.set(f"beat{self.process}", json.dumps(asdict(beat)))
            if store.check(["beat0"]):
                self.first = Heartbeat(**json.loads(store.get("beat0")))
            return bool(store.check(["alarm"]))

        return bool(self._ask(talk))

    def raise_alarm(self) -> bool | None:
        """True for the first to do so, False for others."""
        me = str(self.process)
        return self._ask(lambda store: bool(store.compare_set("alarm", "", me) == me.encode()))

    def heartbeats(self) -> dict[int, Heartbeat] | None:
        """The last one of each process that has sent any."""

        def talk(store: Any) -> dict[int, Heartbeat]:
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
        """So many more are ready to exit; how many are in all."""
        return self._ask(lambda store: store.add("leaving", number))


def _own_connection(store: Any) -> Store:
    """Another connection to the same store, as training may be waiting in its own. Old versions of torch share it."""
    return PrefixStore("vega_watchdog", store.clone() if hasattr(store, "clone") else store)


class Watchdog:
    """Watches this process from `start` to `stop`; with `seconds` = 0 it does nothing.

    `progress` is read in another thread. `folder` gets stacks.PROCESS.txt. Without a `store` there is one process.
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
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._finalizer: Any = None
        self._last = progress()
        self._looked, self._idle, self._number = time.monotonic(), 0.0, 0

    def start(self) -> None:
        """From now on training must make progress. To be called after every update: only the first call counts."""
        if self.seconds and self._thread is None:
            self._looked = time.monotonic()
            self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
            self._thread.start()
            # A thread inside torch while Python ends would abort the process. atexit is not for spawned processes.
            self._finalizer = Finalize(None, self.stop, exitpriority=0)

    def stop(self) -> None:
        """Training has ended. If some process has raised the alarm, this one exits here with the rest."""
        if self._thread is None or self._stopped.is_set():
            return
        self._stopped.set()
        self._thread.join()
        self._finalizer.cancel()
        faulthandler.cancel_dump_traceback_later()
        if self._channel.publish(replace(self._heartbeat(), phase=FINISHED)):
            self._end()

    def _watch(self) -> None:
        stopped = False
        while not stopped:
            if self._beat() or self._idle >= self.seconds:
                self._end()
            # When something keeps Python's lock this thread stands still. The dump needs no lock.
            faulthandler.dump_traceback_later(self.seconds, file=STDERR)
            stopped = self._stopped.wait(self.interval)

    def _beat(self) -> bool:
        """Look at training, tell the others; whether one of them has raised the alarm."""
        now, progress = time.monotonic(), self.progress()
        if progress != self._last:
            self._last, self._idle = progress, 0.0
        else:  # a long gap means that the process was stopped, and training with it
            self._idle += min(now - self._looked, 2 * self.interval)
        self._looked = now
        return self._channel.publish(self._heartbeat())

    def _heartbeat(self) -> Heartbeat:
        self._number += 1
        return Heartbeat(
            process=self.process, host=socket.gethostname(), pid=os.getpid(), update=self._last.update,
            collectives=self._last.collectives, phase=self._last.phase, seconds=self._idle, number=self._number,
        )  # fmt: skip

    # The end

    def _end(self) -> None:
        """Never returns."""
        try:
            faulthandler.cancel_dump_traceback_later()
            verdict = self._verdict_of_another() if self._channel.raise_alarm() is False else None
            text = "" if verdict else f"no progress for {self.seconds:g} s\n"
            if verdict is None:
                verdict, rows = self._own_verdict()
                self._channel.give(verdict)
                text += f"{rows}\n"
            _within(WRITING, lambda: self._report(f"{text}{verdict.text}\n"), "watchdog-report")
            self._leave_with_the_others(verdict.alive)
        finally:
            os._exit(STUCK)

    def _verdict_of_another(self) -> Verdict | None:
        """What the process that raised the alarm says; None if it says nothing."""
        deadline = time.monotonic() + (SILENCE + 2) * self.interval + self._channel.patience
        while time.monotonic() < deadline:
            if (verdict := self._channel.verdict()) is not None:
                return verdict
            time.sleep(min(0.2, self.interval))
            self._beat()  # else we were taken for silent
        return None

    def _own_verdict(self) -> tuple[Verdict, str]:
        """With the table that it rests on."""
        beats = self._all_heartbeats() if self.processes > 1 else [self._heartbeat()]
        verdict = judge(beats) if beats else self._verdict_without_store()
        if not beats:
            known = self._channel.first
            beats = [self._heartbeat(), *([replace(known, silent=True)] if known and self.process else [])]
        return verdict, table(beats, verdict.named)

    def _all_heartbeats(self) -> list[Heartbeat] | None:
        """Those of all processes; silent are those that sent none between a first and a second look."""
        first = self._channel.heartbeats()
        if first is None:
            return None
        for _ in range(SILENCE):
            self._beat()
            time.sleep(self.interval)
        self._beat()
        second = self._channel.heartbeats()
        if second is None:
            return None
        return [_compare(process, first.get(process), second.get(process)) for process in range(self.processes)]

    def _verdict_without_store(self) -> Verdict:
        """The store runs in a process, too."""
        if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
            named, holder = [], "torchrun on the first node"
        else:
            named, holder = [0], str(self._channel.first or "process 0")
        return Verdict(named, f"{holder}: keeps the store and does not answer. Stopped, killed, or out of reach.", 0)

    def _report(self, text: str) -> None:
        """To stderr at once, as several processes share it; then the stacks, there and in a file."""
        path = self.folder / f"stacks.{self.process}.txt"
        _write(f"vega watchdog: process {self.process} exits with {STUCK}: {text}")
        with tempfile.TemporaryFile() as file:  # the folder's file system may be what hangs
            faulthandler.dump_traceback(file)
            file.seek(0)
            stacks = file.read().decode(errors="replace")
        _write(f"vega watchdog: stacks of process {self.process}, also in {path}\n{stacks}")
        path.write_text(text + stacks)

    def _leave_with_the_others(self, number: int) -> None:
        """Until so many have reported: who exits breaks the connections of those that have not."""
        ready, deadline = self._channel.leave(), time.monotonic() + SILENCE * self.interval + WRITING
        if ready is None and self.processes > 1:  # the others have only their own clocks
            time.sleep(2 * self.interval)
        while ready is not None and ready < number and time.monotonic() < deadline:
            time.sleep(0.1)
            ready = self._channel.leave(0)


def _compare(process: int, first: Heartbeat | None, second: Heartbeat | None) -> Heartbeat:
    """The second, silent if it is the first."""
    if second is None:
        return Heartbeat(process, "?", 0, 0, 0, "?", 0.0, 0, silent=True)
    return replace(second, silent=first == second and second.phase != FINISHED)


def _write(text: str) -> None:
    with os.fdopen(STDERR, "wb", closefd=False) as stderr:  # no lock that the stuck thread may hold
        stderr.write(text.encode())


def watch_training(seconds: float, progress: Callable[[], Progress], folder: Path) -> Watchdog:
    """The watchdog of this process among all of torch.distributed, or alone."""
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        return Watchdog(seconds, progress, folder)
    rank, size = torch.distributed.get_rank(), torch.distributed.get_world_size()
    return Watchdog(seconds, progress, folder, _get_default_store(), rank, size)
