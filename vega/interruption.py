"""Ctrl-C and SIGTERM end a command with one sentence and the usual exit code, after cleaning up."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from vega.progress import say


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived. Handled wherever Ctrl-C is."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


@contextmanager
def graceful(message: str) -> Iterator[None]:
    """Inside the block SIGTERM acts like Ctrl-C; both say `message` and exit with 128 + the signal's number."""
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except KeyboardInterrupt as interrupt:
        number = signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT
        say(f"vega: stopped. {message}")
        raise SystemExit(128 + number) from None
    finally:
        signal.signal(signal.SIGTERM, previous)
