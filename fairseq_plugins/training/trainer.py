"""fairseq's trainer with what large models and long runs need. `fairseq-train --user-dir fairseq_plugins` uses it.

It overrides methods that fairseq's own loop calls; everything with an idea of its own lives in a file beside it.
Installed at the one name where `fairseq_cli.train` looks, `use_our_trainer`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from fairseq import utils
from fairseq.trainer import Trainer
from fairseq_cli import train as fairseq_train
from torch import Tensor, nn

from fairseq_plugins.distributed.fsdp import (
    clip_gradients,
    data_parallel_mesh,
    gather_parameters,
    release_parameters,
    shard_model,
    transformer_layers,
)
from fairseq_plugins.training.options import FSDP
from fairseq_plugins.training.phases import Phases
from fairseq_plugins.training.recompute import recompute_layers
from fairseq_plugins.training.seeding import batch_seed, seed_everything
from vega.errors import UserError

logger = logging.getLogger(__name__)


class VegaTrainer(Trainer):
    """One process of data-parallel training."""

    def __init__(self, cfg: Any, task: Any, model: Any, criterion: Any, quantizer: Any = None) -> None:
        self.phases = Phases()
        self.sharded = cfg.distributed_training.ddp_backend == FSDP
        self._gathered = False
        self._seeds: Iterator[int] | None = None
        with self._stock_view(cfg):
            super().__init__(cfg, task, model, criterion, quantizer)
        self._fix_batches_per_update()
        recompute_layers(transformer_layers(model), cfg.vega.activation_checkpointing)
        if self.sharded:
            self._refuse_what_sharding_cannot()

    # Options

    @contextmanager
    def _stock_view(self, cfg: Any) -> Iterator[None]:
        """Sharding does itself what these flags make stock code do: cast all weights, and demand fairscale."""
        flags = cfg.common.bf16, cfg.distributed_training.cpu_offload
        if self.sharded:
            cfg.common.bf16 = cfg.distributed_training.cpu_offload = False
        try:
            yield
        finally:
            cfg.common.bf16, cfg.distributed_training.cpu_offload = flags

    def _refuse_what_sharding_cannot(self) -> None:
        common, model = self.cfg.common, self.cfg.model
        if common.fp16 or common.amp or common.memory_efficient_bf16:
            raise UserError("--ddp-backend vega_fsdp computes in fp32 or, with --bf16, in bf16. Leave out --fp16/--amp.")
        if getattr(model, "encoder_layerdrop", 0) or getattr(model, "decoder_layerdrop", 0):
            raise UserError("--ddp-backend vega_fsdp needs every layer in every step. Leave out --*-layerdrop.")
        if self.cfg.ema.store_ema:
            raise UserError("--store-ema copies the whole model. Use `vega checkpoint average` with vega_fsdp.")

    def _fix_batches_per_update(self) -> None:
        """The number of global batches in an update, and the local share of it."""
        processes, wanted = self.data_parallel_world_size, self.cfg.vega.batches_per_update
        if wanted:
            if wanted % processes:
                raise UserError(f"--batches-per-update {wanted} cannot be shared by {processes} processes evenly.")
            self.cfg.optimization.update_freq = [wanted // processes]
        self.task.batches_per_update = processes * self.cfg.optimization.update_freq[-1]

    # Model

    @property
    def use_distributed_wrapper(self) -> bool:
        return self.sharded or super().use_distributed_wrapper

    @property
    def model(self) -> Any:
        if self._wrapped_model is None and self.sharded:
            self._shard(self._model)
            self._wrapped_model = self._model
        return super().model

    @property
    def criterion(self) -> Any:
        if self._wrapped_criterion is None and self.sharded:
            if utils.has_parameters(self._criterion):
                self._shard(self._criterion)
            self._wrapped_criterion = self._criterion.to(self.device)
        return super().criterion

    def _shard(self, module: nn.Module) -> None:
        options, training = self.cfg.vega, self.cfg.distributed_training
        compute_dtype = torch.bfloat16 if self.cfg.common.bf16 else torch.float32
        exact = training.fp32_reduce_scatter or compute_dtype == torch.float32
        shard_model(
            module,
            data_parallel_mesh(self.device, self.data_parallel_process_group, options.shard_size),
            compute_dtype=compute_dtype,
            reduce_dtype=torch.float32 if exact else torch.bfloat16,
            reshard_after_forward=not training.no_reshard_after_forward,
            cpu_offload=training.cpu_offload,
            prefetch_layers=options.prefetch_layers,
        )

    def _build_optimizer(self) -> None:
        with self._stock_view(self.cfg):
            super()._build_optimizer()

    # Text

    def get_train_iterator(self, *args: Any, **kwargs: Any) -> Any:
        self.train_iterator = super().get_train_iterator(*args, **kwargs)
        return self.train_iterator

    # One update

    def train_step(self, samples: list[Any], raise_oom: bool = False) -> Any:
        self._release()
        self.phases.enter("compute")
        self._seeds = self._batch_seeds(len(samples))
        try:
            return super().train_step(samples, raise_oom)
        finally:
            self._seeds = None
            self.phases.enter("data")

    def _batch_seeds(self, count: int) -> Iterator[int]:
        """Process r of W has the batches r, W + r, 2W + r, ... of the update."""
        update, processes, rank = self.get_num_updates(), self.data_parallel_world_size, self.data_parallel_rank
        return iter([batch_seed(self.cfg.common.seed, update, i * processes + rank) for i in range(count)])

    def _prepare_sample(self, sample: Any, is_dummy: bool = False) -> Any:
        if self._seeds is not None and not is_dummy:
            seed_everything(next(self._seeds))
        return super()._prepare_sample(sample, is_dummy)

    def clip_grad_norm(self, clip_norm: float) -> Tensor:
        self.phases.enter("optimizer")
        if self.sharded:
            return clip_gradients(list(self.optimizer.params), clip_norm)
        norm: Tensor = super().clip_grad_norm(clip_norm)
        return norm

    # Validation

    def begin_valid_epoch(self, epoch: int) -> None:
        if self.sharded and not self._gathered:
            gather_parameters(self.model)
            self._gathered = True
        super().begin_valid_epoch(epoch)

    def _release(self) -> None:
        if self._gathered:
            release_parameters(self.model, not self.cfg.distributed_training.no_reshard_after_forward)
            self._gathered = False


def use_our_trainer() -> None:
    """Put the class where `fairseq_cli.train.main` looks."""
    fairseq_train.Trainer = VegaTrainer
