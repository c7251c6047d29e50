"""What is in a checkpoint, for people and as data."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from vega.checkpoints.layout import checkpoint_folders, read_summary, resolve
from vega.checkpoints.sources import FolderWeights, open_weights
from vega.plan_text import amount

#: Tensors listed by name.
LARGEST = 5


def describe(path: Path) -> dict[str, Any]:
    """Keys: path, kind, update, epoch, arch, parameters, bytes, largest, and for folders all of summary.json."""
    weights = open_weights(path)
    infos = weights.tensors()
    folder = isinstance(weights, FolderWeights)
    head = read_summary(resolve(path)) if folder else _head_of_file(weights.trainer_state())
    files = [file for file in weights.path.iterdir() if file.is_file()] if folder else [weights.path]
    largest = sorted(infos.items(), key=lambda item: item[1].num_bytes, reverse=True)[:LARGEST]
    return {
        "path": str(weights.path),
        "kind": "sharded" if folder else "fairseq file",
        **head,
        "parameters": sum(_count(info.shape) for name, info in infos.items() if _is_parameter(name)),
        "bytes": sum(file.stat().st_size for file in files),
        "files": len(files),
        "largest": [
            {"name": n, "shape": list(i.shape), "dtype": str(i.dtype), "bytes": i.num_bytes} for n, i in largest
        ],
    }


def _is_parameter(name: str) -> bool:
    return not name.endswith(("version", "_float_tensor"))


def _count(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def _head_of_file(state: dict[str, Any]) -> dict[str, Any]:
    history = state.get("optimizer_history") or [{}]
    model = (state.get("cfg") or {}).get("model")
    options = model if isinstance(model, dict) else vars(model) if model is not None else {}
    iterator = (state.get("extra_state") or {}).get("train_iterator") or {}
    return {
        "update": history[-1].get("num_updates"),
        "epoch": iterator.get("epoch"),
        "arch": options.get("arch") or options.get("_name"),
        "validation_loss": (state.get("extra_state") or {}).get("val_loss"),
    }


def render(content: dict[str, Any]) -> str:
    """The description as lines; a folder of checkpoints also lists its others."""
    lines = [f"{content['path']}: {content['kind']}, {content['files']} files, {amount(content['bytes'])}"]
    for name in ("update", "epoch", "arch", "parameters", "processes", "validation_loss", "torch"):
        if content.get(name) is not None:
            value = content[name]
            lines.append(
                f"  {name.replace('_', ' '):16} {value:,}" if isinstance(value, int) else f"  {name:16} {value}"
            )
    if "time" in content:
        lines.append(f"  {'saved':16} {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(content['time']))}")
    lines.append("largest tensors")
    for entry in content["largest"]:
        lines.append(
            f"  {entry['name']}: {entry['shape']} {entry['dtype'].removeprefix('torch.')}, {amount(entry['bytes'])}"
        )
    others = [folder.name for folder in checkpoint_folders(Path(content["path"]).parent)]
    if content["kind"] == "sharded" and len(others) > 1:
        lines.append(f"beside it: {', '.join(name for name in others if name != Path(content['path']).name)}")
    return "\n".join(lines)
