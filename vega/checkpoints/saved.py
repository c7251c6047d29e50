"""The checkpoints that a training has left, files and folders: the newest, and those that validated best."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from vega.checkpoints.layout import checkpoint_folders, read_summary
from vega.checkpoints.retention import places_of_best
from vega.checkpoints.sources import FileWeights, open_weights, options_of
from vega.errors import UserError

#: Files that training writes: of an epoch, of an interval (EPOCH_UPDATE), of the best few, the last, the best.
_FILES = re.compile(r"checkpoint(\d+|_\d+_\d+|_best_\d+|_last|_best|\.best_.+)\.pt")
_BEST_FILES = "checkpoint_best_*.pt"


class SavedCheckpoint(NamedTuple):
    """`loss` is of its validation, None without one; where training looks for the highest value, minus that."""

    path: Path
    update: int
    loss: float | None


def best_file(update: int) -> str:
    """The name of a file that stays as one of the best few; the best of all is checkpoint_best.pt, too."""
    return f"checkpoint_best_{update:08d}.pt"


def keep_best_files(folder: Path, count: int) -> None:
    """Delete those so named but for the best `count`; of equals the older stay."""
    found = [_of_file(path) for path in sorted(folder.glob(_BEST_FILES))]
    kept = set(places_of_best([each.loss for each in found], count))
    for place, each in enumerate(found):
        if place not in kept:
            each.path.unlink()


def saved_checkpoints(folder: Path) -> list[SavedCheckpoint]:
    """All in a training's folder `checkpoints`, by update; each update once, as a folder where it is both."""
    files = sorted(path for path in folder.glob("checkpoint*.pt") if _FILES.fullmatch(path.name))
    folders = checkpoint_folders(folder)
    by_update = {each.update: each for each in map(_of_file, files)}
    by_update |= {each.update: each for each in map(_of_folder, folders)}
    if not by_update:
        raise UserError(f"{folder}: no checkpoints here. Name the folder `checkpoints` of a training stage.")
    return [by_update[update] for update in sorted(by_update)]


def last_checkpoints(folder: Path, count: int) -> list[SavedCheckpoint]:
    """The newest `count`, the newest first. UserError where there are fewer."""
    found = saved_checkpoints(folder)[::-1]
    return _enough(found, count, f"{folder}: has {len(found)} checkpoints, not {count}", "keep_checkpoints")


def best_checkpoints(folder: Path, count: int) -> list[SavedCheckpoint]:
    """The `count` that validated best, the best first. UserError where there are fewer that were validated."""
    found = saved_checkpoints(folder)
    best = [found[place] for place in places_of_best([each.loss for each in found], count)]
    return _enough(best, count, f"{folder}: has {len(best)} validated checkpoints, not {count}", "keep_best")


def _enough(found: list[SavedCheckpoint], count: int, shortage: str, option: str) -> list[SavedCheckpoint]:
    if len(found) < count:
        raise UserError(f"{shortage}. Take fewer, or train with {option}: {count} and more updates between the ends.")
    return found[:count]


def _of_file(path: Path) -> SavedCheckpoint:
    weights = FileWeights(path)
    state = weights.trainer_state()
    update = (state.get("optimizer_history") or [{}])[-1].get("num_updates") or 0
    return SavedCheckpoint(path, int(update), _loss(weights, (state.get("extra_state") or {}).get("val_loss")))


def _of_folder(path: Path) -> SavedCheckpoint:
    summary = read_summary(path)
    return SavedCheckpoint(path, int(summary["update"]), _loss(open_weights(path), summary.get("validation_loss")))


def _loss(weights: Any, value: float | None) -> float | None:
    highest = options_of(weights, "checkpoint").get("maximize_best_checkpoint_metric")
    return None if value is None else float(value) * (-1 if highest else 1)
