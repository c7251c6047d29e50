"""What task 0 tells srun's other tasks before training starts: whether there is anything to train.

Over the port at which training meets afterwards. Task 0 says nothing before the folder is ready to be read, so nobody
looks into one that is just being emptied; and who waits for it learns when it ends.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from types import TracebackType

from vega.errors import UserError
from vega.srun_task import SrunTask

TRAIN, FINISHED, FAILED = "train", "finished", "failed"
#: Seconds in which all tasks must have come: Python may start slowly where many nodes read it from one disk.
PATIENCE = 900.0
#: Seconds in which those are waited for that shall hear of a failure.
FAREWELL = 10.0
#: Seconds for an answer of a task that is there.
ANSWER = 30.0
PAUSE = 0.2


class Word:
    """Task 0's side, as a context: what ends the block without a word said is a failure, and the others hear that."""

    def __init__(self, task: SrunTask) -> None:
        self._task = task
        self._listener: socket.socket | None = None

    def __enter__(self) -> Word:
        if self._task.tasks > 1:
            self._listener = _listen(self._task.port)
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if kind is not None and issubclass(kind, Exception):
            with suppress(UserError):
                self.say(FAILED, FAREWELL)
        self._close()

    def say(self, word: str, patience: float = PATIENCE) -> None:
        """Tell every other task, once: the first word counts. UserError where one does not come."""
        if self._listener is None:
            return
        missing, deadline = set(range(1, self._task.tasks)), time.monotonic() + patience
        while missing:
            self._listener.settimeout(max(deadline - time.monotonic(), 0.01))
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                self._close()
                raise UserError(
                    f"Tasks {', '.join(map(str, sorted(missing)))} of {self._task.tasks} did not come to "
                    f"{self._task.address}:{self._task.port} within {patience:.0f} s. Do all nodes reach this address?"
                ) from None
            with connection:
                missing.discard(_answer(connection, self._task.step, word))
        self._close()

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None


def _listen(port: int) -> socket.socket:
    try:
        if socket.has_dualstack_ipv6():
            with suppress(OSError):  # IPv6 is switched off
                return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024)
        return socket.create_server(("", port), backlog=1024)
    except OSError as error:
        raise UserError(
            f"{socket.gethostname()}: port {port} (MASTER_PORT) cannot be used ({error.strerror}). Is this the node of "
            "MASTER_ADDR, and is the port free?"
        ) from None


def _answer(connection: socket.socket, step: str, word: str) -> int:
    """Give the word to who asks for this step; its number, -1 for a stranger."""
    with suppress(OSError, ValueError):
        connection.settimeout(ANSWER)
        theirs, _, rank = connection.makefile(encoding="ascii").readline().strip().rpartition(" ")
        if theirs == step:
            connection.sendall(f"{step} {word}\n".encode())
            return int(rank)
    return -1


def hear(task: SrunTask) -> str:
    """What task 0 says, FAILED if it ends without a word. UserError where it cannot be reached."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = socket.create_connection((task.address, task.port), timeout=ANSWER)
        except OSError as error:
            if time.monotonic() > deadline:
                raise UserError(
                    f"{socket.gethostname()}: task 0 does not answer at {task.address}:{task.port} ({error.strerror}). "
                    "Is this its node's address, reachable from here (`interface` in the cluster file)?"
                ) from None
            time.sleep(PAUSE)
            continue
        with connection:
            return _ask(connection, task)


def _ask(connection: socket.socket, task: SrunTask) -> str:
    connection.settimeout(None)  # until task 0 knows, or ends
    with suppress(ConnectionError, ValueError):
        connection.sendall(f"{task.step} {task.rank}\n".encode())
        step, _, word = connection.makefile(encoding="ascii").readline().strip().rpartition(" ")
        if step == task.step:
            return word
    return FAILED
