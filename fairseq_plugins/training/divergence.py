"""When training leaves its course: bad updates are left out, and a run that has gone wrong returns to a checkpoint.

An update whose gradient is not finite changes nothing (`--skip-bad-updates` of them in a row are borne). After more, or
when the gradient's norm jumps (`--spike-factor` times its running median), training goes back to the last checkpoint
and passes over the text that led there: the last update at the first return, the last 10 at the second, the last 100
at the third (PaLM, Chowdhery et al. 2022, arXiv 2204.02311, section 5.1, passes over 200 to 500; the widening is ours).
What was passed over stands in SAVE_DIR/skipped_updates.json and holds for later runs, too.
"""

from __future__ import annotations

import json
import logging
import math
import statistics
from collections import deque
from pathlib import Path

from vega.atomic import write_text

logger = logging.getLogger(__name__)

#: Norms that the median is taken of; and how many there must be before a spike is one.
WINDOW, ENOUGH = 200, 50


class RollBack(Exception):
    """Training must go on from the last checkpoint; `update` is the one that showed it, `reason` says how."""

    def __init__(self, update: int, reason: str) -> None:
        super().__init__(f"update {update}: {reason}")
        self.update, self.reason = update, reason


class Guard:
    """Judges every update by the norm of its gradient, before the optimizer steps; alike on all processes."""

    def __init__(self, skip_bad_updates: int, spike_factor: float) -> None:
        self._bearable, self._factor = skip_bad_updates, spike_factor
        self._norms: deque[float] = deque(maxlen=WINDOW)
        self._bad_in_a_row = 0

    def may_step(self, update: int, norm: float) -> bool:
        """Whether the gradient of `update` is to be used. Raises RollBack."""
        if not math.isfinite(norm):
            self._bad_in_a_row += 1
            if self._bad_in_a_row > self._bearable:
                raise RollBack(update, f"{self._bad_in_a_row} gradients in a row are not finite")
            logger.warning(f"update {update}: the gradient is not finite; the update is left out")
            return False
        self._bad_in_a_row = 0
        if self._factor and len(self._norms) >= ENOUGH:
            usual = statistics.median(self._norms)
            if norm > self._factor * usual:
                raise RollBack(
                    update, f"gradient norm {norm:.3g}, more than {self._factor:g} times the usual {usual:.3g}"
                )
        self._norms.append(norm)
        return True


class SkipList:
    """Updates whose text is passed over, as ranges that include both ends; kept in a file beside the checkpoints."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ranges: list[tuple[int, int]] = []
        if path.exists():
            self.ranges = [(first, last) for first, last in json.loads(path.read_text(encoding="utf-8"))["skipped"]]

    def __contains__(self, update: int) -> bool:
        return any(first <= update <= last for first, last in self.ranges)

    def add(self, last: int, count: int) -> tuple[int, int]:
        """Pass over `count` updates, `last` the last of them; the range."""
        self.ranges.append((max(1, last - count + 1), last))
        return self.ranges[-1]

    def save(self) -> None:
        """Write the file, in one step."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_text(self.path, json.dumps({"skipped": self.ranges}) + "\n")


def width(returns: int) -> int:
    """How many updates the `returns`-th return to a checkpoint passes over."""
    return int(10 ** (returns - 1))
