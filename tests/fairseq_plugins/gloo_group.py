"""Functions in processes of one gloo group, forked from a server that has imported the plugins: no import for each."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from typing import Any

import torch

from tests.fairseq_plugins.zygote import free_port


def forkserver(*modules: str) -> ForkServerContext:
    """All tests of a session share one server; `modules` count for the one who starts it, others import theirs."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["fairseq_plugins", *modules])
    return context


def in_processes(count: int, function: Callable[..., None], *arguments: Any) -> None:
    """Run `function(rank, *arguments)` in processes of one group; an exception in any of them is raised here."""
    forkserver(function.__module__)
    torch.multiprocessing.start_processes(
        _process, (count, free_port(), function, arguments), nprocs=count, start_method="forkserver"
    )


def _process(rank: int, count: int, port: int, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", f"tcp://localhost:{port}", rank=rank, world_size=count)
    function(rank, *arguments)
    torch.distributed.destroy_process_group()
