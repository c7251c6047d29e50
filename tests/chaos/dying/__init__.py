"""A `--user-dir` for tests: `recording`, and, where asked, a process that kills itself at its n-th change to a folder.

$DIE_AT is JSON: {"rank", "folder", "operation": counted from 1, "delay": seconds from that operation's beginning}. What
is written there in the background counts too, so that every moment of saving a checkpoint can be met. Of a copy half is
written before it dies, as with large files, whose copying takes long.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import tests.fairseq_plugins.recording  # noqa: F401

DIE_AT = json.loads(os.environ.get("DIE_AT", "null"))
CHANGES = (
    "os.link",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.symlink",
    "shutil.copyfile",
    "shutil.rmtree",
)
#: Files there that are no part of a checkpoint.
OTHER = "metrics.jsonl"

_count = itertools.count(1)


def _is_change(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
    return event in CHANGES


def _die(delay: float) -> None:
    time.sleep(delay)
    os.kill(os.getpid(), signal.SIGKILL)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: Python calls it before each operation, in whatever thread."""
    if not _is_change(event, arguments):
        return
    paths = [str(path) for path in arguments if isinstance(path, str | os.PathLike)]
    inside = any(path.startswith(DIE_AT["folder"] + os.sep) and OTHER not in path for path in paths)
    if inside and next(_count) == DIE_AT["operation"]:
        if event == "shutil.copyfile":
            content = Path(arguments[0]).read_bytes()
            Path(arguments[1]).write_bytes(content[: len(content) // 2])
            _die(0)
        elif DIE_AT["delay"]:
            threading.Thread(target=_die, args=(DIE_AT["delay"],), daemon=True).start()
        else:
            _die(0)


if DIE_AT and os.environ.get("RANK", "0") == str(DIE_AT["rank"]):
    sys.addaudithook(_look)
