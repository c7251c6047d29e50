"""What `vega report` does: the stage with its settings, or a report on runs that are named by their folders."""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Sequence
from pathlib import Path

from vega.atomic import atomic_files
from vega.errors import UserError
from vega.interruption import graceful
from vega.progress import say
from vega.runner import REPORTS
from vega.settings import ReportOptions, ReportSettings
from vega.stage_cli import run_stage_command, stage_function
from vega.strict_yaml import Document, apply_overrides, read, validate


def report_on(targets: Sequence[Path], output: Path | None, overrides: Sequence[str], force: bool) -> None:
    """Folders are runs; a file is the stage's settings, and stands alone."""
    files = [path for path in targets if not path.is_dir()]
    if not files:
        report_runs(targets, output, overrides)
    elif len(targets) > 1 or files[0].suffix not in (".yaml", ".yml"):
        raise UserError(
            f"{files[0]}: no such folder. Name the folders of runs, as in `vega report runs/a runs/b`, or one "
            "SETTINGS.yaml of the stage."
        )
    elif output is None:
        raise UserError(f"{files[0]}: with the stage's settings --output FOLDER is needed too.")
    else:
        run_stage_command("report", files[0], output, overrides, force)


def report_runs(runs: Sequence[Path], output: Path | None, overrides: Sequence[str]) -> None:
    """Write report.json and report.html of runs, anew each time: into `output`, or into the only run's folder."""
    options = report_options(runs[0], overrides)
    if output is None and len(runs) > 1:
        example = shlex.join(["vega", "report", *map(str, runs), "--output", "comparison"])
        raise UserError(f"Several runs: say where their report goes, as in `{example}`.")
    output = output or runs[0]
    with graceful("Nothing half-written was kept."), atomic_files(output) as scratch:
        if len(runs) == 1:
            settings = ReportSettings(**dict(options), run=runs[0])
            stage_function("report")(settings, scratch, at=output)
        else:
            importlib.import_module("eval.report.compare").run_several(runs, options, scratch, at=output)
    say(f"Report: {output / REPORTS[1]}")


def report_options(run: Path, overrides: Sequence[str]) -> ReportOptions:
    """What the run's recipe says under `report`, with the overrides."""
    recipe = run / "recipe.yaml"
    stated = read(recipe).data.get("report") if recipe.is_file() else None
    return validate(apply_overrides(Document(f"{recipe}: report", dict(stated or {})), overrides), ReportOptions)
