"""Plugins for a stock fairseq: `fairseq-train --user-dir fairseq_plugins`. Importing registers everything."""

from fairseq_plugins import criterions, models, optimizers, tasks
from fairseq_plugins.safe_checkpoints import allow_fairseq_classes

__all__ = ["criterions", "models", "optimizers", "tasks"]

allow_fairseq_classes()
