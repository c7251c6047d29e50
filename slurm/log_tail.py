"""The end of a job's log, fit for a terminal."""

from __future__ import annotations

import re
from pathlib import Path

from vega.log_end import read_end

#: Bytes that are read, lines and characters of a line that are shown.
TAIL_BYTES = 32_768
LINES = 10
WIDTH = 240
#: Colours and other escape sequences (ECMA-48), then what else is no text.
_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-_])|[\x00-\x08\x0b-\x1f\x7f]")


def last_lines(log: Path) -> list[str]:
    """The last lines that say something; none where there is no log, or it may not be read."""
    try:
        text = read_end(log, TAIL_BYTES)
    except OSError:
        return []
    shown = (_ESCAPES.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip() for line in text.split("\n"))
    return [line if len(line) <= WIDTH else f"{line[:WIDTH]} ..." for line in shown if line][-LINES:]
