"""fairseq's trainer with what large models and long runs need. `fairseq-train --user-dir fairseq_plugins` uses it.

It overrides methods that fairseq's own loop calls; everything with an idea of its own lives in a file beside it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from fairseq import utils
from fairseq.trainer import Trainer
from torch import Tensor, nn

from fairseq_plugins.distributed.fsdp import (
    clip_gradients,
    data_parallel_mesh,
    gather_parameters,
    release_parameters,
    shard_model,
    transformer_layers,
)
from fairseq_plugins.optimizers.fsam import fsam_inside
from fairseq_plugins.training import stop
from fairseq_plugins.training.agreement import Agreement
from fairseq_plugins.training.checkpoints import load_into, tied_names
from fairseq_plugins.training.communication import Collectives
from fairseq_plugins.training.divergence import Guard, RollBack, SkipList
from fairseq_plugins.training.ema import RunningAverage, taken_out
from fairseq_plugins.training.fit_batches import fit_batches
from fairseq_plugins.training.leash import L2Leash
from fairseq_plugins.training.options import FSDP
from fairseq_plugins.training.out_of_memory import UpdateRunner
from fairseq_plugins.training.phases import Phases
from fairseq_plugins.training.recompute import recompute_layers
from fairseq_plugins.training.second_pass import SecondPass
from fairseq_plugins.training.throughput import SpeedLog
from fairseq_plugins.training.watchdog import Progress, watch_training
from vega.checkpoints.retention import Retention
from vega.checkpoints.sources import EMA_KEY
from vega.checkpoints.store import CheckpointStore
from vega.errors import UserError

logger = logging.getLogger(__name__)


class VegaTrainer(Trainer):
    """One process of data-parallel training."""

    #: Told of every trainer: fairseq's main makes it and keeps it to itself.
    made: Callable[[VegaTrainer], None] = staticmethod(lambda trainer: None)

    def __init__(self, cfg: Any, task: Any, model: Any, criterion: Any, quantizer: Any = None) -> None:
        self.phases = Phases()
        self.collectives = Collectives(self.phases)
        self.sharded = cfg.distributed_training.ddp_backend == FSDP
        self._compute_dtype = torch.bfloat16 if cfg.common.bf16 else torch.float32  # with sharding
        self._gathered = False
        #: Runs the batches of the update in progress.
        self.runner: UpdateRunner | None = None
        self._second_pass: SecondPass | None = None
        self._may_step = True
        with self._stock_view(cfg):
            super().__init__(cfg, task, model, criterion, quantizer)
        self._fix_batches_per_update()
        recompute_layers(transformer_layers(model), cfg.vega.activation_checkpointing)
        if self.sharded:
            self._refuse_what_sharding_cannot()
        #: Of the weights, where it is asked for.
        self.average = self._make_average()
        #: To the weights that training began with, where it is asked for.
        self.leash = L2Leash(self, cfg.vega.leash_l2) if cfg.vega.leash_l2 else None
        self.checkpoint_store = self._make_store()
        self.agreement = Agreement(self.phases)
        self.guard = Guard(cfg.vega.skip_bad_updates, cfg.vega.spike_factor)
        self.skip_list = SkipList(Path(cfg.checkpoint.save_dir) / "skipped_updates.json")
        #: Why this trainer ended, if it did so to return to a checkpoint.
        self.trouble: RollBack | None = None
        #: The signal to stop that all processes have agreed on, 0 = none.
        self.stop_signal = 0
        self.speed = SpeedLog(self)
        self.watchdog = watch_training(cfg.vega.watchdog_seconds, self._progress, Path(cfg.checkpoint.save_dir))
        VegaTrainer.made(self)

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
            raise UserError("--ddp-backend vega_fsdp computes in fp32 or, with --bf16, in bf16. Leave out the other.")
        if getattr(model, "encoder_layerdrop", 0) or getattr(model, "decoder_layerdrop", 0):
            raise UserError("--ddp-backend vega_fsdp needs every layer in every step. Leave out --*-layerdrop.")
        if self.cfg.ema.store_ema:
            raise UserError("--store-ema copies the whole model. Use --average-decay with vega_fsdp.")

    def _make_average(self) -> RunningAverage | None:
        decay = self.cfg.vega.average_decay
        if decay and self.cfg.ema.store_ema:
            raise UserError("--average-decay and --store-ema both keep an average. Leave out --store-ema.")
        return RunningAverage(self, decay) if decay else None

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
        exact = training.fp32_reduce_scatter or self._compute_dtype == torch.float32
        shard_model(
            module,
            data_parallel_mesh(self.device, self.data_parallel_process_group, options.shard_size),
            compute_dtype=self._compute_dtype,
            reduce_dtype=torch.float32 if exact else torch.bfloat16,
            reshard_after_forward=not training.no_reshard_after_forward,
            cpu_offload=training.cpu_offload,
            prefetch_layers=options.prefetch_layers,
        )
        self.collectives.watch(module)

    def _build_optimizer(self) -> None:
        with self._stock_view(self.cfg):
            super()._build_optimizer()
        reduce = self._optimizer.all_reduce_grads

        def all_reduce_grads(module: nn.Module) -> None:
            with self.phases.within("communication"):
                reduce(module)

        self._optimizer.all_reduce_grads = all_reduce_grads
        inner = fsam_inside(self._optimizer)
        self._second_pass = None if inner is None else SecondPass(self, self._optimizer, inner)

    # Text

    def get_train_iterator(self, *args: Any, **kwargs: Any) -> Any:
        if self.leash is not None:
            self.leash.prepare()  # what it holds is memory that batches cannot have
        fit_batches(self)
        self.train_iterator = super().get_train_iterator(*args, **kwargs)
        return self.train_iterator

    @property
    def training_set(self) -> Any:
        return self.task.dataset(self.cfg.dataset.train_subset)

    # One update

    def train_step(self, samples: list[Any], raise_oom: bool = False) -> Any:
        """None where the update's text is passed over."""
        update = self.get_num_updates() + 1
        if 0 < self.cfg.optimization.max_update < update:  # killed after the last update: fairseq would do one more
            return None
        if update in self.skip_list:
            logger.warning(f"update {update} is passed over, as skipped_updates.json says")
            self.set_num_updates(update)
            return None
        self.release_parameters()
        if hasattr(self.get_criterion(), "set_num_updates"):  # noise that each update has of its own
            self.get_criterion().set_num_updates(self.get_num_updates())
        self.speed.begin_update(samples)
        self.phases.enter("compute")
        with self._in_our_way(samples) as runner:
            logged = super().train_step(samples, raise_oom)
        self.stop_signal = runner.wish
        self.phases.enter("data")
        self.speed.end_update()
        self.watchdog.start()
        return logged

    def _progress(self) -> Progress:
        return Progress(self.get_num_updates(), self.phases.current, self.phases.since, self.phases.collectives)

    @contextmanager
    def _in_our_way(self, samples: list[Any]) -> Iterator[UpdateRunner]:
        """fairseq's step asks the task twice, to run a batch and to step; both answers are ours."""
        task, step, run = self.task, self.task.optimizer_step, self.task.train_step
        self.optimizer  # noqa: B018 (made when first asked for, and with it the second pass)
        second = self._second_pass

        def optimizer_step(*args: Any, **kwargs: Any) -> None:
            if self._may_step and second is not None:
                self._may_step = second.replace_gradient(runner)
            if self._may_step:
                self._step_and_average(step, *args, **kwargs)
            self.speed.note_gpu_memory()

        runner = UpdateRunner(self, run if second is None else second.for_each_batch(run), samples, stop.received())
        self.runner = runner
        task.train_step, task.optimizer_step = self.runner, optimizer_step
        try:
            yield runner
        finally:
            self.runner = None
            del task.train_step, task.optimizer_step  # back to the class's

    def _step_and_average(self, step: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        if self.average is not None:
            self.average.begin()
        step(*args, **kwargs)
        if self.leash is not None:
            self.leash.pull()
        if self.average is not None:
            self.average.step(self.get_num_updates() + 1)

    def _prepare_sample(self, sample: Any, is_dummy: bool = False) -> Any:
        if self.runner is not None and not is_dummy:  # the runner has taken it to the device
            return sample, not sample
        return super()._prepare_sample(sample, is_dummy)

    def to_device(self, sample: Any) -> tuple[Any, bool]:
        """The batch where the model is; without one, some batch and True."""
        prepared: tuple[Any, bool] = super()._prepare_sample(sample)
        return prepared

    def zero_grad(self) -> None:
        super().zero_grad()
        if getattr(self.optimizer, "scaler", True) is None:  # bf16: fairseq keeps the factor until a step is made
            self.optimizer._multiply_factor = 1.0

    def clip_grad_norm(self, clip_norm: float) -> Tensor:
        norm = self.clipped()
        self._may_step = self.guard.may_step(self.get_num_updates() + 1, float(norm))
        return norm if self._may_step else torch.zeros_like(norm)

    def clipped(self) -> Tensor:
        """The norm of the whole gradient, which is scaled to `--clip-norm` if above it."""
        self.phases.enter("optimizer")
        limit = self.cfg.optimization.clip_norm
        if self.sharded:
            return clip_gradients(list(self.optimizer.params), limit)
        norm: Tensor = super().clip_grad_norm(limit)
        return norm

    def _aggregate_logging_outputs(self, *args: Any, **kwargs: Any) -> Any:
        with self.phases.within("communication"):
            return super()._aggregate_logging_outputs(*args, **kwargs)

    def _reduce_and_log_stats(self, logging_outputs: Any, sample_size: Any, grad_norm: Any = None) -> Any:
        if grad_norm is not None and not self._may_step:  # its loss is no number
            return {}
        return super()._reduce_and_log_stats(logging_outputs, sample_size, grad_norm)

    # Validation

    def begin_valid_epoch(self, epoch: int) -> None:
        if self.sharded and not self._gathered:
            gather_parameters(self.model)
            self._gathered = True
        super().begin_valid_epoch(epoch)

    def valid_step(self, *args: Any, **kwargs: Any) -> Any:
        self.phases.enter(self.phases.current)  # progress, to a watchdog
        return super().valid_step(*args, **kwargs)

    def release_parameters(self) -> None:
        """End what validation began: parameters are shards again."""
        if self._gathered:
            release_parameters(self.model, not self.cfg.distributed_training.no_reshard_after_forward)
            self._gathered = False

    # Checkpoints

    def _make_store(self) -> CheckpointStore | None:
        """Where sharded checkpoints go; None for fairseq's own files."""
        wanted, common = self.cfg.vega.checkpoint_format, self.cfg.common
        if wanted == "pt" and self.sharded:
            raise UserError("--checkpoint-format pt gathers all on one process. With vega_fsdp use sharded.")
        if wanted == "pt" or (wanted == "auto" and not self.sharded):
            return None
        if not self.sharded and (common.fp16 or common.bf16 or common.amp):
            raise UserError("--checkpoint-format sharded in 16 bit needs --ddp-backend vega_fsdp.")
        options = self.cfg.checkpoint
        last = options.keep_interval_updates if options.keep_interval_updates > 0 else 3
        largest = bool(options.maximize_best_checkpoint_metric)
        retention = Retention(last, self.cfg.vega.keep_hourly, self.cfg.vega.keep_best, largest)
        return CheckpointStore(Path(options.save_dir), retention)

    def named_trained_parameters(self) -> list[tuple[str, nn.Parameter]]:
        """In the order in which the optimizer has them."""
        modules = chain(self.get_model().named_parameters(), self.get_criterion().named_parameters())
        return [(name, parameter) for name, parameter in modules if parameter.requires_grad]

    def load_checkpoint(
        self,
        filename: str,
        reset_optimizer: bool = False,
        reset_lr_scheduler: bool = False,
        optimizer_overrides: Any = None,
        reset_meters: bool = False,
    ) -> Any:
        path = Path(filename)
        if path.is_dir() or (self.sharded and path.is_file()):
            return load_into(
                self, path, reset_optimizer=reset_optimizer, reset_lr_scheduler=reset_lr_scheduler,
                overrides=optimizer_overrides, reset_meters=reset_meters,
            )  # fmt: skip
        extra = super().load_checkpoint(
            filename, reset_optimizer, reset_lr_scheduler, optimizer_overrides, reset_meters
        )
        average = taken_out(extra)
        if self.average is not None and not reset_optimizer:
            self.average.load_whole(average)
        return extra

    def state_dict(self) -> Any:
        state = super().state_dict()
        if self.average is not None and self.average.tensors:
            aliases = tied_names(self.get_model())
            state["extra_state"][EMA_KEY] = self.average.in_place_of(state["model"], aliases)
        return state

    def continue_clock(self, seconds: float) -> None:
        """`seconds` of training lie before this process's start."""
        self._previous_training_time, self._start_time = seconds, time.time()

    def save_checkpoint(self, filename: str, extra_state: dict[str, Any]) -> Any:
        if self.sharded:  # fairseq's handler of errors, on one process: the others would not take part
            logger.error("no crash.pt is written with vega_fsdp; the last checkpoint is whole")
            return None
        return super().save_checkpoint(filename, extra_state)

    def finish_saving(self) -> None:
        """Until a save in the background is on disk."""
        if self.checkpoint_store is not None:
            with self.phases.within("checkpoint"):
                self.checkpoint_store.wait()
