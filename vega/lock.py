"""One writer per folder: a locked file that says who holds it.

The lock is the kernel's (`flock`), so it ends with its process, however that ends; the file only tells others
who holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vega.errors import UserError


@contextmanager
def hold(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; if another process has it, a UserError names it.

    `what` is what the lock protects, as in "the run runs/demo".
    """
    descriptor = _acquire(path, what)
    try:
        content = json.dumps({"pid": os.getpid(), "host": socket.gethostname()})
        os.ftruncate(descriptor, 0)
        os.write(descriptor, content.encode())
        yield
    finally:
        if _is_file(descriptor, path):  # not another's, should ours have been renamed or deleted
            path.unlink(missing_ok=True)
        os.close(descriptor)


def holder(path: Path) -> str | None:
    """Who holds the lock file `path`, as in "process 4711 on node3"; None if nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except OSError:
        return _describe(path)
    finally:
        os.close(descriptor)


def _acquire(path: Path, what: str) -> int:
    """An open descriptor of `path` that has the lock and is still the file of that name."""
    patience = 3  # `holder` also takes the lock, for an instant
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # the folder was renamed or deleted by the holder just now
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            patience -= 1
            if patience:
                time.sleep(0.05)
                continue
            who = _describe(path)
            raise UserError(f"{what} is in use by {who}. Wait until it has finished, or stop it.") from None
        if _is_file(descriptor, path):
            return descriptor
        os.close(descriptor)  # the holder deleted it between open and lock: try again


def _is_file(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one that has this name now."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _describe(path: Path) -> str:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return f"process {content['pid']} on {content['host']}"
    except (OSError, ValueError, KeyError):
        return "another process"
