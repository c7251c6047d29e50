"""Let `--bf16` mean bf16 on this machine's GPU or CPU.

Stock fairseq takes `--bf16` for a request to train on a TPU (fairseq/options.py, parse_args_and_arch) and ends where
torch_xla is not installed. The one patch is at the entry of every program, `call_main`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

from fairseq.distributed import utils


def allow_bf16_without_tpu() -> None:
    """Put the patch in place."""
    before = utils.call_main

    def call_main(cfg: Any, main: Callable[..., Any], **kwargs: Any) -> Any:
        if cfg.common.tpu and importlib.util.find_spec("torch_xla") is None:
            cfg.common.tpu = cfg.distributed_training.tpu = False  # a copy
        return before(cfg, main, **kwargs)

    utils.call_main = call_main
