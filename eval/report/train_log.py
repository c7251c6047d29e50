"""fairseq's JSON log lines as curves.

Facts about the file: other lines are mixed in; every value is a string; fairseq adds a log handler per epoch, so a
line may be there several times; a resumed run repeats updates (the later line counts).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vega.training_log import finite_numbers, log_object

#: One point of a curve: `updates` and the numbers logged there. Losses are in bits per target token.
Point = dict[str, float]


def read_curves(path: Path) -> dict[str, list[Point]]:
    """{"train": points, "valid": points} in order of updates; end-of-epoch lines stand in if there are no others."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        return curves(stream)


def curves(lines: Iterable[str]) -> dict[str, list[Point]]:
    """See `read_curves`."""
    found = Curves()
    for line in lines:
        found.add(line)
    return found.points()


class Curves:
    """Curves of a log that is read line by line, as it grows."""

    def __init__(self) -> None:
        self._found: dict[str, dict[float, Point]] = {"": {}, "train_": {}, "valid_": {}}

    def add(self, line: str) -> None:
        """One more line of the log."""
        values = log_object(line)
        for prefix in ("valid_", "train_", ""):
            if f"{prefix}num_updates" in values:
                point = numbers(values, prefix)
                if "updates" in point:
                    self._found[prefix][point["updates"]] = point
                return

    def points(self) -> dict[str, list[Point]]:
        """See `read_curves`."""
        train = self._found[""] or self._found["train_"]
        return {
            name: [points[updates] for updates in sorted(points)]
            for name, points in (("train", train), ("valid", self._found["valid_"]))
        }


def numbers(values: dict[str, Any], prefix: str) -> Point:
    """The finite numbers of a line, without the prefix; `num_updates` becomes `updates`."""
    found = {key.removeprefix(prefix): number for key, number in finite_numbers(values).items()}
    return {"updates" if name == "num_updates" else name: number for name, number in found.items()}
