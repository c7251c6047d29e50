"""Read JSON files, and files of JSON lines, of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vega.errors import UserError


def read_json(path: Path) -> Any:
    """The parsed file, or None if it is not there."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid JSON ({error}). Delete the stage's folder and run it again.") from None


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file that has one a line; a line that a killed process left half written is passed over."""
    if not path.is_file():
        return []
    found = []
    with path.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            try:
                value = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(value, dict):
                found.append(value)
    return found
