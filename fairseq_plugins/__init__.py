"""Plugins for a stock fairseq: `fairseq-train --user-dir fairseq_plugins`. Importing registers everything."""

from fairseq_plugins import criterions, models, optimizers, tasks
from fairseq_plugins.distributed.cpu_launch import allow_processes_on_cpu
from fairseq_plugins.errors import show_user_errors_as_one_line
from fairseq_plugins.precision import allow_bf16_without_tpu
from fairseq_plugins.safe_checkpoints import allow_fairseq_classes
from fairseq_plugins.training.checkpoints import use_our_checkpoints
from fairseq_plugins.training.options import add_training_options
from fairseq_plugins.training.program import use_our_program
from fairseq_plugins.training.stop import stop_on_signals
from fairseq_plugins.training.validation import time_validation

__all__ = ["criterions", "models", "optimizers", "tasks"]

allow_fairseq_classes()
add_training_options()
allow_processes_on_cpu()
stop_on_signals()
allow_bf16_without_tpu()
use_our_program()
use_our_checkpoints()
time_validation()
show_user_errors_as_one_line()
