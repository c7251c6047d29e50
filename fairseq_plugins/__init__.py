"""Plugins for a stock fairseq: `fairseq-train --user-dir fairseq_plugins`. Importing registers everything."""

from fairseq_plugins import criterions, models, optimizers, tasks
from fairseq_plugins.distributed.cpu_launch import allow_torchrun_on_cpu
from fairseq_plugins.errors import show_user_errors_as_one_line
from fairseq_plugins.precision import allow_bf16_without_tpu
from fairseq_plugins.safe_checkpoints import allow_fairseq_classes

__all__ = ["criterions", "models", "optimizers", "tasks"]

allow_fairseq_classes()
allow_torchrun_on_cpu()
allow_bf16_without_tpu()
show_user_errors_as_one_line()
