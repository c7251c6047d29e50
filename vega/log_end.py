"""The end of a log that may be long, or still be written."""

from __future__ import annotations

from pathlib import Path


def read_end(log: Path, size: int) -> str:
    """The last `size` bytes as text; what is no UTF-8 is replaced. OSError where the log cannot be read."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - size))
        return stream.read().decode("utf-8", errors="replace")
