"""Lines as training logs them."""

from __future__ import annotations

import json
from pathlib import Path

DIRECTIONS = ("en-de", "de-en")


def train_line(update: int, loss: float) -> str:
    figures = {"loss": loss, "nll_loss": loss - 1, "lr": 1e-3, "tps": 900.5, "s_per_update": 0.5, "mfu": 0.25}
    figures |= {"host_gib": 1.5, "ppl": float("inf")}
    return json.dumps(
        {"epoch": 1, "update": 0.5, **{k: str(v) for k, v in figures.items()}, "num_updates": str(update)}
    )


def valid_line(update: int, loss: float) -> str:
    figures = {"valid_loss": loss, "valid_nll_loss": loss, **{f"valid_nll_{name}": loss for name in DIRECTIONS}}
    content = {"epoch": 1, **{key: str(value) for key, value in figures.items()}, "valid_num_updates": str(update)}
    return f"2026-11-30 10:00:00 | INFO | valid | {json.dumps(content)}"


def epoch_line(update: int) -> str:
    return json.dumps({"epoch": 1, "train_loss": "9", "train_num_updates": str(update)})


def write(log: Path, first: int, last: int, loss: float = 5.0) -> None:
    """Updates `first` to `last`, a line every 10, twice as fairseq does it, a validation every 50."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        for update in range(first, last + 1, 10):
            lines = [train_line(update, loss)] * 2
            lines += [valid_line(update, loss), epoch_line(update)] if update % 50 == 0 else []
            file.write("".join(line + "\n" for line in lines))
