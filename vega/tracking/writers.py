"""The trackers: each is told points, and keeps them in files here unless the user's environment says where else."""

from __future__ import annotations

import importlib.util
import os
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from vega.errors import UserError
from vega.tracking.job import Job, Memory
from vega.tracking.points import Point

#: Tracker -> the modules it needs, which the extra of that name brings.
NEEDED = {"tensorboard": ("tensorboard",), "wandb": ("wandb",), "mlflow": ("mlflow", "sqlalchemy", "alembic")}
#: No network unless the user has set these: W&B offline, no reports of errors or of use.
OFFLINE = {
    "WANDB_MODE": "offline",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_CONSOLE": "off",
    "WANDB_SILENT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
#: Values that MLflow takes at a time.
MLFLOW_MANY = 1000


class Writer(Protocol):
    """One tracker, open for one run of it."""

    def write(self, points: list[Point]) -> None:
        """Keep the points, so that they are there when this returns or soon after."""

    def close(self, finished: bool) -> None:
        """Training has ended, `finished` or to go on later."""


def require(trackers: Sequence[str]) -> None:
    """UserError that says what to install, where a tracker's package is missing."""
    missing = [name for name in trackers if not all(importlib.util.find_spec(module) for module in NEEDED[name])]
    if missing:
        raise UserError(
            f"trackers: {', '.join(missing)} is not installed: pip install 'vega-mt[{','.join(missing)}]', "
            "or take it out of train.trackers."
        )


class TensorBoard:
    """An event file, one folder per stage. Written with TensorBoard's own package, without TensorFlow or torch."""

    def __init__(self, job: Job, memory: Memory) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._event, self._summary = Event, Summary
        self._file = EventFileWriter(str(Path(job.folder) / "tensorboard" / job.run / job.name))
        # From here on, later steps of earlier files do not count: of a stage that was begun anew, all of them.
        step = max(memory.last.values(), default=-1) + 1
        start = SessionLog(status=SessionLog.START)
        self._file.add_event(Event(wall_time=time.time(), step=step, session_log=start))

    def write(self, points: list[Point]) -> None:
        for point in points:
            values = [self._summary.Value(tag=name, simple_value=value) for name, value in point.values.items()]
            event = self._event(wall_time=time.time(), step=point.update, summary=self._summary(value=values))
            self._file.add_event(event)
        self._file.flush()

    def close(self, finished: bool) -> None:
        self._file.close()


class WandB:
    """A run of Weights & Biases, in the mode of WANDB_MODE; `wandb sync` sends what an offline run has kept."""

    def __init__(self, job: Job, memory: Memory) -> None:
        import wandb

        memory.id = memory.id or uuid.uuid4().hex[:12]
        Path(job.folder).mkdir(parents=True, exist_ok=True)
        self._run: Any = wandb.init(
            project=job.project, group=job.run, name=f"{job.run}/{job.name}", id=memory.id, resume="allow",
            dir=job.folder, config=job.config,
        )  # fmt: skip

    def write(self, points: list[Point]) -> None:
        for point in points:
            self._run.log(point.values, step=point.update)

    def close(self, finished: bool) -> None:
        self._run.finish(exit_code=0 if finished else 1)


class MLflow:
    """A run of MLflow, in the store of MLFLOW_TRACKING_URI, else in an SQLite file."""

    def __init__(self, job: Job, memory: Memory) -> None:
        from mlflow.tracking import MlflowClient

        Path(job.folder).mkdir(parents=True, exist_ok=True)
        store = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path(job.folder).absolute() / 'mlflow.db'}"
        self._client = MlflowClient(tracking_uri=store)
        self._new: Callable[..., Any]
        if memory.id:
            self._client.update_run(memory.id, status="RUNNING")
        else:
            found = self._client.get_experiment_by_name(job.project)
            experiment = found.experiment_id if found else self._client.create_experiment(job.project)
            run = self._client.create_run(experiment, run_name=f"{job.run}/{job.name}", tags={"vega.run": job.run})
            memory.id = str(run.info.run_id)
            for key, value in job.config.items():
                self._client.log_param(memory.id, key, value)
        self._id = memory.id

    def write(self, points: list[Point]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        figures = [Metric(name, value, now, point.update) for point in points for name, value in point.values.items()]
        for at in range(0, len(figures), MLFLOW_MANY):
            self._client.log_batch(self._id, metrics=figures[at : at + MLFLOW_MANY])

    def close(self, finished: bool) -> None:
        self._client.set_terminated(self._id, "FINISHED" if finished else "KILLED")


WRITERS: dict[str, Callable[[Job, Memory], Writer]] = {"tensorboard": TensorBoard, "wandb": WandB, "mlflow": MLflow}
