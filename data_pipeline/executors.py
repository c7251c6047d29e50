"""How jobs are carried out: the contract, and the plain way, one after another in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
