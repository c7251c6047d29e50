"""What the jobs of a run say of themselves: RUN/slurm/events.jsonl, one JSON object per line.

Every line is appended by one write, so that many jobs may write at once, and none waits for a lock. A line that a full
disk or a crash has cut off is passed over.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slurm.record import slurm_folder

BEGIN, END, RESUME = "begin", "end", "resume"


@dataclass(frozen=True)
class Event:
    """A job has begun or ended, or the user has resumed the run (then only `event` and `time` are set).

    `status` is what the work ended with, `verdict` what follows (`slurm.verdict`), `reason` a sentence for people.
    `update` is the last one that training logged; `error` and `node` tell what failed, and where.
    """

    event: str
    time: str = ""
    job: str = ""
    id: str = ""
    task: int | None = None
    restart: int = 0
    nodes: str = ""
    status: int | None = None
    verdict: str = ""
    reason: str = ""
    update: int | None = None
    error: str = ""
    node: str | None = None


_NAMES = [each.name for each in fields(Event)]


def events_path(run: Path) -> Path:
    return slurm_folder(run) / "events.jsonl"


def now() -> str:
    """The time for an event: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def append(run: Path, event: Event) -> None:
    """Add a line. OSError where it cannot be written whole."""
    content = {**asdict(event), "time": event.time or now()}
    line = (json.dumps({name: content[name] for name in _NAMES}, ensure_ascii=False) + "\n").encode()
    path = events_path(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        line = b"\n" * _cut_off(descriptor) + line
        if os.write(descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(descriptor)


def _cut_off(descriptor: int) -> bool:
    """Whether the last line has no end."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def read_events(run: Path) -> list[Event]:
    """All events, oldest first; none where no job has begun."""
    try:
        text = events_path(run).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return list(_events(text))


def _events(text: str) -> Iterator[Event]:
    for line in text.split("\n"):
        try:
            content: dict[str, Any] = json.loads(line)
            yield Event(**{name: content[name] for name in _NAMES if name in content})
        except (ValueError, TypeError):  # cut off
            continue
