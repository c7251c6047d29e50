"""Numbers and bytes on disk that are used like memory: the system holds what is in use and writes the rest away."""

from __future__ import annotations

import mmap
import os
from pathlib import Path


class MappedFile:
    """A new file of `size` zero bytes, mapped into memory. Its room on disk is taken at once.

    Else a full disk would show at a later write, as a signal that ends the process (SIGBUS), not as an error.
    """

    def __init__(self, path: Path, size: int) -> None:
        size = max(size, mmap.PAGESIZE)
        with path.open("w+b") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            self.bytes = mmap.mmap(file.fileno(), size)
        self.numbers = memoryview(self.bytes)[: size - size % 8].cast("Q")

    def release(self) -> None:
        """Take the pages out of this process; they stay in the file, and come back when they are read."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.bytes.madvise(mmap.MADV_DONTNEED)

    def __enter__(self) -> MappedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.numbers.release()
        self.bytes.close()
