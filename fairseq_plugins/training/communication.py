"""Time in collectives that training waits for, told apart from computing.

Gradients all-reduced at the end of an update (`legacy_ddp`), statistics and gradient norms are awaited where they are
called. With `vega_fsdp` the collectives lie inside forward and backward: `fully_shard` lets us put our own call in
their place. Not seen: what `pytorch_ddp` overlaps with backward, the all-reduce between nodes of HSDP, and on a GPU
whatever runs in streams of its own while the processor goes on; all that counts as computing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.distributed import ProcessGroup

from fairseq_plugins.distributed.fsdp import sharded_modules
from fairseq_plugins.training.phases import Phases

# The second is what torch before 2.13 calls it.
_all_gather = getattr(torch.distributed, "all_gather_single", None) or torch.distributed.all_gather_into_tensor
_reduce_scatter = getattr(torch.distributed, "reduce_scatter_single", None) or torch.distributed.reduce_scatter_tensor


class _Timed:
    """A collective for `fully_shard`, with new memory for each call, as its own have."""

    def __init__(self, phases: Phases, collective: Callable[..., Any]) -> None:
        self.phases, self.collective = phases, collective

    def allocate(self, size: Sequence[int], *, dtype: torch.dtype, device: torch.device) -> Tensor:
        return torch.empty(*size, dtype=dtype, device=device)

    def __call__(self, output_tensor: Tensor, input_tensor: Tensor, group: ProcessGroup, **options: Any) -> Any:
        with self.phases.within("communication"):
            return self.collective(output_tensor, input_tensor, group=group, **options)


def time_sharded_collectives(model: torch.nn.Module, phases: Phases) -> None:
    """Count the gathering of parameters and the scattering of gradients of a sharded model as communication."""
    for module in sharded_modules(model):
        if hasattr(module, "set_custom_all_gather"):  # torch 2.8
            module.set_custom_all_gather(_Timed(phases, _all_gather))
            module.set_custom_reduce_scatter(_Timed(phases, _reduce_scatter))


def gather_rows(row: Sequence[float], device: torch.device, group: Any) -> list[list[float]]:
    """The rows of all processes, in order of their numbers; 64-bit floats."""
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size(group) == 1:
        return [list(row)]
    mine = torch.tensor(row, dtype=torch.float64, device=device)
    rows = mine.new_empty(torch.distributed.get_world_size(group), len(row))
    _all_gather(rows.view(-1), mine, group=group)
    gathered: list[list[float]] = rows.tolist()
    return gathered
