"""Python and fairseq in versions that Vega runs with; anything else is one sentence with the fix."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys

from vega.errors import UserError

PYTHON = ((3, 11), (3, 12))
FAIRSEQ = (0, 12, 3)
FAIRSEQ_FIX = "pip install 've-fairseq>=0.12.3' (the official fairseq 0.12.2 cannot be imported on Python 3.11+)"


def require_python(version: tuple[int, ...] = tuple(sys.version_info[:2])) -> None:
    """UserError unless Python is 3.11 or 3.12."""
    if version not in PYTHON:
        raise UserError(
            f"Vega needs Python 3.11 or 3.12, this is {'.'.join(map(str, version))}: "
            "make a virtual environment with one of them, as in `python3.11 -m venv .venv`."
        )


def require_fairseq() -> None:
    """UserError unless a fairseq of at least 0.12.3 is installed. Does not import it."""
    found = fairseq_version()
    if found is None:
        raise UserError(f"fairseq is not installed: {FAIRSEQ_FIX}.")
    if number(found) < FAIRSEQ:
        raise UserError(f"fairseq {found} is too old: {FAIRSEQ_FIX}.")


def fairseq_version() -> str | None:
    """The version of whatever distribution provides `import fairseq`; "unknown" sources count as new enough.

    Several distributions build fairseq (ve-fairseq, fairseq, ...); of two, the newer counts.
    """
    if importlib.util.find_spec("fairseq") is None:
        return None
    names = importlib.metadata.packages_distributions().get("fairseq", [])
    found = [importlib.metadata.version(name) for name in names]
    return max(found, key=number) if found else "99 (from a source folder)"


def number(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: "0.12.3+cpu" is (0, 12, 3)."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match.group().split(".")) if match else (0,)
