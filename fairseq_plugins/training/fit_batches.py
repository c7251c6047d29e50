"""`--fit-batches`: the largest batches that fit into memory, found by trial before training starts.

Marian's mini-batch-fit (Junczys-Dowmunt et al. 2018, arXiv 1804.00344), per bucket of sentence length and with any
sharding. The batches tried are of random symbols, source and target as long as the bucket's longest sentence: training
has none in the bucket with more tokens or longer rows. Every budget has been run once, forward and backward, with the
optimizer's state in place, and gradients where updates add up several batches. All processes try the same batches; what
the worst of them takes counts.

The budgets are kept in SAVE_DIR: a run that goes on reads them, so that its batches stay the same.
"""

from __future__ import annotations

import ctypes
import gc
import json
import logging
import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fairseq import utils
from fairseq.logging import metrics
from fairseq.models.ema import build_ema

from fairseq_plugins.data.batching import BatchBudgets
from fairseq_plugins.training.out_of_memory import Batch, UpdateRunner, is_out_of_memory
from vega.atomic import write_text
from vega.errors import UserError

logger = logging.getLogger(__name__)

FILE = "batch_budgets.json"
#: The share of a GPU's memory that is used where no limit is given; the rest is for what torch does not count.
GPU_SHARE = 0.9
#: So much smaller a batch is tried after one that did not fit.
SHRINK = 0.9
#: Not worth another trial.
SMALL_GAIN = 1.05
_SHORTEST_BUCKET = 16
_GIB = 2**30


def fit_batches(trainer: Any) -> None:
    """Set the task's `batch_budgets` if the options say so and it has none; before it plans its first batch.

    Raises UserError where this cannot be done. All processes come here alike.
    """
    if not trainer.cfg.vega.fit_batches or getattr(trainer.task, "batch_budgets", None):
        return
    _refuse_what_cannot_be_fitted(trainer)
    cfg, path = trainer.cfg, Path(trainer.cfg.checkpoint.save_dir) / FILE
    positions = _positions(trainer)
    edges = bucket_edges(max(positions))
    planned_for = {
        "max_tokens": cfg.dataset.max_tokens,
        "batch_size": cfg.dataset.batch_size,
        "max_positions": list(positions),
    }
    limit = _memory_limit(trainer)
    measured_with = _circumstances(trainer, limit)
    tokens = _kept(trainer, path, edges, planned_for, measured_with)
    if tokens is None:
        tokens = _measure(trainer, edges, positions, limit)
        if trainer.is_data_parallel_master and not cfg.checkpoint.no_save:
            budgets = {str(edge): budget for edge, budget in zip(edges, tokens, strict=True)}
            record = {"budgets": budgets, **planned_for, **measured_with}
            write_text(path, json.dumps(record, indent=2) + "\n")
    trainer.task.batch_budgets = tuple(zip(edges, tokens, strict=True))
    _warn_of_what_is_left_out(trainer.task.batch_budgets)


def bucket_edges(longest: int) -> list[int]:
    """The longest sentence of each bucket: 16, 24, 32, 48, 64, ... and `longest`. They divide usual budgets well."""
    edges, edge = [], _SHORTEST_BUCKET
    while edge < longest:
        edges.append(edge)
        edge = edge * 3 // 2 if edge & (edge - 1) == 0 else edge // 3 * 4
    return [*edges, longest]


# Options


def _refuse_what_cannot_be_fitted(trainer: Any) -> None:
    cfg = trainer.cfg
    if not hasattr(trainer.task, "synthetic_batch"):
        raise UserError(f"--fit-batches does not know the batches of --task {cfg.task._name}. Leave it out.")
    if cfg.dataset.max_tokens is None:
        raise UserError("--fit-batches needs --max-tokens, the most that it may find.")
    if trainer.is_fsdp or cfg.distributed_training.zero_sharding != "none":
        raise UserError("--fit-batches cannot measure fairscale's sharding. Use --ddp-backend vega_fsdp.")


