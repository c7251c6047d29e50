"""A training with all that is averaged, and settings of the stages that choose among its models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.fairseq_plugins.running import run_train, train_arguments
from vega.settings import Corpus
from vega.settings.dev import NamedModel

UPDATES = (30, 60, 90, 120)  # one epoch has 128


def train_run(data: Path, folder: Path) -> Path:
    """The folder of checkpoints: of four updates the two newest and the three best."""
    every = str(UPDATES[0])
    run_train(
        train_arguments(
            data, folder / "checkpoints", UPDATES[-1], "--dropout", "0", "--average-decay", "0.95", "--keep-best", "3",
            "--save-interval-updates", every, "--validate-interval-updates", every, "--keep-interval-updates", "2",
            "--no-save-optimizer-state",
        ),
        folder / "log",
    )  # fmt: skip
    return folder / "checkpoints"


def of_update(checkpoints: Path, update: int) -> Path:
    found = sorted(checkpoints.glob(f"checkpoint_*_{update}.pt"))
    return found[0] if found else checkpoints / f"checkpoint_best_{update:08d}.pt"


def named(checkpoints: Path, *updates: int) -> list[NamedModel]:
    return [NamedModel(name=f"u{update}", checkpoint=of_update(checkpoints, update)) for update in updates]


def dev(data: Path, corpora: dict[str, Corpus], **changes: Any) -> dict[str, Any]:
    return {
        "data": data, "valid": [corpora["dev"]], "directions": ["en-de", "ja-en"], "beam": 2, "resamples": 20, **changes
    }  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def same_bytes(first: Path, second: Path) -> bool:
    """Whether two folders hold the same, but for how long decoding took."""

    def content(folder: Path) -> dict[str, Any]:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        found: dict[str, Any] = {str(path.relative_to(folder)): path.read_bytes() for path in files}
        gain = json.loads(found.pop("gain.json"))
        return {**found, "gain": {key: gain[key] for key in gain if key not in ("seconds", "base_seconds", "times")}}

    return content(first) == content(second)
