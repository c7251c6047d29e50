"""Ctrl-C, SIGTERM and SIGUSR1 end a command with one sentence and an exit code, after cleaning up.

With SIGUSR1 SLURM announces that a job's time is about to end.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from vega.exit_codes import STOPPED
from vega.progress import say

#: Signals that ask a program to come to an end.
ENDING = (signal.SIGTERM, signal.SIGUSR1)


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGUSR1 arrived. Handled wherever Ctrl-C is."""

    def __init__(self, number: int = signal.SIGTERM) -> None:
        super().__init__()
        self.number = signal.Signals(number)


class Stopped(KeyboardInterrupt):
    """Training was asked to stop, has saved, and can go on; the message is for the user."""


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated(number)


@contextmanager
def graceful(message: str) -> Iterator[None]:
    """Inside the block SIGTERM and SIGUSR1 act like Ctrl-C; all say `message` and exit with 128 + the signal's number.

    `Stopped` says its own message and exits with `vega.exit_codes.STOPPED`.
    """
    previous = {number: signal.signal(number, _terminate) for number in ENDING}
    try:
        yield
    except Stopped as stopped:
        say(f"vega: stopped. {stopped}")
        raise SystemExit(STOPPED) from None
    except KeyboardInterrupt as interrupt:
        number = interrupt.number if isinstance(interrupt, Terminated) else signal.SIGINT
        say(f"vega: stopped. {message}")
        raise SystemExit(128 + number) from None
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
