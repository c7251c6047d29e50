"""Carry out jobs on a Ray of our own on this machine. The only file that knows Ray."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from vega.errors import UserError

Job = TypeVar("Job")
Result = TypeVar("Result")

#: Jobs handed out and not yet collected, per worker: enough that none waits, few enough that little disk is used.
IN_FLIGHT_PER_WORKER = 3

#: We pass paths, so the object store stays nearly empty; Ray's default is 30 % of the memory, its least 75 MiB.
OBJECT_STORE_BYTES = 100 * 2**20

#: Unix sockets allow 107 bytes of path, and Ray adds about 65 to its folder.
MAX_FOLDER_LENGTH = 40


def run_ray(function: Callable[[Job], Result], jobs: Iterable[Job], workers: int) -> Iterator[Result]:
    """The executor on `workers` Ray worker processes (see data_pipeline.executors)."""
    with _local_ray(workers):
        import ray

        task = ray.remote(num_cpus=1, max_retries=3)(function)
        pending = deque[ray.ObjectRef]()
        for job in jobs:
            pending.append(task.remote(job))
            if len(pending) >= IN_FLIGHT_PER_WORKER * workers:
                yield _result(pending.popleft())
        while pending:
            yield _result(pending.popleft())


def _result(reference: Any) -> Any:
    """Wait for one result; an error in the task is raised here as the error that it was there."""
    import ray

    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError) as error:
        raise UserError(
            "A worker process was killed several times on the same shard, mostly for want of memory. "
            f"Try fewer workers or smaller shards (clean.workers, clean.shard_lines). Ray says: {error}"
        ) from None


@contextmanager
def _local_ray(workers: int) -> Iterator[None]:
    """Start a private Ray, and stop it and delete its files whatever happens.

    It has its own folder and free ports, so it meets no other user's Ray, and ignores RAY_ADDRESS.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # silences a notice on machines without a GPU
    import ray

    folder = Path(tempfile.mkdtemp(prefix="vega-ray-", dir=_short_folder()))
    try:
        ray.init(
            address="local",
            num_cpus=workers,
            num_gpus=0,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="error",
            object_store_memory=OBJECT_STORE_BYTES,
            _temp_dir=str(folder),
            _node_ip_address="127.0.0.1",
        )
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


def _short_folder() -> str:
    chosen = tempfile.gettempdir()
    return chosen if len(chosen) <= MAX_FOLDER_LENGTH else "/tmp"
