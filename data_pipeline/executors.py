"""How jobs are carried out: the contract, the plain way, one after another in this process, and the choice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Protocol, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class Executor(Protocol):
    """Carry out `function` on every job; results come as jobs finish, in any order, few ahead of their reader.

    `function` must be importable and safe to repeat, also where an attempt before it was killed at any point; jobs
    and results must be small. An error raised by `function` is raised here as itself.
    """

    def __call__(self, function: Callable[[Job], Result], jobs: Iterable[Job], workers: int) -> Iterator[Result]: ...


def run_local(function: Callable[[Job], Result], jobs: Iterable[Job], workers: int = 1) -> Iterator[Result]:
    """The executor without helpers; `workers` is ignored."""
    return map(function, jobs)


def choose_executor(workers: int, address: str, attempts: int = 4) -> Executor:
    """Ray's cluster at `address`, a private one for several workers, or this process. `attempts`: see run_ray."""
    if workers == 1 and not address:
        return run_local
    from data_pipeline.run_ray import run_ray  # takes a second to import

    return partial(run_ray, address=address, attempts=attempts)


def do_missing(
    executor: Executor,
    function: Callable[[Job], Result],
    jobs: Iterator[Job],
    finished: list[Result],
    workers: int,
) -> Iterator[Result]:
    """Carry out `jobs`; results of units that need no job are put into `finished` while `jobs` is read.

    Without any job no worker is started.
    """
    first = next(jobs, None)
    if first is not None:
        for result in executor(function, chain([first], jobs), workers):
            yield result
            while finished:
                yield finished.pop()
    yield from finished
