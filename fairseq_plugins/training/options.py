"""The options our trainer adds to fairseq-train, as one more group of fairseq's configuration: `cfg.vega`.

fairseq has no door for that, so this is the one place that opens it: the group is added to `FairseqConfig`, to the
configuration store and to the training parser, and `vega_fsdp` to the choices of `--ddp-backend`.
"""

import argparse
from dataclasses import dataclass, field
from typing import Any, Optional

from fairseq import options
from fairseq.dataclass import ChoiceEnum, FairseqDataclass
from fairseq.dataclass.configs import DistributedTrainingConfig, FairseqConfig
from fairseq.dataclass.initialize import hydra_init
from fairseq.dataclass.utils import gen_parser_from_dataclass

FSDP = "vega_fsdp"

ACTIVATION_CHECKPOINTING = ChoiceEnum(["none", "selective", "full"])
CHECKPOINT_FORMATS = ChoiceEnum(["auto", "pt", "sharded"])


@dataclass
class VegaConfig(FairseqDataclass):
    # Sharding. fairseq's --no-reshard-after-forward, --cpu-offload and --fp32-reduce-scatter hold for vega_fsdp too.
    shard_size: int = field(
        default=0,
        metadata={"help": "vega_fsdp: processes that share one copy of the model (HSDP), as on one node; 0 = all"},
    )
    prefetch_layers: int = field(
        default=1, metadata={"help": "vega_fsdp: layers whose parameters are gathered ahead of their use"}
    )
    activation_checkpointing: ACTIVATION_CHECKPOINTING = field(
        default="none",
        metadata={"help": "recompute in backward: selective = all but matrix products, full = whole layers"},
    )
    # Resume
    batches_per_update: int = field(
        default=0,
        metadata={
            "help": "batches of one update over all processes; sets --update-freq, so that training goes on unchanged "
            "on another number of processes; 0 = processes x --update-freq"
        },
    )
    # Checkpoints
    checkpoint_format: CHECKPOINT_FORMATS = field(
        default="auto",
        metadata={"help": "pt = fairseq's files; sharded = folders, one shard per process; auto = for vega_fsdp"},
    )
    save_synchronously: bool = field(
        default=False, metadata={"help": "sharded checkpoints: write before training goes on, not in the background"}
    )
    keep_hourly: int = field(
        default=0,
        metadata={"help": "sharded checkpoints: keep one per hour for so many hours besides last and best"},
    )
    keep_best: int = field(
        default=0, metadata={"help": "keep so many checkpoints of the best validation, besides the newest"}
    )
    average_decay: float = field(
        default=0.0,
        metadata={"help": "keep a moving average of the weights in checkpoints, with this decay per update; 0 = none"},
    )
    # Tuning
    leash_l2: float = field(
        default=0.0,
        metadata={"help": "pull weights back to those of --finetune-from-model, by lr * l2 of the way per update"},
    )
    # Trouble
    skip_bad_updates: int = field(
        default=3,
        metadata={"help": "leave out updates whose gradient is not finite, so many in a row, then roll back"},
    )
    spike_factor: float = field(
        default=0.0,
        metadata={"help": "roll back when the gradient norm exceeds this many times its running median; 0 = off"},
    )
    max_rollbacks: int = field(default=3, metadata={"help": "roll-backs to the last checkpoint before giving up"})
    watchdog_seconds: int = field(
        default=540,  # NCCL gives up after 600
        metadata={"help": "no progress for so long: name the stuck process, dump stacks, end all; 0 = off"},
    )
    fit_batches: bool = field(
        default=False,
        metadata={"help": "find the largest token budget per length by trial at the start; --max-tokens is its limit"},
    )
    memory_limit_gib: float = field(
        default=0.0, metadata={"help": "memory of one process that --fit-batches may use; 0 = 90 %% of the GPU's"}
    )
    # Records
    metrics_file: Optional[str] = field(
        default=None, metadata={"help": "JSON lines of every log interval [SAVE_DIR/metrics.jsonl]"}
    )


@dataclass
class _WithVega:
    """Carries the field in the form in which dataclasses keep it."""

    vega: VegaConfig = field(default=VegaConfig)


_add_distributed_training_args = options.add_distributed_training_args


def _add_training_args(parser: argparse.ArgumentParser, default_world_size: Optional[int] = None) -> Any:
    group = _add_distributed_training_args(parser, default_world_size)
    if default_world_size is None:  # a training parser; generation passes 1
        gen_parser_from_dataclass(parser.add_argument_group("vega"), VegaConfig())
    return group


def add_training_options() -> None:
    """Put the group and the backend's name in place; safe to call twice."""
    FairseqConfig.__annotations__["vega"] = VegaConfig
    FairseqConfig.__dataclass_fields__["vega"] = _WithVega.__dataclass_fields__["vega"]
    backend = DistributedTrainingConfig.__dataclass_fields__["ddp_backend"]
    choices = [choice.value for choice in backend.type]
    if FSDP not in choices:
        backend.type = ChoiceEnum([*choices, FSDP])
        DistributedTrainingConfig.__annotations__["ddp_backend"] = backend.type
    options.add_distributed_training_args = _add_training_args
    hydra_init()  # the store froze the classes when fairseq was imported