def _positions(trainer: Any) -> tuple[int, int]:
    """The longest source and target in training, as fairseq determines them."""
    model, task = trainer.model.max_positions(), trainer.task.max_positions()
    source, target = utils.resolve_max_positions(task, model, trainer.cfg.dataset.max_tokens)[:2]
    return int(source), int(target)


def _memory_limit(trainer: Any) -> int:
    """Bytes that every process may use."""
    wanted = int(trainer.cfg.vega.memory_limit_gib * _GIB)
    if not wanted and not trainer.cuda:
        raise UserError("--fit-batches on a CPU needs --memory-limit-gib, the memory of one process.")
    if not wanted:
        wanted = int(GPU_SHARE * torch.cuda.get_device_properties(trainer.device).total_memory)
    return -int(trainer.agreement.largest([-wanted])[0])


def _circumstances(trainer: Any, limit: int) -> dict[str, Any]:
    """What the budgets depend on, besides what the plan of batches does."""
    common = trainer.cfg.common
    return {
        "memory_limit_gib": round(limit / _GIB, 3),
        "precision": next((name for name in ("bf16", "fp16", "amp") if getattr(common, name)), "fp32"),
        "processes": trainer.data_parallel_world_size,
        "device": torch.cuda.get_device_name(trainer.device) if trainer.cuda else "cpu",
    }


# What has been found before


def _kept(
    trainer: Any, path: Path, edges: list[int], planned_for: dict[str, Any], measured_with: dict[str, Any]
) -> list[int] | None:
    """The budgets that an earlier start of this run has found; None without such. The first process reads for all."""
    state, tokens = 0, [0] * len(edges)
    if trainer.is_data_parallel_master and path.exists():
        record = _read(path)
        state = 1 if all(record.get(key) == value for key, value in planned_for.items()) else 2
        tokens = list(record["budgets"].values()) if state == 1 else tokens
        changed = [f"{key} {record.get(key)}" for key, value in measured_with.items() if record.get(key) != value]
        if state == 1 and changed:
            logger.warning(f"{path} was measured with {', '.join(changed)}. Delete it to measure anew.")
    state, *tokens = trainer.agreement.largest([state, *tokens])
    if state == 2:
        options = "--max-tokens, --batch-size and --max-source/target-positions"
        raise UserError(f"{path}: its batches are for other {options}. Put them back, or delete the file.")
    if not state:
        return None
    logger.info(f"{path}:\n" + "\n".join([_HEAD, *map(_row, edges, tokens)]))
    return tokens


def _read(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text())
        return record
    except json.JSONDecodeError:
        return {}


# Trials


@dataclass(frozen=True)
class Found:
    """Rows that fit and the most bytes any process took for them; the fewest rows known not to fit, if any."""

    rows: int
    peak: float
    failed: int | None


def largest_that_fits(peak_of: Callable[[int], float], start: int, top: int, limit: float) -> Found:
    """The most rows, `top` or fewer, for which `peak_of` (bytes, infinite where it did not run) is within `limit`.

    From `start` on rows double, at most; where the line through the last two peaks ends, if that comes first. What does
    not fit is followed by a tenth less. The answer has been tried; 0 rows if not even one fits.
    """
    held, failed, points = Found(0, 0.0, None), top + 1, []
    rows = max(1, min(start, top))
    while held.rows < rows < failed:
        peak = peak_of(rows)
        if peak <= limit:
            held = Found(rows, peak, None)
        else:
            failed = rows
        if math.isfinite(peak):
            points.append((rows, peak))
        ceiling = top if failed > top else min(failed - 1, int(SHRINK * failed))
        rows = _next_rows(held.rows, failed, ceiling, points, limit)
    return Found(held.rows, held.peak, failed if failed <= top else None)


def _next_rows(held: int, failed: int, ceiling: int, points: list[tuple[int, float]], limit: float) -> int:
    """What to try next; `held` ends the search."""
    if held == 0:
        return failed // 2
    rows = min(ceiling, 2 * held)
    if len(points) > 1:
        (first, low), (second, high) = points[-2:]
        slope = (high - low) / (second - first)
        rows = min(rows, int(first + (limit - low) / slope)) if slope > 0 else rows
    return rows if rows == ceiling or rows >= SMALL_GAIN * held else held


