"""Progress for long work: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

#: Seconds between plain lines where there is no terminal.
PLAIN_INTERVAL = 10.0


def track(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    """Yield `items`, showing how many of `total` are done, on standard error."""
    yield from _bar(items, description, total) if sys.stderr.isatty() else _lines(items, description, total)


def say(message: str) -> None:
    """Print one line for people to standard error; standard output is kept for results."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


def _bar(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import track as rich_track

    yield from rich_track(items, description=description, total=total, console=Console(stderr=True))


def _lines(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        if time.monotonic() - last > PLAIN_INTERVAL or done == total:
            last = time.monotonic()
            say(f"{description}: {done:,} of {total:,}")
