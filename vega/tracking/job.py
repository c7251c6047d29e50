"""What the process that feeds the trackers is told, and what it remembers from one start of training to the next."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vega.atomic import write_text
from vega.tracking.points import Point

#: In the folder of the stage. Hidden: no output of it, and gone when the stage begins anew.
STATE = ".trackers.json"


@dataclass(frozen=True)
class Job:
    """A stage's log, where each tracker's files go, and what the run is called there."""

    stage: str  #: the stage's folder
    folder: str  #: of the trackers' files
    project: str
    run: str  #: name of the run
    name: str  #: name of the stage
    trackers: list[str]
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return Path(self.stage) / "train.log"

    def as_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass
class Memory:
    """How far a tracker has been told, and the id by which it knows the run."""

    id: str = ""
    last: dict[str, int] = field(default_factory=dict)  #: kind of point -> its last update

    def take(self, points: list[Point]) -> list[Point]:
        """Those that are new. A resumed training repeats updates: the first counts."""
        new = []
        for point in points:
            if point.update > self.last.get(point.kind, -1):
                self.last[point.kind] = point.update
                new.append(point)
        return new


def read_memory(stage: Path) -> dict[str, Memory]:
    """Tracker -> what is remembered; empty where nothing is, or the file is broken."""
    try:
        content = json.loads((stage / STATE).read_text(encoding="utf-8"))
        return {name: Memory(**each) for name, each in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_memory(stage: Path, memory: dict[str, Memory]) -> None:
    write_text(stage / STATE, json.dumps({name: asdict(each) for name, each in memory.items()}))
