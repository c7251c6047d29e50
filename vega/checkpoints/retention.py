"""Which checkpoints stay: the last few, the best or the best few, and one per hour for a while."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vega.checkpoints.layout import BEST, HIDDEN, checkpoint_folders, read_summary

HOUR = 3600.0


class Saved(NamedTuple):
    """A checkpoint, when it was saved, in seconds since 1970, and its validation loss where there was a validation."""

    name: str
    time: float
    loss: float | None = None


def places_of_best(losses: Sequence[float | None], count: int) -> list[int]:
    """Where the lowest losses are, the lowest first, of equals the first; what is None or no number is none of them."""
    judged = [(loss, place) for place, loss in enumerate(losses) if loss is not None and math.isfinite(loss)]
    return [place for _, place in sorted(judged)[:count]]


@dataclass(frozen=True)
class Retention:
    """`last`: how many of the newest stay; `hourly`: the first of every clock hour stays for so many hours; `best`: so
    many of the best validation stay (`largest`: of the highest, not of the lowest)."""

    last: int = 3
    hourly: int = 0
    best: int = 0
    largest: bool = False

    def kept(self, saved: Sequence[Saved], best: str | None, now: float) -> set[str]:
        """The names that stay, of checkpoints sorted from old to new. The newest always stays."""
        newest = {entry.name for entry in saved[-max(1, self.last) :]}
        hours: dict[int, str] = {}
        for entry in saved:
            if now - entry.time <= self.hourly * HOUR:
                hours.setdefault(int(entry.time // HOUR), entry.name)
        marked = {best} if best else set()
        losses = [None if entry.loss is None else entry.loss * (-1 if self.largest else 1) for entry in saved]
        chosen = {saved[place].name for place in places_of_best(losses, self.best)}
        return newest | set(hours.values()) | marked | chosen


def remove_superfluous(root: Path, retention: Retention, now: float) -> list[str]:
    """Delete what the rule does not keep; the names. A deletion that is cut off leaves nothing that looks whole."""
    folders = checkpoint_folders(root)
    heads = [read_summary(folder) for folder in folders]
    saved = [Saved(f.name, h["time"], h.get("validation_loss")) for f, h in zip(folders, heads, strict=True)]
    best = (root / BEST).readlink().name if (root / BEST).is_symlink() else None
    kept = retention.kept(saved, best, now)
    gone = [folder for folder in folders if folder.name not in kept]
    for folder in gone:
        doomed = folder.rename(root / f"{HIDDEN}deleting-{folder.name}")
        shutil.rmtree(doomed, ignore_errors=True)
    return [folder.name for folder in gone]


def remove_unfinished(root: Path) -> None:
    """What a killed save or deletion has left."""
    for path in root.glob(f"{HIDDEN}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
