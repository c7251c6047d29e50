"""RUN/slurm/cancelled: names of jobs that may not put themselves back, one a line, from `vega cancel` until they are
submitted again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from slurm.record import cancelled_path
from vega.atomic import write_text


def cancelled_jobs(run: Path) -> set[str]:
    """The jobs that were cancelled."""
    try:
        return set(cancelled_path(run).read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return set()


def add_cancelled(run: Path, names: Iterable[str]) -> None:
    """Note that jobs were cancelled. PermissionError in a run of somebody else."""
    write_text(cancelled_path(run), "".join(f"{name}\n" for name in sorted(cancelled_jobs(run) | set(names))))
