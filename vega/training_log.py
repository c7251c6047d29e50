"""The figures in train.log, fairseq's log in JSON: where training is, and how fast it goes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vega.log_end import read_end

#: How much of the end of a log is read.
TAIL_BYTES = 200_000
#: Log lines over which speed is averaged, so that validations and saves count.
LINES = 40


def figures(log: Path) -> list[dict[str, str]]:
    """The figures of each line at the end of a log that has any, newest first; none where there is no log."""
    try:
        lines = read_end(log, TAIL_BYTES).splitlines()
    except FileNotFoundError:
        return []
    return [found for line in reversed(lines) if (found := _figures(line))]


def latest(lines: Sequence[dict[str, str]]) -> dict[str, str]:
    """The last value of each figure."""
    found: dict[str, str] = {}
    for line in lines:
        found = {**line, **found}
    return found


def last_update(lines: Sequence[dict[str, str]]) -> int | None:
    """Updates done when training logged last."""
    value = latest(lines).get("num_updates", "")
    return int(value) if value.isdigit() else None


def seconds_per_update(lines: Sequence[dict[str, str]]) -> float | None:
    """Mean over the last `LINES` lines of training; None where no line says it."""
    found = [float(line["s_per_update"]) for line in lines if "s_per_update" in line][:LINES]
    return sum(found) / len(found) if found else None


def log_object(line: str) -> dict[str, Any]:
    """The JSON object of a log line, which may follow a time stamp; {} for any other line."""
    start = line.find("{")
    try:
        content = json.loads(line[start:]) if start >= 0 else {}
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def finite_numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Those of a line's values that are finite numbers, or written as such."""
    found = {}
    for key, value in values.items():
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue
        if math.isfinite(number):
            found[key] = number
    return found


def _figures(line: str) -> dict[str, str]:
    return {key: str(value) for key, value in log_object(line).items()}
