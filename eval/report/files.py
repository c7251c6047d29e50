"""Read JSON files of a run."""

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
