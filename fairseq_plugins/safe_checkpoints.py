"""fairseq checkpoints under torch's `weights_only=True`: the few harmless classes fairseq writes, in one place.

torch refuses every class that is not listed, so a checkpoint cannot run code while it loads. Everything here is plain
data. Found with `torch.serialization.get_unsafe_globals_in_checkpoint` and by resuming with two processes.
"""

from __future__ import annotations

import argparse
import collections
import typing

import torch
from fairseq.distributed.utils import _TensorPlaceholder
from omegaconf.base import ContainerMetadata, Metadata
from omegaconf.dictconfig import DictConfig
from omegaconf.listconfig import ListConfig
from omegaconf.nodes import AnyNode

SAFE_CLASSES = [
    argparse.Namespace,  # cfg.model of every checkpoint
    # The rest comes when rank 0 sends the checkpoint to the other processes (fairseq's broadcast_object).
    _TensorPlaceholder,
    DictConfig,
    ListConfig,
    ContainerMetadata,
    Metadata,
    AnyNode,
    typing.Any,
    collections.defaultdict,
    dict,
    int,
    list,
]


def allow_fairseq_classes() -> None:
    """Put the list into torch's, for this process."""
    torch.serialization.add_safe_globals(SAFE_CLASSES)
