"""The checkpoint that training goes on from, and the one that later stages use, whichever kind training wrote.

A job may change between sharded folders and fairseq's files while it runs (`sharding` only changes speed); then there
are both, and the later update counts.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from vega.checkpoints.export import export_fairseq
from vega.checkpoints.layout import BEST, LAST, SUMS, checkpoint_folders, read_summary, resolve
from vega.checkpoints.sources import FileWeights, FolderWeights, Weights, open_weights
from vega.errors import UserError

LAST_FILE, BEST_FILE = "checkpoint_last.pt", "checkpoint_best.pt"
#: In files that were made from another checkpoint: which one that was.
ORIGIN = "vega_made_from"


def newest(checkpoints: Path) -> Path | None:
    """The newest folder or SAVE_DIR/checkpoint_last.pt, the one of the later update; None where training never saved.

    The folder itself, not SAVE_DIR/last: a kill may have come between the two.
    """
    folders = checkpoint_folders(checkpoints)
    return _later(folders[-1] if folders else checkpoints / LAST, checkpoints / LAST_FILE)


def _later(folder: Path, file: Path) -> Path | None:
    """Of two checkpoints those that are there; the folder if both are of the same update."""
    there = [path for path in (folder, file) if (path / SUMS).exists() or path.is_file()]
    return max(there, key=update_of) if len(there) > 1 else next(iter(there), None)


def update_of(path: Path) -> int:
    """Updates that a checkpoint has been trained for."""
    if path.is_dir():
        return int(read_summary(resolve(path))["update"])
    return int(FileWeights(path).trainer_state()["optimizer_history"][-1]["num_updates"])


def provide_best(checkpoints: Path) -> Path:
    """SAVE_DIR/checkpoint_best.pt, written if it is not yet what it should be, from the best checkpoint of training.

    That is SAVE_DIR/best, or the file itself where training wrote it later; the last one where there was no validation.
    """
    for left in checkpoints.glob(".export-*"):  # of an export that was killed
        shutil.rmtree(left, ignore_errors=True)
    file = checkpoints / BEST_FILE
    written = _origin(file)
    ours = written is not None
    best = checkpoints / BEST if ours or not file.is_file() else _later(checkpoints / BEST, file)
    source = best if best is not None and best.exists() else newest(checkpoints)
    if source is None:
        raise UserError(f"{checkpoints}: training has ended without a checkpoint. Leave out no_save.")
    if source == file:
        return file
    weights = _Marked(open_weights(source))
    if weights.origin != written:
        export_fairseq(weights, file)
    return file


def _origin(file: Path) -> dict[str, Any] | None:
    """Which checkpoint the file was made from; None where training wrote it or it is not there."""
    if not file.is_file():
        return None
    found: dict[str, Any] | None = FileWeights(file).trainer_state().get(ORIGIN)
    return found


class _Marked:
    """Weights that say in their file where they are from."""

    def __init__(self, weights: Weights) -> None:
        self._weights, self.path = weights, weights.path
        sums = weights.path / SUMS if isinstance(weights, FolderWeights) else None
        self.origin = {
            "checkpoint": weights.path.name,
            "update": update_of(weights.path),
            "sums": hashlib.sha256(sums.read_bytes()).hexdigest() if sums else "",
        }
        self.tensors, self.tensor, self.aliases = weights.tensors, weights.tensor, weights.aliases

    def trainer_state(self) -> dict[str, Any]:
        return {**self._weights.trainer_state(), ORIGIN: self.origin}
