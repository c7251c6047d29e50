"""Where a run stands: one line per stage, and the last figures of a training stage."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from vega.errors import UserError
from vega.lock import holder
from vega.manifest import read_manifest
from vega.plan_text import duration
from vega.recipe import Recipe
from vega.stage_graph import build_stages
from vega.stage_run import IN_PLACE, LOCK, STARTED, private_folder
from vega.stages import Stage
from vega.strict_yaml import load
from vega.training_log import figures, latest


@dataclass(frozen=True)
class StageStatus:
    """A stage and where it stands: finished, running, interrupted, failed or waiting."""

    name: str
    state: str
    seconds: float | None = None
    detail: str = ""


def run_status(run: Path) -> list[StageStatus]:
    """The stages of the run in folder `run`, in order."""
    run = Path(run)
    if not (run / "recipe.yaml").is_file():
        raise UserError(f"{run} is not a run: it has no recipe.yaml. Runs are in runs/ unless --run says otherwise.")
    recipe = load(run / "recipe.yaml", Recipe)
    return [stage_status(stage) for stage in build_stages(recipe, run)]


def render_status(run: Path) -> str:
    """The status as a table."""
    rows = run_status(run)
    width = max(len(row.name) for row in rows)
    lines = []
    user = holder(Path(run) / ".lock")
    if user:
        lines.append(f"in use by {user}")
    for row in rows:
        spent = duration(row.seconds) if row.seconds is not None else ""
        lines.append(f"{row.name:{width}}  {row.state:11}  {spent:>13}  {row.detail}".rstrip())
    return "\n".join(lines)


def status_json(run: Path) -> str:
    """The status as one JSON object, {run, stages: [{name, state, seconds, detail}]}; the keys are stable."""
    rows = [asdict(row) for row in run_status(run)]
    return json.dumps({"run": str(Path(run).absolute()), "stages": rows}, indent=1, ensure_ascii=False)


def stage_status(stage: Stage) -> StageStatus:
    """What the folder of a stage says."""
    in_place = stage.command in IN_PLACE
    progress = training_progress(stage.folder / "train.log") if in_place else ""
    user = holder((stage.folder if in_place else private_folder(stage.folder)) / LOCK)
    manifest = read_manifest(stage.folder)
    if user:
        return StageStatus(stage.name, "running", detail=", ".join(part for part in (user, progress) if part))
    if manifest:
        return StageStatus(stage.name, "finished", manifest.seconds, progress)
    if (stage.folder / STARTED).exists() or (stage.folder / "log.txt").exists():
        return StageStatus(stage.name, "interrupted", detail=progress or f"see {stage.folder / 'log.txt'}")
    return StageStatus(stage.name, "waiting")


def training_progress(log: Path) -> str:
    """The last update, loss and validation loss in a fairseq JSON log, as in "update 400, loss 5.12"."""
    found = latest(figures(log))
    speed = {"tps": "tokens/s", "mfu": "MFU"} if "tps" in found else {"wps": "words/s"}
    names = {"num_updates": "update", "loss": "loss", "valid_loss": "valid loss", **speed}
    return ", ".join(f"{name} {found[key]}" for key, name in names.items() if key in found)
