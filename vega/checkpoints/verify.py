"""Whether a checkpoint is whole: every file's hash, every tensor's bytes, and, if wanted, every number finite."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.distributed.checkpoint.metadata import TensorStorageMetadata

from vega.checkpoints.layout import SUMS, resolve
from vega.checkpoints.tensor_files import PlainReader, sha256
from vega.progress import track


def problems(path: Path, *, values: bool) -> Iterator[str]:
    """One sentence per fault found; none for a sound checkpoint. `values` reads all tensors too."""
    folder = resolve(path)
    damaged = list(_damaged_files(folder))
    yield from damaged
    if damaged:
        return
    reader = PlainReader(folder)
    yield from _missing_parts(folder, reader)
    if values:
        names = reader.tensors()
        for name in track(names, "Checking numbers", len(names)):
            tensor = reader.tensor(name)
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                yield f"{folder}: '{name}' has numbers that are not finite."


def _damaged_files(folder: Path) -> Iterator[str]:
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    expected = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    for name in track(sorted(expected), "Checking files", len(expected)):
        file = folder / name
        if not file.exists():
            yield f"{file}: missing."
        elif sha256(file) != expected[name]:
            yield f"{file}: damaged, its hash is not the one in {SUMS}."
    for extra in sorted({file.name for file in folder.glob("*.distcp")} - set(expected)):
        yield f"{folder / extra}: not part of this checkpoint."


def _missing_parts(folder: Path, reader: PlainReader) -> Iterator[str]:
    """Tensors whose stored parts do not cover them, or lie outside their files."""
    index = reader.read_metadata()
    covered: dict[str, int] = defaultdict(int)
    for name, entry in index.state_dict_metadata.items():
        if isinstance(entry, TensorStorageMetadata):
            covered[name] = sum(chunk.sizes.numel() for chunk in entry.chunks)
            if covered[name] != entry.size.numel():
                yield f"{folder}: '{name}' is incomplete: {covered[name]} of {entry.size.numel()} numbers."
    for place in (index.storage_data or {}).values():
        file = folder / place.relative_path
        if place.offset + place.length > file.stat().st_size:
            yield f"{file}: too short."
