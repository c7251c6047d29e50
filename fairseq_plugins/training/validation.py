"""Validation as a phase of its own, with a line in the metrics file. Installed at `fairseq_cli.train.validate`."""

from __future__ import annotations

import time
from typing import Any

from fairseq_cli import train as fairseq_train

_stock_validate = fairseq_train.validate


def validate(cfg: Any, trainer: Any, task: Any, epoch_itr: Any, subsets: list[str]) -> list[Any]:
    """In place of fairseq's; the loss of every subset."""
    began = time.monotonic()
    with trainer.phases.within("validation"):
        losses: list[Any] = _stock_validate(cfg, trainer, task, epoch_itr, subsets)
    trainer.speed.validated(dict(zip(subsets, losses, strict=True)), time.monotonic() - began)
    return losses


def time_validation() -> None:
    """Put the function in place."""
    fairseq_train.validate = validate
