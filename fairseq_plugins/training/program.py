"""What `fairseq-train` runs: fairseq's own main, with its background saves finished before the process ends."""

from __future__ import annotations

import sys
from typing import Any

from fairseq_cli import train as fairseq_train

from fairseq_plugins.training.trainer import VegaTrainer

_stock_main = fairseq_train.main


def main(cfg: Any) -> None:
    """Train as `cfg` says."""
    trainers: list[VegaTrainer] = []
    VegaTrainer.made = trainers.append
    _stock_main(cfg)
    for trainer in trainers:
        trainer.finish_saving()


def use_our_program() -> None:
    """Put the trainer and `main` where `fairseq_cli.train` looks, also when that is run as a script."""
    modules = [fairseq_train, sys.modules["__main__"]]
    for module in modules:
        if getattr(module, "__file__", None) == fairseq_train.__file__:
            module.Trainer, module.main = VegaTrainer, main  # type: ignore[attr-defined]
