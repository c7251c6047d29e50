"""A full disk is the user's to put right: say so in one sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vega.errors import UserError

_CAUSES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EFBIG: "the file would be larger than the limit (see ulimit -f)",
    errno.EROFS: "the disk is read-only",
}


@contextmanager
def explain_full_disk(folder: Path) -> Iterator[None]:
    """Turn the system's "no space" errors from writing into `folder` into a UserError; let others pass."""
    try:
        yield
    except OSError as error:
        if error.errno not in _CAUSES:
            raise
        raise UserError(
            f"{folder}: cannot write, {_CAUSES[error.errno]}. "
            "Free some space, or choose another --output. Nothing half-written was kept."
        ) from None
