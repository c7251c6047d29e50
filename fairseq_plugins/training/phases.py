"""What the training process is doing, one phase at a time: the parts of the time budget, and what a watchdog names."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: waiting for batches and all that is in no other phase; forward and backward; collectives that training waits for
#: and does not overlap; clipping and the optimizer's step; validation; blocked by a checkpoint.
PHASES = ("data", "compute", "communication", "optimizer", "validation", "checkpoint")


class Phases:
    """A stopwatch that always runs in exactly one phase, so that the parts sum to the wall time."""

    def __init__(self) -> None:
        self.current = "data"
        #: Monotonic time of the last change: progress, as a watchdog sees it.
        self.since = time.monotonic()
        #: Times that "communication" was entered.
        self.collectives = 0
        #: Told the phase and the seconds of every block of `within`.
        self.finished: Callable[[str, float], None] = lambda phase, seconds: None
        self._seconds: Counter[str] = Counter()

    def enter(self, phase: str) -> None:
        """From now on the time counts for `phase`."""
        now = time.monotonic()
        self._seconds[self.current] += now - self.since
        self.current, self.since = phase, now
        self.collectives += phase == "communication"

    @contextmanager
    def within(self, phase: str) -> Iterator[None]:
        """`phase` for the time of a block, then the one before it again."""
        before, began = self.current, time.monotonic()
        self.enter(phase)
        try:
            yield
        finally:
            self.enter(before)
            if before != phase:
                self.finished(phase, self.since - began)

    def take(self) -> dict[str, float]:
        """Seconds per phase since the last call; every phase is there."""
        self.enter(self.current)
        taken = {phase: float(self._seconds[phase]) for phase in PHASES}
        self._seconds.clear()
        return taken
