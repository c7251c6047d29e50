"""`--leash-l2`: weights are pulled towards those training began with, `--finetune-from-model` (`vega.methods.leash`).

After the optimizer's step, so it is the same for any number of batches in an update and any spread over processes: each
pulls its own part. In 16 bit the fp32 copies are pulled. The start is read from its file or folder before the first
update, after an interruption too; it is kept in fp32, this process's part of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor

from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.training.masters import masters, masters_to_model, trained
from vega.checkpoints.sources import all_names
from vega.errors import UserError
from vega.methods.leash import pull


class L2Leash:
    """For one trainer."""

    def __init__(self, trainer: Any, l2: float) -> None:
        common, start = trainer.cfg.common, trainer.cfg.checkpoint.finetune_from_model
        if l2 < 0:
            raise UserError(f"--leash-l2 {l2} is below 0. 0 leaves it out.")
        if not start:
            raise UserError("--leash-l2 pulls towards the weights of --finetune-from-model. Say which.")
        if common.memory_efficient_fp16 or common.memory_efficient_bf16:
            raise UserError(
                "--leash-l2 needs fp32 weights to pull. Leave out --memory-efficient-fp16 and --memory-efficient-bf16."
            )
        self._trainer, self._l2, self._start = trainer, l2, Path(start)
        self._anchors: list[Tensor] = []

    def prepare(self) -> None:
        """Read the start; the model must be where it trains. Before the first `pull`; again does nothing."""
        self._anchors = self._anchors or self._read()

    def pull(self) -> None:
        """After a step, with the rate that it was made with."""
        pull(masters(self._trainer), self._anchors, self._l2 * float(self._trainer.optimizer.get_lr()))
        masters_to_model(self._trainer)

    def _read(self) -> list[Tensor]:
        self._trainer.model  # noqa: B018 (made when first asked for, and sharded, where it is to be)
        weights = open_checkpoint(self._start)
        stored, shapes = dict(all_names(weights)), weights.tensors()
        anchors = []
        for name, parameter in trained(self._trainer):
            if name not in stored or shapes[stored[name]].shape != tuple(parameter.shape):
                raise UserError(
                    f"{self._start}: '{name}' is missing or of another shape; --leash-l2 cannot pull to it."
                )
            anchors.append(_like(parameter, weights.tensor(stored[name]).float()))
        return anchors


def _like(parameter: Tensor, whole: Tensor) -> Tensor:
    """This process's part, where the parameter's is; nothing is sent."""
    whole = whole.to(parameter.device)
    if not isinstance(parameter, DTensor):
        return whole
    part = distribute_tensor(whole, parameter.device_mesh, parameter.placements, src_data_rank=None)
    return part.to_local().clone()
