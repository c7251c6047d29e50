"""The last warnings in a stage's log, as plain text."""

from __future__ import annotations

import re
from pathlib import Path

from vega.log_end import read_end

#: Bytes of the log's end that are read, warnings and characters of each that are shown.
TAIL_BYTES = 65_536
MOST = 5
WIDTH = 300
_WARNING = re.compile(r"\| (WARNING|ERROR|CRITICAL) \||^vega: (warning|error)|^\w*(Error|Exception)\b|^vega watchdog:")
#: Colours and other escape sequences (ECMA-48), then what else is no text.
_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-_])|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def last_warnings(log: Path) -> list[str]:
    """The last ones, each once; none where there is no log, or it may not be read."""
    try:
        text = read_end(log, TAIL_BYTES)
    except OSError:
        return []
    lines = (_ESCAPES.sub("", line.rstrip()) for line in text.split("\n"))
    found = list(dict.fromkeys(line for line in lines if _WARNING.search(line)))
    return [line if len(line) <= WIDTH else f"{line[:WIDTH]} ..." for line in found[-MOST:]]
