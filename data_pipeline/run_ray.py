"""Carry out jobs on Ray: a Ray of our own on this machine, or a cluster that runs. The only file that knows Ray."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import chain, islice
from typing import Any, TypeVar

from vega.errors import UserError
from vega.ray_folder import OBJECT_STORE_BYTES, ray_folder

Job = TypeVar("Job")
Result = TypeVar("Result")

#: Jobs handed out and not yet collected, per worker: enough that none waits, few enough that little disk is used.
IN_FLIGHT_PER_WORKER = 3

#: Seconds between looks whether Ray itself is still there.
PATIENCE = 5.0

#: Seconds between looks whether a Ray that starts is there: Ray itself looks once a second.
LOOK = 0.02

#: What a Ray of our own is told. It takes 15 s to see that the main process of its node is gone, so 5 s; a busy one
#: still has 5 times 10 s to answer. Its workers give way to all else on the machine (niceness 15), which one process
#: alone does not. Nobody asks what became of its tasks, and at the end it takes a quarter of a second to note it.
CONFIG = {
    "health_check_period_ms": 1000,
    "health_check_failure_threshold": 5,
    "worker_niceness": 0,
    "task_events_report_interval_ms": 0,
}

#: Parts of a Ray that nobody asks anything here, as methods of Ray's Node that start them. Each takes half a second of
#: processor time, and Ray waits for the second to be up.
UNUSED = ("start_monitor", "start_api_server", "start_log_monitor")


def run_ray(
    function: Callable[[Job], Result], jobs: Iterable[Job], workers: int, address: str = "", attempts: int = 4
) -> Iterator[Result]:
    """The executor on Ray worker processes (see data_pipeline.executors); results come as they are ready.

    Without `address` `workers` processes are started here, with it so many jobs run on that cluster at a time (0: one
    per core of it). A job whose process is killed is given out again, `attempts` times in all; 0: without end.
    """
    _quiet()
    import_module("ray")  # before the thread: both together would take as long as one after the other
    jobs = iter(jobs)
    limit = workers if address else IN_FLIGHT_PER_WORKER * workers
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(list, islice(jobs, limit))  # it takes seconds until Ray is there
        with _cluster(address) if address else _local_ray(workers):
            yield from _carry_out(function, chain(first.result(), jobs), limit or _cores(), attempts)


def _carry_out(function: Callable[[Job], Result], jobs: Iterable[Job], limit: int, attempts: int) -> Iterator[Result]:
    """Give the jobs to Ray, never more than `limit` at once."""
    import ray

    task = ray.remote(num_cpus=1, max_retries=attempts - 1)(function)
    pending: list[Any] = []
    for job in jobs:
        pending.append(task.remote(job))
        if len(pending) >= limit:
            yield _take_one(pending)
    while pending:
        yield _take_one(pending)


def _take_one(pending: list[Any]) -> Any:
    """Wait for one of the jobs, take it off the list, and return its result.

    An error in the task is raised here as the error that it was there.
    """
    import ray

    try:
        ready: list[Any] = []
        while not ready:
            ready, pending[:] = ray.wait(pending, num_returns=1, timeout=PATIENCE)
            if not ready:
                _check_ray()
        return ray.get(ready[0])
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError) as error:
        raise UserError(
            "A worker process was killed several times on the same work, mostly for want of memory. "
            f"Try fewer workers or smaller units of work (as clean.workers, clean.shard_lines). Ray says: {error}"
        ) from None
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise UserError(
            f"Ray itself has ended. What was finished is kept; start the same command again. Ray says: {error}"
        ) from None


def _check_ray() -> None:
    """Raises what ray.get would, where ray.wait waits for ever: the node's main process is gone."""
    import ray

    if not any(node["Alive"] for node in ray.nodes()):
        raise ConnectionError("no node is alive")


def _cores() -> int:
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


@contextmanager
def _cluster(address: str) -> Iterator[None]:
    """Join a cluster that runs, and leave it running."""
    import ray

    ending = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error")
    except (ConnectionError, ValueError, TimeoutError) as error:
        raise UserError(
            f"No Ray cluster was found at '{address}' ({str(error).splitlines()[0]}). "
            "Start one with `ray start --head`, or leave the address out for a private Ray. "
            "If it asks for a token, set RAY_AUTH_MODE=token here too."
        ) from None
    try:
        with suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGTERM, ending)  # Ray has taken it, to end at once
        yield
    finally:
        ray.shutdown()


@contextmanager
def _local_ray(workers: int) -> Iterator[None]:
    """Start a private Ray, and stop it and delete its files whatever happens.

    It has its own folder and free ports, so it meets no other user's Ray, and ignores RAY_ADDRESS. Its processes end
    with this one, also where this one is killed; the folder is then deleted by the next.
    """
    with ray_folder() as folder, _closed(), _lean(), _watched():
        import ray

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
                _system_config=CONFIG,
            )
            yield
        finally:
            ray.shutdown()


@contextmanager
def _closed() -> Iterator[None]:
    """A Ray started meanwhile listens on the loopback only, and only to who knows a secret of this process.

    Ray takes 127.0.0.1 for the address of the network, and then listens everywhere, unless it believes that this system
    can have no clusters. The loopback is open to the other users of the machine; the secret, in the environment of our
    processes, is not. Rays before 2.52 know no secret, and ignore it.
    """
    from ray._private import ray_constants

    clusters = ray_constants.ENABLE_RAY_CLUSTER  # our processes get it by the environment, which Ray has read here
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    try:
        with _environment({**token, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}):
            ray_constants.ENABLE_RAY_CLUSTER = False
            _read_token()
            yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = clusters
        _read_token()


@contextmanager
def _lean() -> Iterator[None]:
    """A Ray started meanwhile has no autoscaler, no dashboard, and nobody who reads its logs (see UNUSED)."""
    node: Any = import_module("ray._private.node").Node
    with _replaced(node, {name: lambda *_, **__: None for name in UNUSED if name in vars(node)}):
        yield


@contextmanager
def _watched() -> Iterator[None]:
    """A Ray started meanwhile is used as soon as its node has registered (see LOOK)."""
    state: Any = import_module("ray._private.state").GlobalState
    asked = state.get_node

    def get_node(self: Any, node_id: str) -> Any:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and all(node["NodeID"] != node_id for node in self.node_table()):
            time.sleep(LOOK)
        return asked(self, node_id)

    with _replaced(state, {"get_node": get_node}):
        yield


@contextmanager
def _replaced(owner: Any, methods: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    before = {name: vars(owner)[name] for name in methods}
    try:
        for name, method in methods.items():
            setattr(owner, name, method)
        yield
    finally:
        for name, method in before.items():
            setattr(owner, name, method)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _read_token() -> None:
    """Ray keeps what it read of the environment; have it read that again."""
    raylet: Any = import_module("ray._raylet")
    with suppress(AttributeError):  # a Ray without tokens
        raylet.Config.initialize("")
        raylet.AuthenticationTokenLoader.instance().reset_cache()


def _quiet() -> None:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # silences a notice on machines without a GPU
