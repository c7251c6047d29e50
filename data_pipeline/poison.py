"""Lines that kill the process that works on them: found by where it stood, proved by a child process.

While a process works on a shard, a mark tells the line that it is at: eight bytes of a file mapped to memory, which
outlive the process. The next attempt finds the mark. It gives the marked line, alone, to a child process, twice; if
both die, the line is poison. So a worker killed for another reason (memory, a person, a node) costs no line.
"""

from __future__ import annotations

import mmap
import os
import pickle
import struct
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from vega.errors import UserError

#: Processes that may die on one shard, the poisonous lines in it included.
MAX_CRASHES = 30
#: What the child writes when it has survived.
ALIVE = b"alive"
#: Children that have to die.
PROOFS = 2

Argument = TypeVar("Argument")

_LINE = struct.Struct("<q")
_POISON, _HARMLESS = ".poison", ".harmless"


class Mark:
    """The line in work, for whoever comes after this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            os.pwrite(descriptor, _LINE.pack(0), 0)  # a full disk is an error here, and would be a SIGBUS later
            self._memory = mmap.mmap(descriptor, _LINE.size)
        finally:
            os.close(descriptor)

    def at(self, line: int) -> None:
        """Work on `line` begins; 0 for other work, a negative number for work on many lines at once."""
        _LINE.pack_into(self._memory, 0, line)

    def close(self) -> None:
        self._memory.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def marking(prefix: Path, survives: Callable[[int], bool]) -> Iterator[tuple[Mark, set[int], bool]]:
    """Give a mark, the poisonous lines that attempts before this one died of, and whether one died in a batch.

    After the latter the lines have to be done one by one. `prefix` is the shard's own, `survives` tells whether a
    process that works on this line alone lives. UserError after too many deaths.
    """
    poison, in_batch = _known(prefix, survives)
    mark = Mark(prefix.with_name(f"{prefix.name}.{uuid.uuid4().hex[:8]}"))
    try:
        yield mark, poison, in_batch
    finally:
        mark.close()


def forget(prefix: Path) -> None:
    """Delete the marks of a shard that is done."""
    for path in prefix.parent.glob(f"{prefix.name}.*"):
        path.unlink(missing_ok=True)


def _known(prefix: Path, survives: Callable[[int], bool]) -> tuple[set[int], bool]:
    marks = sorted(prefix.parent.glob(f"{prefix.name}.*"))
    if len(marks) > MAX_CRASHES:
        raise UserError(
            f"{len(marks)} processes died on the shard {prefix.name}, mostly a sign of too little memory. "
            "Use fewer workers or smaller shards (clean.workers, clean.shard_lines) and start again."
        )
    poison, in_batch = set(), False
    for path in marks:
        line = _line(path)
        in_batch |= line < 0
        if path.suffix not in (_POISON, _HARMLESS):
            harmless = line <= 0 or line in poison or any(survives(line) for _ in range(PROOFS))
            path = path.rename(path.with_name(path.name + (_HARMLESS if harmless else _POISON)))
        if path.suffix == _POISON:
            poison.add(line)
    return poison, in_batch


def _line(path: Path) -> int:
    content = path.read_bytes()
    return int(_LINE.unpack(content)[0]) if len(content) == _LINE.size else 0


def lives(function: Callable[[Argument], object], argument: Argument) -> bool:
    """Whether a process of its own lives through `function(argument)`; an exception counts as living."""
    found = subprocess.run(
        [sys.executable, "-c", "from data_pipeline.poison import _try; _try()"],
        input=pickle.dumps((function, argument)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=False,
    )
    return found.stdout.endswith(ALIVE)


def _try() -> None:
    """The child of `lives`."""
    function, argument = pickle.load(sys.stdin.buffer)  # from our own parent, which has just written it
    try:
        function(argument)
    except Exception:  # the shard's own worker will meet it, and quarantine the line
        pass
    finally:
        sys.stdout.buffer.write(ALIVE)
        sys.stdout.buffer.flush()
