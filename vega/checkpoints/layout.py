"""Where things are in a folder of checkpoints.

    SAVE_DIR/update_00001200/    one checkpoint; appears by rename when all of it is on disk
        __0_0.distcp ...         tensors, one file or more per process (torch.distributed.checkpoint)
        .metadata                which part of which tensor is where
        trainer.pt               all other training state; the dictionary of a fairseq checkpoint without its tensors
        summary.json             for people and programs
        SHA256SUMS               `sha256sum -c SHA256SUMS` works
    SAVE_DIR/last, SAVE_DIR/best links to two of them

Tensors are named `model.NAME`, `criterion.NAME` and `optimizer.NAME.KEY`. Tied weights are stored once;
`summary.json` lists their other names under `aliases`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from vega.errors import UserError

FORMAT = 1
TRAINER, SUMMARY, SUMS, METADATA = "trainer.pt", "summary.json", "SHA256SUMS", ".metadata"
LAST, BEST = "last", "best"
#: A folder that is being written, or being deleted: never read.
HIDDEN = ".unfinished-"


def folder_name(update: int) -> str:
    """`update_00001200`: sorts by number."""
    return f"update_{update:08d}"


def checkpoint_folders(root: Path) -> list[Path]:
    """All whole checkpoints in a folder, the oldest first."""
    found = [path for path in root.glob("update_*") if (path / SUMS).exists()]
    return sorted(found, key=lambda path: (read_summary(path)["time"], path.name))


def resolve(path: Path) -> Path:
    """The checkpoint meant by a folder of checkpoints (its last), a link, or the checkpoint's own folder."""
    for candidate in (path, path / LAST):
        if (candidate / SUMS).exists():
            return candidate.resolve()
    hint = " It has unfinished saves only." if any(path.glob(f"{HIDDEN}*")) else ""
    raise UserError(f"{path}: no finished checkpoint here ({SUMS} is missing).{hint}")


def read_summary(folder: Path) -> dict[str, Any]:
    """What `summary.json` says: format, update, time (seconds since 1970), aliases, and what the trainer added."""
    summary: dict[str, Any] = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    if summary.get("format") != FORMAT:
        raise UserError(f"{folder / SUMMARY}: format {summary.get('format')}; this version of Vega reads {FORMAT}.")
    return summary


def read_trainer_state(folder: Path) -> dict[str, Any]:
    """Everything but tensors. Plain data only: nothing in it can run code."""
    import torch

    allow_fairseq_options()
    state: dict[str, Any] = torch.load(folder / TRAINER, map_location="cpu", weights_only=True)
    return state


def allow_fairseq_options() -> None:
    """Let torch load fairseq's `cfg.model`, plain data, in this process from now on.

    Not for the time of one load: torch's context manager would also take away what others have allowed.
    """
    import torch

    torch.serialization.add_safe_globals([argparse.Namespace])


def point(link: Path, target: str) -> None:
    """Make `link` a relative link to `target`, in one step."""
    temporary = link.with_name(f"{HIDDEN}{link.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)
