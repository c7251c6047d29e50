"""Sums over the shards of parameters: `vega.ops.shards` for what `fully_shard` made."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.tensor import DTensor

from vega.ops.shards import WHOLE, Shards


class GroupShards(Shards):
    """Parts on the processes of a group; replicas of them (HSDP) are in other groups and do the same."""

    def __init__(self, group: dist.ProcessGroup) -> None:
        self._group = group

    def sum(self, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total, group=self._group)
        return total

    def before(self, values: Tensor) -> Tensor:
        everyone = [torch.empty_like(values) for _ in range(dist.get_world_size(self._group))]
        dist.all_gather(everyone, values, group=self._group)
        return torch.stack([torch.zeros_like(values), *everyone])[: dist.get_rank(self._group) + 1].sum(0)


def local(tensor: Tensor) -> Tensor:
    """This process's part of a DTensor, sharing its memory; other tensors as they are."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def shards_of(parameters: Sequence[Tensor]) -> Shards:
    """How these parameters, all sharded alike or none, are divided."""
    for parameter in parameters:
        if isinstance(parameter, DTensor):
            mesh = parameter.device_mesh
            return GroupShards(mesh.get_group(mesh.ndim - 1))  # HSDP's first dimension replicates
    return WHOLE
