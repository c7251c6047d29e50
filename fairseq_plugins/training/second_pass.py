"""What `--optimizer vega_fsam` adds to an update: after the first gradient, a second one at moved weights.

fairseq's step asks the task to step when the gradient of the whole update is reduced, scaled and clipped. There the
weights are moved, the update's batches are run again with the same dropout masks, their gradient is treated as fairseq
treats the first, and takes its place; the weights are what they were before the optimizer steps. In 16 bit the fp32
copies are moved, and the model gets their rounded values. Losses and norms in the log are those of the first pass.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from fairseq import utils
from fairseq.logging import metrics
from fairseq.optim import FP16Optimizer
from torch import Tensor

from fairseq_plugins.distributed.shards import local
from fairseq_plugins.optimizers.fsam import VegaFsam
from fairseq_plugins.training.divergence import Guard
from fairseq_plugins.training.out_of_memory import Result, UpdateRunner
from fairseq_plugins.training.seeding import seed_everything
from vega.errors import UserError
from vega.methods.fsam import Fsam


class SecondPass:
    """For one trainer and its optimizer."""

    def __init__(self, trainer: Any, optimizer: Any, inner: VegaFsam) -> None:
        """`optimizer` is fairseq's, `inner` the one it is or holds."""
        self._trainer, self._outer, self._inner = trainer, optimizer, inner
        self._guard = Guard(trainer.cfg.vega.skip_bad_updates, 0.0)
        self._refuse(trainer.cfg)
        self._note_scale(optimizer)

    def _refuse(self, cfg: Any) -> None:
        if cfg.common.amp:
            raise UserError(
                "--optimizer vega_fsam makes two gradients per update, --amp knows of one. Use --bf16 or --fp16."
            )
        if not self._inner.cfg.fsam_per_batch:
            return
        if cfg.distributed_training.ddp_backend != "legacy_ddp" and self._trainer.data_parallel_world_size > 1:
            raise UserError("--fsam-per-batch needs each process's own gradient: use --ddp-backend legacy_ddp.")
        if self._inner.cfg.fsam_period > 1:
            raise UserError("--fsam-period follows one direction per update: leave out --fsam-per-batch.")

    def _note_scale(self, optimizer: Any) -> None:
        """fairseq works out what summed gradients are multiplied by; the second pass needs the same number."""
        multiply = optimizer.multiply_grads

        def multiply_grads(factor: Any) -> None:
            self._scale = factor
            multiply(factor)

        optimizer.multiply_grads = multiply_grads
        self._multiply = multiply

    # One update

    def replace_gradient(self, runner: UpdateRunner) -> bool:
        """Put the second gradient, or what stands for it, in the place of the first. False: do not step."""
        ascent, update = self._ascent(), self._trainer.get_num_updates()
        began = time.perf_counter()
        passes, norm = 2, math.nan
        if not ascent.ascends(update):
            ascent.follow(self._gradients())
            passes, norm = 1, float(self._trainer.clipped())
        elif not self._per_batch(ascent, update):
            gradients = self._gradients()
            if ascent.needs_mask(update):
                fisher, gradients = self._fisher(runner, gradients)
                ascent.choose(fisher, update)
                metrics.log_scalar("fsam_norm_share", ascent.share_of_norm(gradients), priority=920, round=3)
            with self._moved(ascent, gradients, update):
                norm = self._second_norm(runner)
            if math.isfinite(norm):
                ascent.learn(self._gradients())
        else:
            norm = 0.0  # the trainer's guard has judged this very gradient
        now = time.perf_counter()
        metrics.log_scalar("fsam_passes", passes, priority=921, round=2)
        if runner.seconds > 0:
            cost = (now - began + runner.seconds) / runner.seconds
            metrics.log_scalar("fsam_cost", passes if self._inner.cfg.fsam_per_batch else cost, priority=922, round=2)
        return self._guard.may_step(update + 1, norm)

    def _second_norm(self, runner: UpdateRunner) -> float:
        trainer, optimizer = self._trainer, self._outer
        trainer.phases.enter("compute")
        trainer.zero_grad()
        runner.again()
        optimizer.all_reduce_grads(trainer.model)
        if utils.has_parameters(trainer.criterion):
            optimizer.all_reduce_grads(trainer.criterion)
        self._multiply(self._scale)
        return float(trainer.clipped())

    @contextmanager
    def _moved(self, ascent: Fsam, gradients: Sequence[Tensor], update: int) -> Iterator[None]:
        """Inside, the model computes with moved weights."""
        try:
            with ascent.moved([local(p.data) for p in self._inner.params], gradients, update):
                self._to_model()
                yield
        finally:
            self._to_model()

    def _to_model(self) -> None:
        if isinstance(self._outer, FP16Optimizer):
            self._outer._sync_fp32_params_to_fp16()

    # For each batch of its own

    def for_each_batch(self, step: Callable[..., Result]) -> Callable[..., Result]:
        """The task's step, with weights moved by the batch's own gradient; with `--fsam-per-batch`, else as it is.

        An update that must choose a mask moves weights once for all its batches: a mask needs the whole gradient.
        """
        if not self._inner.cfg.fsam_per_batch:
            return step

        def moved_step(*, sample: Any, ignore_grad: bool = False, **given: Any) -> Result:
            ascent, update = self._ascent(), self._trainer.get_num_updates()
            if ignore_grad or not self._per_batch(ascent, update):
                return step(sample=sample, ignore_grad=ignore_grad, **given)
            return self._moved_step(ascent, update, step, sample, given)

        return moved_step

    def _moved_step(
        self, ascent: Fsam, update: int, step: Callable[..., Result], sample: Any, given: dict[str, Any]
    ) -> Result:
        params = [p for _, p in self._trainer.named_trained_parameters()]
        before = [p.grad for p in params]
        for p in params:
            p.grad = None
        result = step(sample=sample, ignore_grad=False, **given)
        first = [torch.zeros_like(p, dtype=torch.float32) if p.grad is None else p.grad.float() for p in params]
        for p in params:
            p.grad = None
        with self._moved(ascent, first, update):
            seed_everything(self._trainer.runner.seed)
            step(sample=sample, ignore_grad=False, **given)
        for p, earlier in zip(params, before, strict=True):
            if earlier is not None:
                p.grad = earlier if p.grad is None else p.grad.add_(earlier)
        return result

    def _per_batch(self, ascent: Fsam, update: int) -> bool:
        return bool(self._inner.cfg.fsam_per_batch) and not ascent.needs_mask(update)

    # Gradients

    def _ascent(self) -> Fsam:
        return self._inner.prepare([name for name, _ in self._trainer.named_trained_parameters()])

    def _gradients(self) -> list[Tensor]:
        """Of all trained weights, this process's part; in fp16 scaled by one factor."""
        return [
            torch.zeros_like(local(p.data)) if p.grad is None else local(p.grad).detach() for p in self._inner.params
        ]

    def _fisher(self, runner: UpdateRunner, gradients: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """What entries are ranked by, and the update's gradient, which further passes would overwrite.

        The groups of one batch each give a gradient; with sharding, of all processes' batches together.
        """
        groups = self._inner.cfg.fsam_fisher_groups
        if groups == 1:
            return gradients, gradients
        gradients = [g.clone() for g in gradients]
        squares = [torch.zeros_like(g) for g in gradients]
        params = [p for _, p in self._trainer.named_trained_parameters()]

        def add() -> None:
            for square, parameter in zip(squares, params, strict=True):
                if parameter.grad is not None:
                    square += local(parameter.grad).float() ** 2

        self._trainer.phases.enter("compute")
        runner.run_groups(groups, add)
        if self._trainer.data_parallel_world_size > 1 and not self._trainer.sharded:
            for square in squares:
                dist.all_reduce(square, group=self._trainer.data_parallel_process_group)
        return squares, gradients
