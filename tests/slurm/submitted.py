"""A run that was submitted, as far as its folder says: for tests of status, cancel and resume."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slurm.cluster import Cluster
from slurm.events import END, Event, append
from slurm.jobs import plan_jobs
from slurm.record import Record, Submitted, cluster_path, log_file, log_pattern, read_record, script_path, write_record
from tests.vega.runs import do, make_data, small_recipe
from vega.atomic import write_text
from vega.recipe import Recipe
from vega.stage_graph import build_stages
from vega.stages import Stage
from vega.strict_yaml import dump

#: A name with spaces, quotes, a command, and what SLURM replaces in names of files.
NASTY = """a b'c"d$(touch hit)`touch hit`;&|#%j%%"""
ROUND = [
    "corpora.mono=[{name: m, languages: [de], files: '{data}/mono.{lang}'}]",
    "synthesis=[{name: bt, steps: [{back_translation: {}}]}]",
]
TASKS = 4
ARRAY = {"tasks": TASKS, "throttle": 2}


class SubmittedRun:
    """The small recipe in FOLDER/run; its jobs have the ids 1 and up. `only` these jobs were submitted."""

    def __init__(
        self,
        folder: Path,
        synthesis: bool = False,
        only: Sequence[str] | None = None,
        cluster: Mapping[str, Any] | None = None,
    ) -> None:
        data = make_data(folder / "data")
        (data / "mono.de").write_text("mono de\n", encoding="utf-8")
        self.recipe: Recipe = small_recipe(folder, *(ROUND if synthesis else []), data=data)
        self.run = folder / "run"
        self.stages: list[Stage] = build_stages(self.recipe, self.run)
        self.cluster = Cluster.model_validate({"name": "here", "array": ARRAY, **(cluster or {})})
        write_text(self.run / "recipe.yaml", dump(self.recipe))
        write_text(cluster_path(self.run), dump(self.cluster))
        self.jobs = {job.name: job for job in plan_jobs(self.stages, self.cluster)}
        numbers = {name: str(number) for number, name in enumerate(self.jobs, start=1)}
        self.submit({name: number for name, number in numbers.items() if only is None or name in only})

    def submit(self, ids: Mapping[str, str]) -> None:
        """Write down that jobs were submitted, or submitted again."""
        record = Record("here", str(Path.cwd()), read_record(self.run).jobs)
        for name, number in ids.items():
            job = self.jobs[name]
            log, script = log_pattern(self.run, name, job.tasks), script_path(self.run, name)
            submitted = Submitted(
                name, job.stage.name, number, list(job.after), str(script), str(log), "2026", tasks=job.tasks
            )
            record = record.having(submitted)
        write_record(self.run, record)

    def id(self, name: str) -> str:
        return read_record(self.run).jobs[name].id

    def finish(self, names: Sequence[str]) -> None:
        """Do these stages."""
        do([stage for stage in self.stages if stage.name in names])

    def write_log(self, name: str, text: str, task: int | None = None) -> Path:
        path = log_file(read_record(self.run).jobs[name], task)
        write_text(path, text)
        return path

    def log_training(self, update: int, seconds_per_update: float) -> None:
        """Let training have come to `update`."""
        lines = [
            {"num_updates": str(at), "loss": "5.1", "tps": "1200", "s_per_update": str(seconds_per_update)}
            for at in range(100, update + 1, 100)
        ]
        write_text(self.run / "train" / "train.log", "".join(f"{json.dumps(line)}\n" for line in lines))

    def end(self, name: str, verdict: str, task: int | None = None, status: int = 1, node: str | None = None) -> None:
        """Let a job have written how it ended."""
        event = Event(END, job=name, id=self.id(name), task=task, nodes="n[1-2]", status=status, verdict=verdict)
        append(self.run, Event(**{**vars(event), "reason": f"Told so: {verdict}.", "node": node}))
