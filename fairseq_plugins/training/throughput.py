"""How fast training is, and where the time goes: in every log line of fairseq and in SAVE_DIR/metrics.jsonl.

docs/training.md explains each figure. Processes exchange their counts once per log interval, never per update.
"""

from __future__ import annotations

import logging
import os
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from fairseq.logging import metrics

from fairseq_plugins.training.batch_counts import COUNTS, count_batches, model_shape
from fairseq_plugins.training.communication import gather_rows
from fairseq_plugins.training.metrics_file import MetricsFile
from fairseq_plugins.training.phases import PHASES
from vega.estimates import training_flops_of_batch
from vega.hardware import peak_flops

logger = logging.getLogger(__name__)

#: Figures that fairseq's lines show, with their digits; in the order shown.
SHOWN = {
    "tps": 1, "src_tps": 1, "padded_tps": 1, "pad_share": 3, "s_per_update": 4, "tflops": 4, "mfu": 4,
    **{f"{phase}_share": 3 for phase in PHASES}, "host_gib": 2, "gpu_gib": 2,
}  # fmt: skip
_GIB = 2**30


def interval_figures(
    rows: Sequence[Sequence[float]], updates: int, flops: Callable[..., float] | None, peak: float | None
) -> dict[str, float]:
    """The figures of a log interval. A row per process: `COUNTS`, seconds of `PHASES`, bytes of host and GPU memory.

    `flops` takes source and target tokens, source and target squares and crossings, and gives the operations of
    training on them; `peak` is one device's operations per second. Speeds leave validation and checkpoints out of the
    time, shares do not.
    """
    columns = list(zip(*rows, strict=True))
    totals = [float(sum(column)) for column in columns]
    count = dict(zip(COUNTS, totals, strict=False))
    seconds = dict(zip(PHASES, (total / len(rows) for total in totals[len(COUNTS) :]), strict=False))
    wall = max(sum(seconds.values()), 1e-9)
    training = max(wall - seconds["validation"] - seconds["checkpoint"], 1e-9)
    real, padded = count["source"] + count["target"], count["padded_source"] + count["padded_target"]
    figures = {
        "tps": count["target"] / training,
        "src_tps": count["source"] / training,
        "padded_tps": count["padded_target"] / training,
        "pad_share": 1 - real / padded if padded else 0.0,
        "s_per_update": training / max(updates, 1),
        **{f"{phase}_share": spent / wall for phase, spent in seconds.items()},
        "host_gib": max(columns[-2]) / _GIB,
        "wall_s": wall,
    }
    if max(columns[-1]):
        figures["gpu_gib"] = max(columns[-1]) / _GIB
    if flops is not None and not count["sourceless"]:
        keys = ("source", "target", "source_squares", "target_squares", "crossings")
        rate = flops(*(count[key] for key in keys)) / training / len(rows)
        figures["tflops"] = rate / 1e12
        if peak:
            figures["mfu"] = rate / peak
    return figures


def slowest_process(rows: Sequence[Sequence[float]]) -> dict[str, float]:
    """The process that waited least for others, and its own time over the mean: 1.0 is perfect balance."""
    seconds = [dict(zip(PHASES, row[len(COUNTS) :], strict=False)) for row in rows]
    own = [sum(spent.values()) - spent["communication"] for spent in seconds]
    return {"slowest_process": own.index(max(own)), "imbalance": max(own) * len(own) / max(sum(own), 1e-9)}


def process_age() -> float:
    """Seconds since this process began, loading of libraries included. 0 where the system does not tell."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        now = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    return now - ticks / os.sysconf("SC_CLK_TCK")


class SpeedLog:
    """Counts what one process trains on and reports for all, every `--log-interval` updates."""

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer
        self._pad = -1  # no padding: all counts as text
        self._flops = self._formula()
        self._peak: float | None = None
        self._counts = [0.0] * len(COUNTS)
        self._updates = self._gpu_bytes = 0
        self._started = False
        self._reported_at = -1
        path = trainer.cfg.vega.metrics_file or Path(trainer.cfg.checkpoint.save_dir) / "metrics.jsonl"
        self._file = MetricsFile(Path(path)) if trainer.is_data_parallel_master else None
        trainer.phases.finished = self._finished

    def _formula(self) -> Callable[..., float] | None:
        shape = model_shape(self.trainer.cfg.model)
        try:
            dictionary = self.trainer.task.target_dictionary
            self._pad, vocabulary = dictionary.pad(), len(dictionary)
        except (AttributeError, NotImplementedError):
            return None
        if shape is None:
            return None
        return lambda *counts: training_flops_of_batch(shape, vocabulary, *counts)

    def begin_update(self, samples: Sequence[Any]) -> None:
        """Before an update; the first time also the end of starting up, which is in no interval."""
        if not self._started:
            self._started = True
            device = self.trainer.device
            self._peak = peak_flops(device) if self._flops else None
            self._write(
                "start", update=self.trainer.get_num_updates(), seconds=process_age(), device=device.type,
                processes=self.trainer.data_parallel_world_size, peak_tflops=self._peak and self._peak / 1e12,
            )  # fmt: skip
            self.trainer.phases.take()
        self._counts = [a + b for a, b in zip(self._counts, count_batches(samples, self._pad), strict=True)]
        self._updates += 1

    def note_gpu_memory(self) -> None:
        """fairseq resets the peak after every update, so it is read just before."""
        if self.trainer.cuda:
            self._gpu_bytes = max(self._gpu_bytes, torch.cuda.max_memory_allocated(self.trainer.device))

    def end_update(self) -> None:
        """After an update that counted; all processes come here alike."""
        update = self.trainer.get_num_updates()
        if update % self.trainer.cfg.common.log_interval or update == self._reported_at:
            return
        self._reported_at = update
        trainer = self.trainer
        host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # KiB on Linux
        row = [*self._counts, *trainer.phases.take().values(), float(host), float(self._gpu_bytes)]
        with trainer.phases.within("communication"):
            rows = gather_rows(row, trainer.device, trainer.data_parallel_process_group)
        figures = interval_figures(rows, self._updates, self._flops, self._peak)
        for priority, (name, digits) in enumerate(SHOWN.items(), start=150):
            if name in figures:  # weighed by time, the lines of whole epochs hold true means
                metrics.log_scalar(name, figures[name], figures["wall_s"], priority=priority, round=digits)
        if self._file:
            figures |= slowest_process(rows) if len(rows) > 1 else {}
            self._write("train", update=update, processes=len(rows), **{**_fairseq_values(), **figures})
        self._counts, self._updates, self._gpu_bytes = [0.0] * len(COUNTS), 0, 0

    def validated(self, losses: dict[str, Any], seconds: float) -> None:
        """After validation: the figure that chooses the best checkpoint, for every validation set."""
        self._write("validation", update=self.trainer.get_num_updates(), seconds=seconds, losses=losses)

    def _finished(self, phase: str, seconds: float) -> None:
        if phase == "checkpoint" and seconds > 1e-3:  # else nothing was written: --no-save
            self._write("checkpoint", update=self.trainer.get_num_updates(), seconds=seconds)

    def _write(self, event: str, **values: Any) -> None:
        if self._file:
            self._file.append(event, **values)


def _fairseq_values() -> dict[str, float]:
    """What fairseq itself shows in this line, as numbers."""
    meters = metrics.get_meters("train_inner") or {}
    shown = meters.get_smoothed_values() if meters else {}
    return {
        name: float(value)
        for name, value in shown.items()
        if isinstance(value, int | float) or (torch.is_tensor(value) and value.numel() == 1)
    }
