"""`--ddp-backend vega_fsdp`: parameters, gradients and optimizer state sharded by torch's `fully_shard` (FSDP2).

Each Transformer layer is one group of parameters, gathered just before its use; embeddings and final norms, which tied
weights share, stay in the root. Master weights, gradients and optimizer state are fp32 shards; with bf16 the gathered
copies are bf16. The mesh has one dimension, or two with `--shard-size` (HSDP: sharded inside a group of that many
consecutive processes, one node, and replicated across groups).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.distributed import HashStore, ProcessGroup
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import (
    CPUOffloadPolicy,
    FSDPModule,
    MixedPrecisionPolicy,
    OffloadPolicy,
    fully_shard,
)
from torch.distributed.tensor import DTensor

from vega.errors import UserError


def transformer_layers(model: nn.Module) -> list[nn.Module]:
    """The modules that are gathered one at a time: the members of every module list called `layers`."""
    lists = [m for name, m in model.named_modules() if name.split(".")[-1] == "layers" and isinstance(m, nn.ModuleList)]
    return [layer for members in lists for layer in members]


def data_parallel_mesh(device: torch.device, group: ProcessGroup | None, shard_size: int) -> DeviceMesh:
    """The mesh over all processes; `shard_size` 0 means one dimension. Starts a group of one where there is none."""
    if not torch.distributed.is_initialized():
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        torch.distributed.init_process_group(backend, store=HashStore(), rank=0, world_size=1)
    world = torch.distributed.get_world_size()
    if not 0 <= shard_size <= world or (shard_size and world % shard_size):
        raise UserError(f"--shard-size {shard_size} does not divide {world} processes. Use a divisor, or 0 for all.")
    if shard_size in (0, world):
        return DeviceMesh.from_group(group or torch.distributed.group.WORLD, device.type)
    return init_device_mesh(device.type, (world // shard_size, shard_size), mesh_dim_names=("replicate", "shard"))


def shard_model(
    model: nn.Module,
    mesh: DeviceMesh,
    *,
    compute_dtype: torch.dtype,
    reduce_dtype: torch.dtype,
    reshard_after_forward: bool,
    cpu_offload: bool,
    prefetch_layers: int,
) -> None:
    """Shard `model` in place; its parameters become DTensors of their present dtype.

    `reshard_after_forward` frees a layer's gathered parameters after its forward (less memory, one more gather).
    `prefetch_layers` layers are gathered ahead of the running one.
    """
    policy = MixedPrecisionPolicy(param_dtype=compute_dtype, reduce_dtype=reduce_dtype)
    offload = CPUOffloadPolicy(pin_memory=mesh.device_type == "cuda") if cpu_offload else OffloadPolicy()
    layers = transformer_layers(model)
    for layer in layers:
        fully_shard(layer, mesh=mesh, mp_policy=policy, offload_policy=offload,
                    reshard_after_forward=reshard_after_forward)  # fmt: skip
    # The loss uses the embedding after the root's forward, so the root stays gathered until backward has passed.
    fully_shard(model, mesh=mesh, mp_policy=policy, offload_policy=offload, reshard_after_forward=False)
    _prefetch(layers, prefetch_layers)


def _prefetch(layers: Sequence[Any], count: int) -> None:
    for number, layer in enumerate(layers):
        layer.set_modules_to_forward_prefetch(list(layers[number + 1 : number + 1 + count]))
        layer.set_modules_to_backward_prefetch(list(reversed(layers[max(0, number - count) : number])))


def sharded_modules(model: nn.Module) -> Iterator[FSDPModule]:
    """All modules that `fully_shard` has touched."""
    return (module for module in model.modules() if isinstance(module, FSDPModule))


def gather_parameters(model: nn.Module) -> None:
    """Gather all parameters and keep them: forward passes then need no communication.

    For validation: processes that decode outputs of unequal length make unequal numbers of steps, and would wait for
    each other for ever inside a sharded forward.
    """
    for module in sharded_modules(model):
        module.set_reshard_after_forward(False, recurse=False)
        module.unshard()


def release_parameters(model: nn.Module, reshard_after_forward: bool) -> None:
    """Undo `gather_parameters`."""
    for module in sharded_modules(model):
        module.set_reshard_after_forward(reshard_after_forward and module is not model, recurse=False)
        module.reshard()


def clip_gradients(parameters: Sequence[nn.Parameter], limit: float) -> torch.Tensor:
    """The norm of all gradients over all shards, as one plain number; gradients are scaled to `limit` if above it."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    norm = norm.full_tensor() if isinstance(norm, DTensor) else norm
    if limit > 0:
        torch.nn.utils.clip_grads_with_norm_(list(parameters), limit, norm)
    return norm
