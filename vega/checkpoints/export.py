"""Checkpoints in other people's formats, written tensor by tensor: memory holds the largest one, not the model."""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vega.atomic import atomic_path
from vega.checkpoints.heap import giving_back
from vega.checkpoints.sources import Weights, all_names
from vega.checkpoints.tensor_files import TensorInfo
from vega.errors import UserError
from vega.progress import track

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
#: As Hugging Face splits large models.
SHARD_BYTES = 5_000_000_000

_SAFETENSORS_NAMES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip


def converted(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    """Floating-point tensors in `dtype`; others as they are."""
    return tensor.to(dtype) if dtype is not None and tensor.is_floating_point() else tensor


def export_fairseq(weights: Weights, output: Path, dtype: torch.dtype | None = None) -> None:
    """One file for fairseq-generate and every other fairseq program; weights and configuration, no optimizer.

    The tensors are backed by a temporary file beside `output`, so torch.save reads them from there.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    infos = weights.tensors()
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".export-") as folder:
        backed: dict[str, Tensor] = {}
        for number, name in enumerate(giving_back(track(infos, "Reading tensors", len(infos)))):
            tensor = converted(weights.tensor(name), dtype)
            backed[name] = _on_disk(tensor, Path(folder) / str(number))
        model = {name: backed[stored] for name, stored in all_names(weights)}
        state = {**weights.trainer_state(), "model": model, "last_optimizer_state": None}
        for internal in ("optimizer_numbers", "optimizer_groups"):
            state.pop(internal, None)
        partial = Path(folder) / "checkpoint.pt"
        torch.save(state, partial)
        partial.replace(output)


def _on_disk(tensor: Tensor, path: Path) -> Tensor:
    """The same values in a file that is mapped; nothing of it has to stay in memory."""
    if tensor.numel() == 0:
        return tensor
    backed = torch.from_file(str(path), shared=True, size=tensor.numel(), dtype=tensor.dtype).view(tensor.shape)
    backed.copy_(tensor)
    return backed


def export_safetensors(
    weights: Weights,
    output: Path,
    dtype: torch.dtype | None = None,
    *,
    rename: Callable[[str], str | None] = lambda name: name,
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """`model.safetensors`, or several with an index, in the folder `output`. Tied weights once, as that format has it.

    `rename` gives a tensor's name there, None to leave it out.
    """
    planned = {
        name: (new, TensorInfo(info.shape, dtype if dtype is not None and info.dtype.is_floating_point else info.dtype))
        for name, info in weights.tensors().items()
        if (new := rename(name)) is not None
    }
    shards = _shards({name: info for name, (_, info) in planned.items()}, shard_bytes)
    index: dict[str, str] = {}
    for number, names in enumerate(shards, start=1):
        file = "model.safetensors" if len(shards) == 1 else f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        shown = track(names, f"Writing {file}", len(names))
        write_safetensors(
            output / file,
            [planned[name] for name in names],
            (converted(weights.tensor(name), dtype) for name in shown),
        )
        index |= {planned[name][0]: file for name in names}
    if len(shards) > 1:
        total = sum(info.num_bytes for _, info in planned.values())
        content = {"metadata": {"total_size": total}, "weight_map": index}
        (output / "model.safetensors.index.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def _shards(infos: dict[str, TensorInfo], limit: int) -> list[list[str]]:
    shards: list[list[str]] = [[]]
    size = 0
    for name, info in infos.items():
        if shards[-1] and size + info.num_bytes > limit:
            shards.append([])
            size = 0
        shards[-1].append(name)
        size += info.num_bytes
    return shards


def write_safetensors(path: Path, entries: list[tuple[str, TensorInfo]], tensors: Iterator[Tensor]) -> None:
    """The format itself (a length, a JSON header, the bytes): the library's writer wants all tensors at once."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, info in entries:
        end = offset + info.num_bytes
        header[name] = {
            "dtype": _SAFETENSORS_NAMES[info.dtype], "shape": list(info.shape), "data_offsets": [offset, end]
        }  # fmt: skip
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for (name, info), tensor in zip(entries, tensors, strict=True):
            data = tensor.contiguous().flatten().view(torch.uint8).numpy()
            if data.nbytes != info.num_bytes:
                raise AssertionError(f"{name}: {data.nbytes} bytes, {info.num_bytes} were announced")
            file.write(data.tobytes())
        file.flush()
        os.fsync(file.fileno())


def export(
    weights: Weights,
    output: Path,
    to: str,
    dtype: torch.dtype | None,
    data: Path | None,
    quantization: str = "",
) -> None:
    """Write `weights` to `output`, which must not be there, as fairseq, safetensors, huggingface or ctranslate2.

    `dtype` is for the first three, `quantization` for CTranslate2.
    """
    if output.exists():
        raise UserError(f"{output} is already there. Delete it, or choose another name.")
    if quantization and to != "ctranslate2":
        raise UserError(f"--quantization is for --to ctranslate2; --to {to} has --dtype.")
    if to == "fairseq":
        export_fairseq(weights, output, dtype)
        return
    with atomic_path(output) as folder:
        folder.mkdir()
        if to == "safetensors":
            export_safetensors(weights, folder, dtype)
        elif to == "ctranslate2":
            from vega.checkpoints.ctranslate2 import export_ctranslate2

            if dtype is not None:
                raise UserError("--dtype is not for --to ctranslate2: use --quantization float16, bfloat16 or int8.")
            export_ctranslate2(weights, folder, data, quantization)
        else:
            from vega.checkpoints.hugging_face import export_hugging_face

            export_hugging_face(weights, folder, dtype, data)
