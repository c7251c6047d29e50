"""Run a recipe: every stage that is not finished, each as its own command, in order."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vega.atomic import write_text
from vega.child import run_child
from vega.child_signals import GRACE
from vega.decisions import Decision, decide, foresee
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.exit_codes import STOPPED, passed_on
from vega.interruption import Stopped, graceful
from vega.lock import hold, holder
from vega.manifest import read_manifest
from vega.neural.assets import require_assets
from vega.progress import say
from vega.recipe import Recipe
from vega.stage_graph import build_stages
from vega.stage_run import IN_PLACE, LOCK, discard, private_folder
from vega.stages import Stage, select
from vega.strict_yaml import dump
from vega.training import SAVING

#: What the report stage writes that is also placed at the top of the run.
REPORTS = ("report.json", "report.html")


def stage_command(stage: Stage) -> list[str]:
    """The stage's command line: `vega <stage> FOLDER/settings.yaml --output FOLDER`."""
    return ["vega", stage.command, str(stage.folder / "settings.yaml"), "--output", str(stage.folder)]


def dry_run(recipe: Recipe, run: Path, names: Sequence[str] | None = None, force: bool = False) -> list[str]:
    """One line per stage: its command and whether it would run and why. Writes nothing."""
    stages = build_stages(recipe, run)
    lines = []
    for decision in foresee(stages, select(stages, names), force):
        verb = "runs" if decision.runs else "skipped"
        lines.append(f"# {decision.stage.name}: {verb} ({decision.reason})")
        lines.append(shlex.join(stage_command(decision.stage)))
    return lines


def run_recipe(recipe: Recipe, run: Path, names: Sequence[str] | None = None, force: bool = False) -> None:
    """Do the stages (those named, or all), skipping what is finished. One run per folder at a time."""
    stages = build_stages(recipe, run)
    selected = select(stages, names)
    require_assets([stage.settings for stage in selected])
    run = Path(run)
    with (
        explain_full_disk(run),
        hold(run / ".lock", f"The run {run}"),
        graceful(f"The same command goes on where {run} was left."),
    ):
        write_text(run / "recipe.yaml", dump(recipe.complete()))
        if names is not None:
            foresee(stages, selected, force)  # a needed stage that was left out is an error before anything runs
        for number, stage in enumerate(selected, start=1):
            decision = decide(stage, force)
            position = f"[{number}/{len(selected)}] {stage.name}"
            if decision.runs:
                say(f"{position}: {decision.reason}")
                _execute(decision)
                manifest = read_manifest(stage.folder)
                say(f"{position}: done in {manifest.seconds:,.1f} s" if manifest else f"{position}: done")
            else:
                say(f"{position}: {decision.reason}, skipped")
            if stage.command == "report":
                _place_reports(stage.folder, run)


def _execute(decision: Decision) -> None:
    """Run the stage's command as a child; a failure is a UserError that names the log."""
    stage = decision.stage
    if stage.command not in IN_PLACE:
        discard(stage.folder)
    write_text(stage.folder / "settings.yaml", dump(stage.settings))
    log = stage.folder / "log.txt"
    command = stage_command(stage)
    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"# {time.strftime('%Y-%m-%d %H:%M:%S')} {shlex.join(command)}\n")
    if decision.reason.endswith("--force"):
        command.append("--force")
    patience = _training_patience() if stage.command in IN_PLACE else {}
    try:
        status = run_child([sys.executable, "-m", *command], log, **patience)
    finally:
        private = private_folder(stage.folder)  # left behind only by a child that was killed
        if stage.command not in IN_PLACE and holder(private / LOCK) is None:
            discard(private)
    if status == STOPPED:
        raise Stopped(f"Stage {stage.name} has saved; the same command goes on from there.")
    if status != 0:
        how = f"exit code {status}" if status > 0 else f"killed by signal {-status}"
        raise UserError(f"Stage {stage.name} failed ({how}). Its output is in {log}.", passed_on(status))
    if read_manifest(stage.folder) is None:
        raise UserError(f"Stage {stage.name} ended without writing {stage.folder}/manifest.json. See {log}.")


def _training_patience() -> dict[str, Any]:
    """Longer than the stage's own, so that it is the one to end its processes."""
    notice = "vega: asked to stop; training saves first, which can take minutes. Ctrl-C ends it at once."
    return {"saving": SAVING + GRACE, "notice": notice}


def _place_reports(folder: Path, run: Path) -> None:
    """Copy the report to the top of the run, with its links to the run's files, and say what it says first."""
    for name in REPORTS:
        if (folder / name).exists():
            text = (folder / name).read_text(encoding="utf-8")
            write_text(run / name, text.replace('href="../', 'href="./'))
    if (run / "report.json").exists():
        say(headline(json.loads((run / "report.json").read_text(encoding="utf-8"))))
        say(f"Report: {run / 'report.html'}")


def headline(report: dict[str, Any]) -> str:
    """The report's answer to "did it learn?" in one line."""
    facts = report.get("headline") or {}
    if not facts.get("best"):
        return "No trained system was scored."
    baselines = [
        f"{name} {facts[f'{name}_mean']:.1f}, beaten in {facts[f'above_{name}']} of {facts['directions']} directions"
        for name in ("copy", "untrained")
        if facts.get(f"{name}_mean") is not None
    ]
    return "; ".join([f"{facts['best']}: mean {facts['metric']} {facts['mean']:.1f}", *baselines])
