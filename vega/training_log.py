"""The figures in train.log, fairseq's log in JSON: where training is, and how fast it goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

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
    return [found for line in reversed(lines) if (found := figures_of(line))]


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


def figures_of(line: str) -> dict[str, str]:
    """The JSON object of a log line, which may follow a time stamp; {} for any other line."""
    start = line.find("{")
    try:
        content = json.loads(line[start:]) if start >= 0 else {}
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in content.items()} if isinstance(content, dict) else {}
