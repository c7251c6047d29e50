"""A checkpoint's weights, one tensor at a time, whether it is a folder of ours or a fairseq file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from vega.checkpoints.layout import allow_fairseq_options, read_summary, read_trainer_state, resolve
from vega.checkpoints.tensor_files import PlainReader, TensorInfo
from vega.errors import UserError

MODEL = "model."
#: Of the moving average in our folders, and where fairseq's files keep it in `extra_state`.
EMA, EMA_KEY = "ema.", "ema"
_EMA_IN_FP32 = "ema_fp32_params"  # of fairseq's --store-ema --ema-fp32


class Weights(Protocol):
    """Model weights under fairseq's names, tied ones under each of theirs."""

    path: Path

    def tensors(self) -> dict[str, TensorInfo]:
        """Shapes and types by name; tied weights once."""

    def tensor(self, name: str) -> Tensor:
        """One tensor; no other is in memory."""

    def aliases(self) -> dict[str, str]:
        """Further names of tied weights -> the name they are stored under."""

    def trainer_state(self) -> dict[str, Any]:
        """The rest of a fairseq checkpoint: configuration, counters, position in the text."""


def options_of(weights: Weights, part: str) -> dict[str, Any]:
    """What fairseq was told about a part, as `model` or `task`; {} where the checkpoint does not say."""
    found = (weights.trainer_state().get("cfg") or {}).get(part) or {}
    return dict(found) if isinstance(found, Mapping) else vars(found)


class FolderWeights:
    """Of a sharded checkpoint."""

    def __init__(self, path: Path) -> None:
        self.path = resolve(path)
        self._reader = PlainReader(self.path)

    def tensors(self) -> dict[str, TensorInfo]:
        stored = self._reader.tensors()
        return {name.removeprefix(MODEL): info for name, info in stored.items() if name.startswith(MODEL)}

    def tensor(self, name: str) -> Tensor:
        return self._reader.tensor(MODEL + name)

    def aliases(self) -> dict[str, str]:
        found: dict[str, str] = read_summary(self.path)["aliases"]
        return {name.removeprefix(MODEL): first.removeprefix(MODEL) for name, first in found.items()}

    def trainer_state(self) -> dict[str, Any]:
        return read_trainer_state(self.path)

    def average(self) -> dict[str, TensorInfo]:
        """Of the moving average that training keeps, what there is."""
        stored = self._reader.tensors()
        return {name.removeprefix(EMA): info for name, info in stored.items() if name.startswith(EMA)}

    def average_of(self, name: str) -> Tensor:
        return self._reader.tensor(EMA + name)


class FileWeights:
    """Of a fairseq file; mapped, not read as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            allow_fairseq_options()
            self._state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            self._model: dict[str, Tensor] = self._state["model"]
        except FileNotFoundError:
            raise UserError(f"{path}: no such file or folder.") from None
        except Exception as error:  # whatever a file that is no checkpoint makes torch say
            first_line = str(error).splitlines()[0]
            raise UserError(f"{path}: not a checkpoint of fairseq ({type(error).__name__}: {first_line}).") from None
        first: dict[tuple[int, tuple[int, ...]], str] = {}
        self._aliases = {
            name: first[key]
            for name, value in self._model.items()
            if first.setdefault(key := (value.data_ptr(), tuple(value.shape)), name) != name and value.numel()
        }

    def tensors(self) -> dict[str, TensorInfo]:
        return {
            name: TensorInfo(tuple(value.shape), value.dtype)
            for name, value in self._model.items()
            if name not in self._aliases
        }

    def tensor(self, name: str) -> Tensor:
        return self._model[name].clone()

    def aliases(self) -> dict[str, str]:
        return self._aliases

    def trainer_state(self) -> dict[str, Any]:
        state = {key: value for key, value in self._state.items() if key not in ("model", "last_optimizer_state")}
        if EMA_KEY in (extra := state.get("extra_state") or {}):
            state["extra_state"] = {key: value for key, value in extra.items() if key not in (EMA_KEY, _EMA_IN_FP32)}
        return state

    def average(self) -> dict[str, TensorInfo]:
        """Of the moving average that training keeps, what there is."""
        return {name: TensorInfo(tuple(v.shape), v.dtype) for name, v in self._stored_average().items()}

    def average_of(self, name: str) -> Tensor:
        return self._stored_average()[name].clone()

    def _stored_average(self) -> dict[str, Tensor]:
        extra = self._state.get("extra_state") or {}
        return {**extra.get(EMA_KEY, {}), **extra.get(_EMA_IN_FP32, {})}


def open_weights(path: Path) -> FolderWeights | FileWeights:
    """Whatever `path` is."""
    return FolderWeights(path) if path.is_dir() else FileWeights(path)


class Average:
    """The mean of several checkpoints of one model; summed in fp64, given in the type of the first."""

    def __init__(self, parts: list[Weights]) -> None:
        self.parts, self.path = parts, parts[0].path
        expected = parts[0].tensors()
        for part in parts[1:]:
            for name in expected.keys() ^ part.tensors().keys():
                raise UserError(f"{part.path}: '{name}' is in only one of the checkpoints: not the same model.")
            for name, info in part.tensors().items():
                if info.shape != expected[name].shape:
                    raise UserError(f"{part.path}: '{name}' has shape {info.shape}, not {expected[name].shape}.")

    def tensors(self) -> dict[str, TensorInfo]:
        return self.parts[0].tensors()

    def tensor(self, name: str) -> Tensor:
        first = self.parts[0].tensor(name)
        if not first.is_floating_point():
            return first
        total = first.double()
        for part in self.parts[1:]:
            total += part.tensor(name)
        return (total / len(self.parts)).to(first.dtype)

    def aliases(self) -> dict[str, str]:
        return self.parts[0].aliases()

    def trainer_state(self) -> dict[str, Any]:
        return self.parts[0].trainer_state()


def all_names(weights: Weights) -> Iterator[tuple[str, str]]:
    """Every name fairseq knows, with the name the tensor is stored under."""
    yield from ((name, name) for name in weights.tensors())
    yield from weights.aliases().items()
