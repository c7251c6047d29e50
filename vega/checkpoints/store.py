"""Saving: all processes write their shards, in the background; the checkpoint appears when every byte is on disk."""

from __future__ import annotations

import io
import json
import os
import time
import warnings
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict_saver import async_save

from vega.checkpoints.layout import (
    BEST,
    FORMAT,
    HIDDEN,
    LAST,
    SUMMARY,
    SUMS,
    TRAINER,
    checkpoint_folders,
    folder_name,
    point,
)
from vega.checkpoints.retention import Retention, remove_superfluous, remove_unfinished
from vega.checkpoints.tensor_files import HashingWriter, first_cause, sha256
from vega.errors import UserError


class CheckpointStore:
    """A folder of checkpoints, seen by every process of a training job.

    All processes make it, and call `save` and `wait`, together. With several processes it has a gloo group of its own,
    so that what it says in the background never mixes with what training says.
    """

    def __init__(self, root: Path, retention: Retention) -> None:
        self.root, self.retention = root, retention
        several = dist.is_initialized() and dist.get_world_size() > 1
        self.is_coordinator = not several or dist.get_rank() == 0
        if self.is_coordinator:
            _point_to_newest(root)
        self._group = dist.new_group(backend="gloo") if several else None  # the others have waited for this
        self._pending: Future[Any] | None = None
        self._pending_folder = root

    def save(
        self,
        update: int,
        tensors: Mapping[str, Tensor],
        trainer_state: dict[str, Any],
        summary: dict[str, Any],
        *,
        is_best: bool,
        asynchronous: bool,
    ) -> float:
        """Save tensors and DTensors; the seconds that training was held up.

        The tensors may change as soon as this returns. A save that still runs is waited for first. `trainer_state`
        (plain data) and `summary` (JSON) count on the first process. Raises UserError when a save fails, this one or,
        in the background, the one before.
        """
        started = time.monotonic()
        self.wait()
        partial = self.root / f"{HIDDEN}{folder_name(update)}"
        if self.is_coordinator:
            self.root.mkdir(parents=True, exist_ok=True)
            remove_unfinished(self.root)
        if self._group is not None:
            dist.barrier(self._group)
        state = io.BytesIO()
        torch.save(trainer_state, state)
        head = {"format": FORMAT, "update": update, "time": time.time(), **summary}

        def publish(hashes: dict[str, str]) -> None:
            _write(partial / TRAINER, state.getvalue())
            _write(partial / SUMMARY, (json.dumps(head, indent=1) + "\n").encode())
            hashes |= {name: sha256(partial / name) for name in (TRAINER, SUMMARY)}
            _write(partial / SUMS, "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items())).encode())
            self._publish(partial, update, is_best)

        self._pending_folder = partial
        self._pending = self._start(partial, dict(tensors), HashingWriter(partial, publish))
        if not asynchronous:
            self.wait()
        return time.monotonic() - started

    def _start(self, partial: Path, tensors: dict[str, Any], writer: HashingWriter) -> Future[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it runs in a single process, which is meant
            started = async_save(tensors, storage_writer=writer, process_group=self._group, no_dist=self._group is None)
        return started if isinstance(started, Future) else started.upload_completion

    def _publish(self, partial: Path, update: int, is_best: bool) -> None:
        name, attempt = folder_name(update), 2
        while (self.root / name).exists():  # the same update again, after a roll-back
            name, attempt = f"{folder_name(update)}-{attempt}", attempt + 1
        _sync_folder(partial)
        partial.rename(self.root / name)
        for link in (LAST, BEST) if is_best else (LAST,):
            point(self.root / link, name)
        _sync_folder(self.root)
        remove_superfluous(self.root, self.retention, time.time())

    def wait(self) -> None:
        """Until the background save, if any, is published. Raises its error."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        try:
            pending.result()
        except CheckpointException as error:
            reason = first_cause(error)
            raise UserError(
                f"{self._pending_folder}: the checkpoint could not be saved ({reason}). The ones before are whole."
            ) from error


def _point_to_newest(root: Path) -> None:
    """A kill between a checkpoint's rename and its link leaves `last` one behind."""
    folders = checkpoint_folders(root)
    if folders and (root / LAST).resolve() != folders[-1].resolve():
        point(root / LAST, folders[-1].name)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """A rename is on disk when its folder is."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
