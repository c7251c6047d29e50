"""Where a run stands this moment, read from its files and nothing else: what `vega watch` shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eval.report.figures import DIRECTION_LOSS
from eval.report.log_warnings import last_warnings
from eval.report.train_log import Curves, Point
from vega.errors import UserError
from vega.growing_log import GrowingLog
from vega.lock import holder
from vega.recipe import Recipe
from vega.settings import TrainerSettings
from vega.stage_graph import build_stages
from vega.stages import Stage
from vega.status import StageStatus, stage_status
from vega.strict_yaml import load

#: States of a stage in which somebody works on it, or will.
ACTIVE = ("running", "pending")
#: In which nobody does, though it has begun.
BROKEN = ("interrupted", "failed", "cancelled", "gone")
#: Updates over whose log lines the time that is left is reckoned.
PACE_LINES = 40

#: Seconds for which a run must have ended unfinished: files come late on shared disks.
SETTLING = 4.0

#: What the run as a whole does.
RUNNING, FINISHED, FAILED, LEFT = "running", "finished", "failed", "left"


@dataclass(frozen=True)
class Training:
    """A training stage: its last figures, as the log has them, and its curves."""

    stage: str
    update: int
    max_update: int
    figures: dict[str, float]  #: of the last lines of training; losses in bits per token
    directions: dict[str, float]  #: last validation loss per direction
    valid: dict[str, float]  #: last validation as a whole
    left: float | None  #: seconds until the last update at the present pace, None where nobody trains
    curves: dict[str, list[Point]] = field(repr=False)


@dataclass(frozen=True)
class RunState:
    """A run at one moment. `outcome` is running, finished, failed, or left: ended without doing all stages."""

    name: str
    outcome: str
    stages: list[StageStatus]
    training: list[Training]
    warnings: list[str]
    time: float


class WatchedRun:
    """Reads a run again and again; of logs only what is new. UserError where the folder is no run."""

    def __init__(
        self,
        run: Path,
        submitted: Callable[[], tuple[Sequence[StageStatus], str]] | None = None,
        job_log: Callable[[str], Path | None] | None = None,
        seconds_per_question: float = 15.0,
    ) -> None:
        """`submitted` asks SLURM for the jobs of a run that was given to it, at most once in so many seconds, and why
        it did not say more; `job_log` names the log of a job."""
        self.run = Path(run)
        self._submitted, self._job_log, self._interval = submitted, job_log, seconds_per_question
        #: Seconds after which an end is the end: jobs are put back, so SLURM has to say it again.
        self.settling = SETTLING if submitted is None else 2.5 * seconds_per_question
        self._asked_at = float("-inf")
        self._rows: list[StageStatus] = []
        self._note = ""
        self._stages: list[Stage] = []
        self._recipe_stat: tuple[int, int] | None = None
        self._name = self.run.name
        self._curves: dict[str, _GrowingCurves] = {}
        self._was_active = False

    def look(self) -> RunState:
        """The state now."""
        self._read_recipe()
        rows = self._states()
        training = [found for stage in self._stages if (found := self._training(stage, rows))]
        return RunState(
            self._name, self._outcome(rows), rows, at_work(training, rows), self._warnings(rows), time.time()
        )

    def _read_recipe(self) -> None:
        path = self.run / "recipe.yaml"
        try:
            stat = path.stat()
        except FileNotFoundError:
            raise UserError(
                f"{self.run} is not a run: it has no recipe.yaml. Runs are in runs/ unless --run says otherwise."
            ) from None
        if (stat.st_ino, stat.st_mtime_ns) != self._recipe_stat:
            recipe = load(path, Recipe)
            self._name, self._stages = recipe.name, build_stages(recipe, self.run)
            self._recipe_stat = stat.st_ino, stat.st_mtime_ns

    def _states(self) -> list[StageStatus]:
        if self._submitted is None:
            return [stage_status(stage) for stage in self._stages]
        now = time.monotonic()
        if now - self._asked_at >= self._interval:
            rows, self._note = self._submitted()
            self._rows, self._asked_at = list(rows), now
        return self._rows

    def _outcome(self, rows: Sequence[StageStatus]) -> str:
        in_use = self._submitted is None and holder(self.run / ".lock") is not None
        found = outcome([row.state for row in rows], in_use, self._submitted is not None)
        self._was_active = self._was_active or in_use
        if found == RUNNING and self._was_active and not in_use and not any(row.state in ACTIVE for row in rows):
            return LEFT
        return found

    def _training(self, stage: Stage, rows: Sequence[StageStatus]) -> Training | None:
        if not isinstance(stage.settings, TrainerSettings):
            return None
        growing = self._curves.setdefault(stage.name, _GrowingCurves(stage.folder / "train.log"))
        curves = growing.read()
        if not curves["train"] and not curves["valid"]:
            return None
        active = any(row.name == stage.name and row.state == "running" for row in rows)
        return describe(stage.name, curves, stage.settings.max_update, active)

    def _warnings(self, rows: Sequence[StageStatus]) -> list[str]:
        """Of the stages at work, or else of those that failed."""
        chosen = [row for row in rows if row.state == "running"] or [row for row in rows if row.state in BROKEN]
        found = [self._note] if self._note else []
        for row in chosen:
            own = self.run / row.name / "log.txt"
            log = self._job_log(row.name) if self._job_log else own
            found += [f"{row.name}: {line}" for line in last_warnings(log)] if log else []
        return found


class _GrowingCurves:
    """The curves of a log that grows."""

    def __init__(self, log: Path) -> None:
        self._log = GrowingLog(log)
        self._starts = 0
        self._curves = Curves()

    def read(self) -> dict[str, list[Point]]:
        lines = self._log.new_lines()
        for line in lines:
            if self._log.starts != self._starts:  # the stage was begun anew
                self._starts, self._curves = self._log.starts, Curves()
            self._curves.add(line)
        return self._curves.points()


def outcome(states: Sequence[str], in_use: bool, submitted: bool) -> str:
    """Of a run whose stages are in these states; `in_use` by a `vega run`, or `submitted` to SLURM."""
    if states and all(state == "finished" for state in states):
        return FINISHED
    if in_use or any(state in ACTIVE for state in states):
        return RUNNING
    if any(state in BROKEN for state in states):
        return FAILED
    if submitted:  # what waits in SLURM's queue will begin
        return RUNNING if "waiting" in states else LEFT
    return LEFT if "finished" in states else RUNNING


def at_work(training: Sequence[Training], rows: Sequence[StageStatus]) -> list[Training]:
    """The trainings at work, else the last one that has begun."""
    running = {row.name for row in rows if row.state == "running"}
    return [each for each in training if each.stage in running] or list(training[-1:])


def describe(stage: str, curves: Mapping[str, list[Point]], max_update: int, active: bool) -> Training:
    """The last of everything that the log says."""
    train, valid = curves["train"], curves["valid"]
    figures = latest(train[-PACE_LINES:])
    update = int(max(points[-1]["updates"] for points in (train, valid) if points))
    last = latest(valid)
    directions = {match[1]: value for key, value in last.items() if (match := DIRECTION_LOSS.fullmatch(key))}
    return Training(
        stage=stage,
        update=update,
        max_update=max_update,
        figures=figures,
        directions=dict(sorted(directions.items())),
        valid=last,
        left=max(0, max_update - update) * pace if active and (pace := seconds_per_update(train)) else None,
        curves=dict(curves),
    )


def latest(points: Sequence[Point]) -> Point:
    """The last value of each figure."""
    found: Point = {}
    for point in points:
        found |= point
    return found


def seconds_per_update(points: Sequence[Point]) -> float | None:
    """Mean over the last lines; validations and checkpoints are not in it."""
    found = [point["s_per_update"] for point in points[-PACE_LINES:] if "s_per_update" in point]
    return sum(found) / len(found) if found else None
