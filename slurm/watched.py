"""What `vega watch` shows of a run that was given to SLURM: its jobs in the words of `vega status`, and their logs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slurm.record import log_file, read_record
from slurm.status import Row, slurm_status
from slurm.status_text import details
from vega.status import StageStatus


def jobs(run: Path) -> tuple[list[StageStatus], str]:
    """A row per job, or per stage without one, and why SLURM did not say more, if it did not. Asks SLURM."""
    status = slurm_status(run)
    states = {row.name: row.state for row in status.rows}
    rows = [StageStatus(row.name, row.state, row.elapsed, _detail(row, states)) for row in status.rows]
    return rows, status.note


def _detail(row: Row, states: Mapping[str, str]) -> str:
    """How it failed, too: `vega status` has that below its table."""
    return "; ".join([*([row.failure.reason] if row.failure else []), *details(row, states)])


def job_log(run: Path, name: str) -> Path | None:
    """Where the last submission of a job writes; None where there is no such job, or it is an array."""
    job = read_record(run).jobs.get(name)
    return log_file(job) if job and not job.tasks else None
