"""What every Ray of ours gets: a folder for as long as it runs, its path short enough for sockets, and memory."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vega.lock import hold, holder

#: We pass paths, so the object store stays nearly empty; Ray's default is 30 % of the memory, its least 75 MiB.
OBJECT_STORE_BYTES = 100 * 2**20
#: Unix sockets allow 107 bytes of path; Ray adds about 65 to its folder, whose name has about 20.
MAX_LENGTH = 22
PREFIX, LOCK = "vega-ray-", "owner.json"
#: Seconds in which a new folder may still be without its lock.
STARTING = 60.0


@contextmanager
def ray_folder() -> Iterator[Path]:
    """In TMPDIR, or in /tmp if that is too long; deleted at the end, or by the next if this process is killed."""
    base = _short_base()
    _sweep(base)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    try:
        with hold(folder / LOCK, f"The folder {folder}"):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _short_base() -> Path:
    chosen = Path(tempfile.gettempdir())
    return chosen if len(str(chosen)) <= MAX_LENGTH else Path("/tmp")


def _sweep(base: Path) -> None:
    """Delete the folders that killed processes of this user left."""
    for folder in base.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # its owner deletes it just now
            stat = folder.stat()
            young = time.time() - stat.st_ctime < STARTING
            if stat.st_uid == os.getuid() and not young and holder(folder / LOCK) is None:
                shutil.rmtree(folder, ignore_errors=True)
