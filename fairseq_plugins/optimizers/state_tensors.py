"""An optimizer's state under its parameters' names, to be stored, and loaded on any number of processes.

Tensors shaped like their parameter are stored like it, sharded or whole. Low-bit states (torchao) are stored as the
fp32 numbers they stand for: reading them back gives the same codes where the blocks are the same, that is on as many
processes as wrote them; on another number the difference is one quantization step at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from vega.errors import UserError

Named = Sequence[tuple[str, nn.Parameter]]


def state_tensors(optimizer: Optimizer, named: Named) -> tuple[dict[str, Tensor], dict[str, dict[str, Any]]]:
    """Tensors as NAME.KEY, and what is no tensor or a single number as {NAME: {KEY: value}}."""
    tensors: dict[str, Tensor] = {}
    plain: dict[str, dict[str, Any]] = {}
    for name, parameter in named:
        for key, value in optimizer.state.get(parameter, {}).items():
            if torch.is_tensor(value) and value.dim() > 0:
                tensors[f"{name}.{key}"] = _stored(value)
            else:
                plain.setdefault(name, {})[key] = value
    return tensors, plain


def empty_state(
    optimizer: Optimizer, named: Named, stored: Mapping[str, tuple[tuple[int, ...], torch.dtype]]
) -> dict[str, Tensor]:
    """Tensors to load into, for all of `stored` (NAME.KEY: shape and type)."""
    parameters = dict(named)
    room: dict[str, Tensor] = {}
    for full_name, (shape, dtype) in stored.items():
        name = full_name.rpartition(".")[0]
        parameter = parameters.get(name)
        if parameter is None:
            raise UserError(f"The checkpoint has optimizer state for '{name}', which this model does not train.")
        if tuple(parameter.shape) == tuple(shape):
            room[full_name] = torch.zeros_like(parameter, dtype=dtype, requires_grad=False)
        elif isinstance(parameter, DTensor):
            raise UserError(f"{type(optimizer).__name__} keeps state that cannot be sharded ({full_name}).")
        else:
            room[full_name] = torch.zeros(shape, dtype=dtype, device=parameter.device)
    return room


def put_state(
    optimizer: Optimizer, named: Named, tensors: Mapping[str, Tensor], plain: Mapping[str, Mapping[str, Any]]
) -> None:
    """Make `tensors` and `plain`, as `state_tensors` gives them, the optimizer's state."""
    parameters = dict(named)
    for name, values in plain.items():
        optimizer.state[parameters[name]].update(values)
    for full_name, tensor in tensors.items():
        name, _, key = full_name.rpartition(".")
        parameter = parameters[name]
        optimizer.state[parameter][key] = _used(optimizer, parameter, key, tensor)


def _is_low_bit(value: Tensor) -> bool:
    local = value.to_local() if isinstance(value, DTensor) else value
    return hasattr(local, "dequantize") and hasattr(local, "codes")


def _stored(value: Tensor) -> Tensor:
    if not _is_low_bit(value):
        return value
    if not isinstance(value, DTensor):
        return value.dequantize()
    return DTensor.from_local(
        value.to_local().dequantize(), value.device_mesh, value.placements, shape=value.shape, stride=value.stride()
    )


def _used(optimizer: Optimizer, parameter: nn.Parameter, key: str, tensor: Tensor) -> Tensor:
    """The tensor itself, or, for torchao's optimizers, in the format they keep."""
    new_buffer = getattr(optimizer, "_new_buffer", None)
    if new_buffer is None:
        return tensor
    buffer: Tensor = new_buffer(parameter, signed=key == "exp_avg")
    buffer.copy_(tensor)
    return buffer