def _measure(trainer: Any, edges: list[int], positions: tuple[int, int], limit: int) -> list[int]:
    """Tokens for each bucket."""
    began, dataset = time.monotonic(), trainer.cfg.dataset
    gc.collect()
    if trainer.get_num_updates():
        logger.warning("--fit-batches is new to this run: its text goes on in batches of another size")
    budgets: list[int] = []
    failed = dataset.max_tokens + 1  # longer sentences take no less memory for as many tokens
    tokens = dataset.max_tokens // 64
    with _leaving_no_trace(trainer), trainer.phases.within("compute"):
        trial = _Trial(trainer, positions)
        logger.info(f"{_HEAD} | GiB at most")
        for edge in edges:
            top = min((failed - 1) // edge, dataset.batch_size or failed)
            found = largest_that_fits(lambda rows, edge=edge: trial.peak(rows, edge), tokens // edge, top, limit)
            if found.failed:
                failed = min(failed, found.failed * edge)
            budgets.append(found.rows * edge)
            tokens = budgets[-1] // 2
            logger.info(f"{_row(edge, budgets[-1])} | {found.peak / _GIB:11.2f}")
    if not budgets[0]:
        raise UserError(
            f"Not even a sentence of {edges[0]} tokens fits into {limit / _GIB:.2f} GiB. Raise --memory-limit-gib, "
            "shard the model (--ddp-backend vega_fsdp) or recompute activations (--activation-checkpointing full)."
        )
    logger.info(f"--fit-batches took {time.monotonic() - began:.1f} s, {trial.passes} passes")
    return budgets


class _Trial:
    """Passes over batches of our making, on all processes alike."""

    def __init__(self, trainer: Any, positions: tuple[int, int]) -> None:
        self._trainer, self._positions, self.passes = trainer, positions, 0
        if trainer.cfg.dataset.train_subset not in trainer.task.datasets:
            trainer.task.load_dataset(trainer.cfg.dataset.train_subset)
        self._smallest = self._batch(1, 2)
        self._runner = UpdateRunner(trainer, trainer.task.train_step, [None], 0)
        self._accumulates = max(trainer.cfg.optimization.update_freq) > 1
        # fairseq makes it after the first update, as a copy of the model.
        needs_average = trainer.cfg.ema.store_ema and trainer._ema is None
        self._average = build_ema(trainer.get_model(), trainer.cfg.ema, trainer.device) if needs_average else None
        if trainer.average is not None and not trainer.average.tensors:  # made before the first update, too
            self._average = trainer.average.copies()
        self._make_all_that_stays()

    def peak(self, rows: int, length: int) -> float:
        """The most bytes a process takes for such a batch; infinite where one of them could not run it."""
        batch = self._batch(rows, length)
        self._trainer.zero_grad()
        fits = not self._accumulates or self._run(self._smallest)  # an update's second batch finds gradients
        _restart_peak(self._trainer)
        fits = self._run(batch) and fits
        failed, peak = self._trainer.agreement.largest([int(not fits), _peak(self._trainer)])
        return math.inf if failed else float(peak)

    def _batch(self, rows: int, length: int) -> Batch:
        source, target = (min(length, longest) for longest in self._positions)
        batch: Batch = self._trainer.task.synthetic_batch(rows, source, target)
        return batch

    def _run(self, batch: Batch) -> bool:
        """Forward and backward, without the reduction of gradients that `pytorch_ddp` would do."""
        trainer, self.passes = self._trainer, self.passes + 1
        with ExitStack() as alone:
            for module in (trainer.model, trainer.criterion):
                if hasattr(module, "no_sync"):
                    alone.enter_context(module.no_sync())
            return self._runner.fits(
                batch, self._smallest, model=trainer.model, criterion=trainer.criterion, optimizer=trainer.optimizer,
                update_num=trainer.get_num_updates(),
            )  # fmt: skip

    def _make_all_that_stays(self) -> None:
        """Gradients' buffers, the optimizer's state and what libraries allocate in a first pass."""
        trainer = self._trainer
        fits = self._run(self._smallest)
        if not trainer.agreement.largest([int(not fits)])[0]:
            trainer.optimizer.all_reduce_grads(trainer.model)
            trainer.zero_grad()
            try:
                _make_optimizer_state(trainer.optimizer.optimizer)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                fits = False
        if trainer.agreement.largest([int(not fits)])[0]:
            raise UserError(
                "The model and its optimizer do not fit into memory. Shard them: --ddp-backend vega_fsdp on more "
                "processes, or with --cpu-offload."
            )


def _make_optimizer_state(optimizer: torch.optim.Optimizer) -> None:
    """By a step that changes no parameter; a state that is there, as from a checkpoint, is left alone."""
    if optimizer.state:
        return
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    without = [parameter for parameter in parameters if parameter.grad is None]
    groups = [dict(group) for group in optimizer.param_groups]
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        else:  # FP16Optimizer's copies keep theirs
            parameter.grad.zero_()
    for group in optimizer.param_groups:
        group["lr"] = torch.zeros_like(group["lr"]) if torch.is_tensor(group["lr"]) else 0.0
        if group.get("relative_step"):  # Adafactor's own rate
            group["relative_step"] = False
    try:
        optimizer.step()
    finally:
        for parameter in without:
            parameter.grad = None
        for group, before in zip(optimizer.param_groups, groups, strict=True):
            group.clear()
            group.update(before)


@contextmanager
def _leaving_no_trace(trainer: Any) -> Iterator[None]:
    """Training afterwards is bit for bit as without the trials: random numbers, buffers, optimizer, meters."""
    model, criterion = trainer.model, trainer.criterion
    optimizer = trainer.optimizer.optimizer
    was_new, training = not optimizer.state, (model.training, criterion.training)
    buffers = [(buffer, buffer.clone()) for buffer in chain(model.buffers(), criterion.buffers())]
    ours, numpys = random.getstate(), np.random.get_state()
    devices = [torch.cuda.current_device()] if trainer.cuda else []
    try:
        with torch.random.fork_rng(devices), metrics.aggregate(new_root=True):
            yield
    finally:
        random.setstate(ours)
        np.random.set_state(numpys)
        trainer.zero_grad()
        if was_new:
            optimizer.state.clear()
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
        model.train(training[0])
        criterion.train(training[1])
        gc.collect()
        _give_back_memory(trainer)
        if trainer.cuda:
            torch.cuda.reset_peak_memory_stats(trainer.device)


# Memory


def _restart_peak(trainer: Any) -> None:
    if trainer.cuda:
        torch.cuda.reset_peak_memory_stats(trainer.device)
        return
    _give_back_memory(trainer)
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError as error:
        raise UserError(f"--fit-batches cannot measure memory on this CPU ({error}). Leave it out.") from None


def _peak(trainer: Any) -> int:
    """Bytes: allocated by torch on the GPU, or resident in the whole process on a CPU."""
    if trainer.cuda:
        return int(torch.cuda.max_memory_allocated(trainer.device))
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _give_back_memory(trainer: Any) -> None:
    """What allocators keep of the last pass."""
    if trainer.cuda:
        torch.cuda.empty_cache()
    elif hasattr(library := ctypes.CDLL(None), "malloc_trim"):  # glibc
        library.malloc_trim(0)


# Records

_HEAD = "sentences of up to | tokens of a batch | longest rows"


def _row(edge: int, tokens: int) -> str:
    return f"{edge:18} | {tokens:17} | {tokens // edge:12}"


def _warn_of_what_is_left_out(budgets: BatchBudgets) -> None:
    unfit = [longest for longest, tokens in budgets if not tokens]
    if unfit:
        fitting = max((longest for longest, tokens in budgets if tokens), default=0)
        logger.warning(f"memory does not suffice for sentences of more than {fitting} tokens: they are left out")
