"""A log that is still being written, read as it grows: each line once, whole, whatever happens to the file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Bytes read at a time.
_CHUNK = 1 << 20


class GrowingLog:
    """Reads on where it stopped. A file that was made anew, or cut, is read from its start, and `starts` counts it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        #: How often the file was begun.
        self.starts = 0
        self._inode: int | None = None
        self._read = 0
        self._half = b""

    def new_lines(self) -> Iterator[str]:
        """The lines that have become whole since the last call; none where there is no file (yet).

        What is no UTF-8 is replaced. All lines must be taken.
        """
        try:
            with self.path.open("rb") as stream:
                yield from self._lines(stream)
        except FileNotFoundError:
            return

    def _lines(self, stream: BinaryIO) -> Iterator[str]:
        found = os.fstat(stream.fileno())
        if found.st_ino != self._inode or found.st_size < self._read:
            self.starts += 1
            self._inode, self._read, self._half = found.st_ino, 0, b""
        stream.seek(self._read)
        while data := stream.read(_CHUNK):
            self._read += len(data)
            *whole, self._half = (self._half + data).split(b"\n")
            yield from (line.decode("utf-8", errors="replace") for line in whole)
