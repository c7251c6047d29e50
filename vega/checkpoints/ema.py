"""The moving average that training keeps of its weights (`ema_decay`), as weights of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from vega.checkpoints.sources import open_weights
from vega.checkpoints.tensor_files import TensorInfo
from vega.errors import UserError


class EmaWeights:
    """`Weights` of a checkpoint with averages for what was trained; the rest (buffers) is the model's.

    Of our sharded folders, our files, and files of fairseq's `--store-ema`. UserError for a checkpoint without.
    """

    def __init__(self, path: Path) -> None:
        self._weights = open_weights(path)
        self.path = self._weights.path
        self._average = self._weights.average()
        if not self._average:
            raise UserError(f"{path}: holds no moving average. Train with ema_decay, 0.9999 say.")

    def tensors(self) -> dict[str, TensorInfo]:
        return {name: self._average.get(name, info) for name, info in self._weights.tensors().items()}

    def tensor(self, name: str) -> Tensor:
        return self._weights.average_of(name) if name in self._average else self._weights.tensor(name)

    def aliases(self) -> dict[str, str]:
        return self._weights.aliases()

    def trainer_state(self) -> dict[str, Any]:
        return self._weights.trainer_state()
