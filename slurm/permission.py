"""A run folder of somebody else is one clear error."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vega.errors import UserError


@contextmanager
def permitted(run: Path) -> Iterator[None]:
    """UserError in place of PermissionError."""
    try:
        yield
    except PermissionError as error:
        raise UserError(
            f"{error.filename or run}: you ({_who()}) may not do that there ({error.strerror}). The run {run} is "
            "somebody else's: ask its owner."
        ) from None


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return "nobody that this machine knows"
