"""A user's mistake inside fairseq-train is one sentence, as everywhere in Vega, not a traceback."""

from __future__ import annotations

import sys
from types import TracebackType

from vega.errors import UserError

_previous = sys.excepthook


def _hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, UserError):
        sys.stderr.write(f"vega: error: {error}\n")
    else:
        _previous(kind, error, trace)


def show_user_errors_as_one_line() -> None:
    """Python still exits with status 1."""
    sys.excepthook = _hook
