"""A file of JSON lines that grows while training runs, for programs and for people with `tail -f`."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any


class MetricsFile:
    """One process writes; every line is there, whole, when `append` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, **values: Any) -> None:
        """One line: the event, the time in seconds since 1970, the values. What is not finite becomes null."""
        line = {"event": event, "time": round(time.time(), 3), **{k: _plain(v) for k, v in values.items()}}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            text = json.dumps(line).encode() + b"\n"
            file.write(text if self._ends_a_line(file) else b"\n" + text)

    @staticmethod
    def _ends_a_line(file: Any) -> bool:
        """False where a killed process has left half a line."""
        if file.seek(0, 2) == 0:
            return True
        file.seek(-1, 2)
        return bool(file.read(1) == b"\n")


def _plain(value: Any) -> Any:
    """A value that JSON has."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
