"""Let `torchrun ... fairseq-train` work on CPU.

Stock fairseq divides by the number of CUDA devices when torchrun has started it (ZeroDivisionError on CPU). This is the
one patch, at the one function that reads torchrun's variables; tests/fairseq_plugins/distributed notices when fairseq
changes under it.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from fairseq.distributed import utils
from omegaconf import open_dict

_stock = utils._infer_torch_distributed_launch_init


def _infer_init(cfg: Any) -> None:
    if torch.cuda.is_available():
        _stock(cfg)
        return
    with open_dict(cfg):
        cfg.distributed_init_method = "env://"
        cfg.distributed_world_size = int(os.environ["WORLD_SIZE"])
        cfg.distributed_rank = int(os.environ["RANK"])
        cfg.device_id = 0
        cfg.distributed_no_spawn = True  # torchrun has started the processes


def allow_torchrun_on_cpu() -> None:
    """Put the patch in place."""
    utils._infer_torch_distributed_launch_init = _infer_init
