"""A word between processes on the host's side, once per update: nothing of it waits for a GPU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as dist

from fairseq_plugins.training.phases import Phases


class Agreement:
    """Over a gloo group of its own, so that training's collectives keep their order. All processes make it together."""

    def __init__(self, phases: Phases) -> None:
        self._phases = phases
        several = dist.is_initialized() and dist.get_world_size() > 1
        self._group = dist.new_group(backend="gloo") if several else None

    def largest(self, numbers: Sequence[int]) -> list[int]:
        """Of each number the largest that any process has; all must give equally many."""
        if self._group is None:
            return list(numbers)
        agreed = torch.tensor(numbers, dtype=torch.int64)
        with self._phases.within("communication"):
            dist.all_reduce(agreed, op=dist.ReduceOp.MAX, group=self._group)
        found: list[int] = agreed.tolist()
        return found

    def meet(self) -> None:
        """Until all processes have come here."""
        self.largest([0])
