"""Tensors on disk: torch.distributed.checkpoint with hashes on the way out and no trust on the way in."""

from __future__ import annotations

import hashlib
import io
import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.metadata import Metadata, TensorStorageMetadata
from torch.distributed.checkpoint.state_dict_loader import load
from torch.futures import Future

from vega.checkpoints.layout import METADATA
from vega.errors import UserError

_HASH_SUFFIX = ".sha256"

#: All that DCP's metadata is made of: plain records. Whatever else is in the file is not ours.
_ALLOWED = {
    "torch.distributed.checkpoint.metadata": {
        "Metadata", "MetadataIndex", "TensorStorageMetadata", "TensorProperties", "ChunkStorageMetadata",
        "StorageMeta", "_MEM_FORMAT_ENCODING",
    },
    "torch.distributed.checkpoint.filesystem": {"_StorageInfo"},
    "torch.serialization": {"_get_layout"},
    "torch": {"Size", *(str(v).removeprefix("torch.") for v in vars(torch).values() if isinstance(v, torch.dtype))},
    "pathlib": {"PosixPath", "PurePosixPath"},
    "collections": {"OrderedDict"},
}  # fmt: skip


class TensorInfo(NamedTuple):
    """A stored tensor, whole."""

    shape: tuple[int, ...]
    dtype: torch.dtype

    @property
    def num_bytes(self) -> int:
        return torch.Size(self.shape).numel() * self.dtype.itemsize


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name in _ALLOWED.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a checkpoint's index")


def sha256(path: Path) -> str:
    """The hash of a file, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class HashingWriter(FileSystemWriter):
    """Each process hashes the files it has written; the first one publishes when all have finished.

    `publish` is called once, on the coordinator, with the hash of every file.
    """

    def __init__(self, folder: Path, publish: Callable[[dict[str, str]], None], threads: int = 1) -> None:
        super().__init__(folder, thread_count=threads)
        self._folder, self._publish = folder, publish

    def write_data(self, plan: Any, planner: Any) -> Future[list[Any]]:
        written = super().write_data(plan, planner)
        for name in {result.storage_data.relative_path for result in written.wait()}:
            digest = sha256(self._folder / name)
            (self._folder / f"{name}{_HASH_SUFFIX}").write_text(digest, encoding="ascii")
        return written

    def finish(self, metadata: Metadata, results: list[list[Any]]) -> None:
        super().finish(metadata, results)
        hashes = {METADATA: sha256(self._folder / METADATA)}
        for sidecar in self._folder.glob(f"*{_HASH_SUFFIX}"):
            hashes[sidecar.name.removesuffix(_HASH_SUFFIX)] = sidecar.read_text(encoding="ascii")
            sidecar.unlink()
        self._publish(hashes)


class PlainReader(FileSystemReader):
    """Reads the index with an unpickler that builds nothing but plain records, and only once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._folder = folder
        self._index: Metadata | None = None

    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        if self._index is None:
            path = self._folder / METADATA
            try:
                self._index = _PlainUnpickler(io.BytesIO(path.read_bytes())).load()
            except FileNotFoundError:
                raise UserError(f"{path}: no such file; this is no sharded checkpoint.") from None
            except Exception as error:  # a damaged pickle can raise nearly anything
                raise UserError(f"{path}: not a checkpoint's index ({error}). Do not use this checkpoint.") from None
        return self._index

    def tensors(self) -> dict[str, TensorInfo]:
        """Names, shapes and types of all stored tensors."""
        found = self.read_metadata().state_dict_metadata
        return {
            name: TensorInfo(tuple(entry.size), entry.properties.dtype)
            for name, entry in found.items()
            if isinstance(entry, TensorStorageMetadata)
        }

    def tensor(self, name: str) -> Tensor:
        """One whole tensor; memory for that one only."""
        info = self.tensors()[name]
        tensor = torch.empty(info.shape, dtype=info.dtype)
        _load({name: tensor}, self, None, alone=True)
        return tensor


def stored_tensors(folder: Path) -> dict[str, TensorInfo]:
    """Names, shapes and types of a checkpoint's tensors."""
    return PlainReader(folder).tensors()


def load_tensors(folder: Path, tensors: Mapping[str, Tensor], process_group: Any = None) -> None:
    """Fill tensors, or this process's shards of DTensors, in place.

    Every process reads only what it needs; all of the group must call this with the same names. Raises UserError when
    a name is not stored or its shape differs.
    """
    reader = PlainReader(folder)
    stored = reader.tensors()
    for name, tensor in tensors.items():
        if name not in stored:
            raise UserError(f"{folder}: has no tensor '{name}'. Is it a checkpoint of another model or optimizer?")
        if tuple(tensor.shape) != stored[name].shape:
            raise UserError(
                f"{folder}: '{name}' has shape {stored[name].shape}, the model has {tuple(tensor.shape)}: "
                "another size or vocabulary."
            )
    try:
        _load(dict(tensors), reader, process_group, alone=not torch.distributed.is_initialized())
    except CheckpointException as error:
        reason = first_cause(error)
        raise UserError(f"{folder}: cannot be read ({reason}). Try `vega checkpoint verify {folder}`.") from error


def _load(tensors: dict[str, Any], reader: PlainReader, process_group: Any, *, alone: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it runs in a single process, which is meant
        load(tensors, storage_reader=reader, process_group=process_group, no_dist=alone)


def first_cause(error: CheckpointException) -> str:
    """What went wrong on the first process that failed, in one line."""
    rank, (cause, _) = min(error.failures.items())
    return f"process {rank}: {type(cause).__name__}: {cause}"
