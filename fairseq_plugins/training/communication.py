"""The collectives of sharded passes: the time in them, told apart from computing, and their number.

Gradients all-reduced at the end of an update (`legacy_ddp`), statistics and gradient norms are awaited where they are
called. With `vega_fsdp` the collectives lie inside forward and backward: `fully_shard` lets us put our own call in
their place. Not timed: what `pytorch_ddp` overlaps with backward, the all-reduce between nodes of HSDP, and on a GPU
whatever runs in streams of its own while the processor goes on; all that counts as computing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.distributed import ProcessGroup

from fairseq_plugins.distributed.fsdp import sharded_modules
from fairseq_plugins.training.phases import Phases

# The second is what torch before 2.13 calls it.
_all_gather = getattr(torch.distributed, "all_gather_single", None) or torch.distributed.all_gather_into_tensor
_reduce_scatter = getattr(torch.distributed, "reduce_scatter_single", None) or torch.distributed.reduce_scatter_tensor


class Collectives:
    """Those of one forward and backward pass. Their order is the same in every pass, whatever the batch."""

    def __init__(self, phases: Phases) -> None:
        self._phases = phases
        self._begun = self._skip = 0
        self._reduced: list[Any] = []

    def watch(self, model: torch.nn.Module) -> None:
        """Put our calls into a sharded model, all of it."""
        for module in sharded_modules(model):
            if hasattr(module, "set_custom_all_gather"):  # torch 2.8
                module.set_custom_all_gather(_Collective(self, _all_gather))
                module.set_custom_reduce_scatter(_Collective(self, _reduce_scatter, module))

    def begin_pass(self) -> None:
        """A new pass, with all of its collectives to come."""
        self._begun = 0
        self._reduced.clear()

    @contextmanager
    def only_those_to_come(self) -> Iterator[None]:
        """For a pass that stands in for a failed one: what that one has begun is not done again."""
        self._skip, self._begun = self._begun, 0
        reduced = list(self._reduced)
        for module in reduced:  # HSDP: the all-reduce that follows each of them is done, too
            module.set_requires_all_reduce(False, recurse=False)
        try:
            yield
        finally:
            self._skip = 0
            for module in reduced:
                module.set_requires_all_reduce(True, recurse=False)

    def run(self, collective: Callable[..., Any], module: Any, *args: Any, **options: Any) -> Any:
        """One collective, unless it is to be skipped; `module` is the one whose gradients it reduces, if it does."""
        self._begun += 1
        if self._begun <= self._skip:
            return None
        if module is not None:
            self._reduced.append(module)
        with self._phases.within("communication"):
            return collective(*args, **options)


class _Collective:
    """What `fully_shard` calls; with new memory for each call, as its own have."""

    def __init__(self, collectives: Collectives, collective: Callable[..., Any], module: Any = None) -> None:
        self._collectives, self._collective, self._module = collectives, collective, module

    def allocate(self, size: Sequence[int], *, dtype: torch.dtype, device: torch.device) -> Tensor:
        return torch.empty(*size, dtype=dtype, device=device)

    def __call__(self, output_tensor: Tensor, input_tensor: Tensor, group: ProcessGroup, **options: Any) -> Any:
        return self._collectives.run(
            self._collective, self._module, output_tensor, input_tensor, group=group, **options
        )


def gather_rows(row: Sequence[float], device: torch.device, group: Any) -> list[list[float]]:
    """The rows of all processes, in order of their numbers; 64-bit floats."""
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size(group) == 1:
        return [list(row)]
    mine = torch.tensor(row, dtype=torch.float64, device=device)
    rows = mine.new_empty(torch.distributed.get_world_size(group), len(row))
    _all_gather(rows.view(-1), mine, group=group)
    gathered: list[list[float]] = rows.tolist()
    return gathered
