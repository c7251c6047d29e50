"""`--average-decay`: the moving average of the weights, beside them while they are trained.

It is fp32 whatever training computes in: in 16 bit it follows the optimizer's fp32 copies. It is spread over processes
as the weights are, and saved with them: in fairseq's files as `extra_state.ema`, where `fairseq` has its own, with
fairseq's names; in sharded folders as tensors `ema.NAME`. Training itself never reads it.

fairseq's `--store-ema` averages tied weights once for each of their names (so with the decay's power), follows the
rounded weights in fp16, counts updates that were left out, and cannot be sharded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from fairseq_plugins.distributed.shards import local
from fairseq_plugins.training.masters import masters, trained
from vega.checkpoints.sources import EMA, EMA_KEY
from vega.errors import UserError
from vega.methods.ema import average_in


class RunningAverage:
    """Of one trainer's model. Tied weights count once, under their first name; weights that rest are left out."""

    def __init__(self, trainer: Any, decay: float) -> None:
        if not 0 < decay < 1:
            raise UserError(f"--average-decay {decay} is not between 0 and 1. 0.9999 is usual; 0 leaves it out.")
        self._trainer, self._decay = trainer, decay
        #: fp32, a DTensor where the weight is one; empty until the first update.
        self.tensors: dict[str, Tensor] = {}

    def begin(self) -> None:
        """Before an update: the average is the weights, unless it has a past."""
        if not self.tensors:
            self.tensors = self.copies()

    def step(self, update: int) -> None:
        """After the `update`-th one has changed the weights."""
        average_in([local(each) for each in self.tensors.values()], masters(self._trainer), update, self._decay)

    def copies(self) -> dict[str, Tensor]:
        """The weights as they are, in fp32."""
        return {name: weight.detach().to(torch.float32, copy=True) for name, weight in trained(self._trainer)}

    def load(self, known: Mapping[str, Any], fill: Callable[[dict[str, Tensor]], None]) -> None:
        """Read `ema.NAME` of every weight by `fill`, if a checkpoint has them; else start anew at the next update."""
        self.tensors = {}
        weights = dict(trained(self._trainer))
        if all(f"{EMA}{name}" in known for name in weights):
            self.tensors = {name: torch.empty_like(p.detach(), dtype=torch.float32) for name, p in weights.items()}
            fill({f"{EMA}{name}": tensor for name, tensor in self.tensors.items()})

    def load_whole(self, state: Mapping[str, Tensor]) -> None:
        """Read what `state` of fairseq's file holds under each name; on every process the same."""

        def fill(room: dict[str, Tensor]) -> None:
            for name, tensor in room.items():
                tensor.copy_(state[name.removeprefix(EMA)])

        self.load({f"{EMA}{name}": None for name in state}, fill)

    def in_place_of(self, model: Mapping[str, Tensor], aliases: Mapping[str, str]) -> dict[str, Tensor]:
        """The model's state with averages for weights: what fairseq calls the EMA model."""
        return {name: self.tensors.get(aliases.get(name, name), value) for name, value in model.items()}


def taken_out(extra_state: dict[str, Any] | None) -> dict[str, Tensor]:
    """The average out of a checkpoint's extra state, which fairseq's loop would hold on to; {} without one."""
    found: dict[str, Tensor] = (extra_state or {}).pop(EMA_KEY, {})
    return found
