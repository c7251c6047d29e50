"""An optimizer's state under its parameters' names, to be stored, and loaded on any number of processes.

Tensors shaped like their parameter are stored like it, sharded or whole. Low-bit states (torchao) are stored as the
fp32 numbers they stand for: reading them back gives the same codes and scales where the blocks are the same, that is on
as many processes as wrote them; on another number the difference is one quantization step at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from fairseq_plugins.distributed.shards import local
from vega.errors import UserError

Named = Sequence[tuple[str, nn.Parameter]]


def state_tensors(optimizer: Optimizer, named: Named) -> tuple[dict[str, Tensor], dict[str, dict[str, Any]]]:
    """Tensors as NAME.KEY, and what is no tensor or a single number as {NAME: {KEY: value}}."""
    tensors: dict[str, Tensor] = {}
    plain: dict[str, dict[str, Any]] = {}
    for name, parameter in named:
        for key, value in optimizer.state.get(parameter, {}).items():
            if torch.is_tensor(value) and value.dim() > 0:
                tensors[f"{name}.{key}"] = _as_numbers(value)
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
        parameter = parameters[name]
        for key, value in values.items():
            optimizer.state[parameter][key] = in_kept_format(optimizer, parameter, key, value)
    for full_name, tensor in tensors.items():
        name, _, key = full_name.rpartition(".")
        parameter = parameters[name]
        optimizer.state[parameter][key] = in_kept_format(optimizer, parameter, key, tensor)


def stored_plainly(value: Any) -> Any:
    """One entry of the state for a file of one process: low-bit tensors as numbers, on the CPU. DTensors stay."""
    return value if isinstance(value, DTensor) or not torch.is_tensor(value) else _as_numbers(value)


def in_kept_format(optimizer: Optimizer, parameter: nn.Parameter, key: str, value: Any) -> Any:
    """An entry of the state as read from storage, in the number format and place in which `optimizer` keeps it."""
    if not torch.is_tensor(value):
        return value
    if value.dim() == 0:  # the number of steps, which a fused kernel reads where it runs
        return value.to(parameter.device) if optimizer.defaults.get("fused") else value
    if key not in ("exp_avg", "exp_avg_sq"):  # no moment
        return value
    new_buffer = getattr(optimizer, "_new_buffer", None)
    if new_buffer is None:
        return value.to(parameter.dtype) if optimizer.defaults.get("fused") else value
    buffer: Tensor = new_buffer(parameter, signed=key == "exp_avg")
    buffer.copy_(value)
    return buffer


def _as_numbers(value: Tensor) -> Tensor:
    """Low-bit state as fp32 numbers on the CPU, where all of them together do not crowd out training."""
    mine = local(value)
    if not hasattr(mine, "qmap"):
        return value
    numbers = _dequantized(mine)
    if not isinstance(value, DTensor):
        return numbers.cpu()
    whole = DTensor.from_local(
        numbers, value.device_mesh, value.placements, run_check=False, shape=value.shape, stride=value.stride()
    )
    return whole.cpu()


def _dequantized(state: Any) -> Tensor:
    """What torchao's state of 8 bits stands for, such that quantizing it again gives the same codes and scales.

    A block's scale is its largest magnitude. Where that number is negative, its code stands for -0.993 of the scale,
    and torchao's own `dequantize` would lose the scale. Here this code stands for -1.
    """
    values = state.qmap.clone()
    if state.signed:
        values[0] = -1.0
    numbers: Tensor = type(state)(state.codes, state.scale, values, state.signed).dequantize()
    return numbers
