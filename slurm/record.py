"""What was submitted: RUN/slurm/jobs.json, and where the files of a run's jobs are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from slurm.permission import permitted
from vega.atomic import write_json
from vega.errors import UserError

#: Below the folder of a run.
FOLDER = "slurm"


@dataclass(frozen=True)
class Submitted:
    """A job as SLURM took it. `log` is the pattern of its output's name: %j, %A and %a as in sbatch."""

    name: str
    stage: str
    id: str
    after: list[str]
    script: str
    log: str
    submitted: str
    tasks: int = 0
    earlier: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Record:
    """The jobs of a run, by name, in the order of their stages, and the folder in which they work."""

    cluster: str = ""
    project: str = ""
    jobs: dict[str, Submitted] = field(default_factory=dict)

    def having(self, job: Submitted) -> Record:
        """With one job more, or in place of an earlier submission of it."""
        before = self.jobs.get(job.name)
        earlier = [*before.earlier, before.id] if before else []
        content: dict[str, Any] = {**asdict(job), "earlier": earlier}
        return Record(self.cluster, self.project, {**self.jobs, job.name: Submitted(**content)})


def slurm_folder(run: Path) -> Path:
    """RUN/slurm, absolute."""
    return Path(run).absolute() / FOLDER


def script_path(run: Path, name: str) -> Path:
    """The batch script of a job."""
    return slurm_folder(run) / f"{name}.sbatch"


def log_pattern(run: Path, name: str, tasks: int) -> Path:
    """Where SLURM writes what a job says."""
    return slurm_folder(run) / "log" / (f"{name}-%A_%a.txt" if tasks else f"{name}-%j.txt")


def log_file(job: Submitted, task: int | None = None) -> Path:
    """The file that the last submission of a job writes, or one task of it."""
    return filled_in(Path(job.log), job.id, task)


def filled_in(pattern: Path, job: str, task: int | None) -> Path:
    """A pattern of `log_pattern` as SLURM fills it in; `job` is the id that an array goes by."""
    return pattern.with_name(pattern.name.replace("%A", job).replace("%j", job).replace("%a", str(task)))


def record_path(run: Path) -> Path:
    return slurm_folder(run) / "jobs.json"


def cluster_path(run: Path) -> Path:
    """The cluster file's copy, which `vega resume` reads."""
    return slurm_folder(run) / "cluster.yaml"


def cancelled_path(run: Path) -> Path:
    """Exists from `vega cancel` until jobs are submitted again: no job of the run may put itself back."""
    return slurm_folder(run) / "cancelled"


def was_submitted(run: Path) -> bool:
    """Whether the run has ever been given to SLURM."""
    with permitted(run):
        return record_path(run).is_file()


def read_record(run: Path) -> Record:
    """What was submitted; an empty record where nothing was."""
    path = record_path(run)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        jobs = [Submitted(**job) for job in content["jobs"]]
        return Record(content["cluster"], content["project"], {job.name: job for job in jobs})
    except FileNotFoundError:
        return Record()
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error}). Move it away; its jobs are then unknown to Vega.") from None


def write_record(run: Path, record: Record) -> None:
    """In place of what was there, by rename."""
    write_json(record_path(run), {**asdict(record), "jobs": [asdict(job) for job in record.jobs.values()]})
