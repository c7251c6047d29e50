"""A `--user-dir` for tests: our plugins, and a record of every update in full precision.

Each process appends JSON lines to $RECORD_TO.RANK: update, loss in nats per unit of sample size, gradient norm, and the
sentence ids of its batches in order.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import fairseq_plugins  # noqa: F401 (registers everything)
from fairseq_plugins.training.trainer import VegaTrainer

_stats, _step = VegaTrainer._reduce_and_log_stats, VegaTrainer.train_step


def _record_stats(self: Any, outputs: list[Any], sample_size: Any, grad_norm: Any = None) -> Any:
    if grad_norm is not None:
        loss = sum(float(output["loss"]) for output in outputs) / float(sample_size)
        self.recorded = {"update": self.get_num_updates(), "loss": loss, "gnorm": float(grad_norm)}
    return _stats(self, outputs, sample_size, grad_norm)


def _record_step(self: Any, samples: list[Any], raise_oom: bool = False) -> Any:
    done = _step(self, samples, raise_oom)
    line = {**getattr(self, "recorded", {}), "ids": [sorted(s["id"].tolist()) if s else [] for s in samples]}
    path = Path(f"{os.environ['RECORD_TO']}.{self.data_parallel_rank}")
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
    return done


VegaTrainer._reduce_and_log_stats = _record_stats
VegaTrainer.train_step = _record_step
