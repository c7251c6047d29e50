"""The same checkpoint in another number of files."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.checkpoint.default_planner import DefaultSavePlanner
from torch.distributed.checkpoint.metadata import MetadataIndex
from torch.distributed.checkpoint.planner import WriteItem
from torch.distributed.checkpoint.state_dict_saver import save

from vega.atomic import atomic_path
from vega.checkpoints.layout import METADATA, SUMS, TRAINER, resolve
from vega.checkpoints.tensor_files import HashingWriter, PlainReader, sha256
from vega.errors import UserError


class OneByOne(DefaultSavePlanner):
    """Plans with empty stand-ins; each tensor is read, by its name, when its turn to be written comes."""

    def __init__(self, read: Callable[[str], Tensor]) -> None:
        super().__init__(flatten_state_dict=False)
        self._read = read

    def lookup_object(self, index: MetadataIndex) -> Any:
        return self._read(index.fqn)

    def resolve_data(self, write_item: WriteItem) -> Any:
        return self.lookup_object(write_item.index)


def reshard(path: Path, output: Path, files: int) -> None:
    """Write the checkpoint at `path` to `output` in `files` files of about equal size. Whole tensors; the content is
    equal. Training never needs this: a checkpoint loads on any number of processes.
    """
    if output.exists():
        raise UserError(f"{output} is already there. Delete it, or choose another name.")
    source = resolve(path)
    reader = PlainReader(source)
    names: dict[str, Tensor] = {
        name: torch.empty(info.shape, dtype=info.dtype, device="meta") for name, info in reader.tensors().items()
    }
    with atomic_path(output) as folder:
        folder.mkdir()

        def publish(hashes: dict[str, str]) -> None:
            for name in (TRAINER, "summary.json"):
                shutil.copyfile(source / name, folder / name)
                hashes[name] = sha256(folder / name)
            lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
            (folder / SUMS).write_text(lines, encoding="utf-8")

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            writer = HashingWriter(folder, publish, threads=files)
            save(names, storage_writer=writer, planner=OneByOne(reader.tensor), no_dist=True)
        if not (folder / METADATA).exists():
            raise AssertionError("the index was not written")
