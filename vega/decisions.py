"""Which stages of a run have to be done, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vega.errors import UserError
from vega.fingerprint import collect_inputs, decisive, stage_key
from vega.lock import holder
from vega.manifest import Manifest, read_manifest
from vega.stage_run import IN_PLACE, LOCK, private_folder, started_key
from vega.stages import Stage


@dataclass(frozen=True)
class Decision:
    """Whether a stage runs, and the reason in words."""

    stage: Stage
    runs: bool
    reason: str


def decide(stage: Stage, force: bool = False) -> Decision:
    """Compare the stage with what its folder holds. The stages before it must have finished."""
    manifest = read_manifest(stage.folder)
    inputs = collect_inputs(stage.settings, stage.folder, manifest)
    key = stage_key(stage.command, stage.settings, inputs)
    if force:
        return Decision(stage, True, "asked for by --force")
    if manifest is None:
        return Decision(stage, True, _unfinished(stage, key))
    if manifest.key != key:
        return Decision(stage, True, _difference(stage, manifest, inputs.by_path))
    damage = manifest.damage(stage.folder)
    return Decision(stage, True, damage) if damage else Decision(stage, False, "finished")


def foresee(stages: Sequence[Stage], selected: Sequence[Stage], force: bool = False) -> list[Decision]:
    """What a run would do, without doing it: a stage after one that runs is expected to run.

    UserError if a stage that is not among the selected ones has to run before one of them.
    """
    decisions: list[Decision] = []
    running: set[str] = set()
    needed = _needed(stages, selected)
    for stage in stages:
        if stage.name not in needed:
            continue
        before = next((name for name in stage.upstream if name in running), None)
        forced = force and stage in selected
        decision = Decision(stage, True, f"after {before}") if before else decide(stage, forced)
        if decision.runs:
            running.add(stage.name)
        decisions.append(decision)
    left_out = [decision for decision in decisions if decision.runs and decision.stage not in selected]
    if left_out:
        names = ",".join(decision.stage.name for decision in left_out)
        first = left_out[0]
        raise UserError(
            f"Stage {first.stage.name} has to run first ({first.reason}). "
            f"Add --stages {names},... or leave --stages out."
        )
    return [decision for decision in decisions if decision.stage in selected]


def _needed(stages: Sequence[Stage], selected: Sequence[Stage]) -> set[str]:
    """Names of the selected stages and of all that they read, directly or not."""
    needed = {stage.name for stage in selected}
    for stage in reversed(stages):
        if stage.name in needed:
            needed.update(stage.upstream)
    return needed


def _unfinished(stage: Stage, key: str) -> str:
    """Why a stage without a manifest runs."""
    private = stage.folder if stage.command in IN_PLACE else private_folder(stage.folder)
    user = holder(private / LOCK)
    if user:
        raise UserError(f"The folder {stage.folder} is in use by {user}. Wait until it has finished, or stop it.")
    if stage.command in IN_PLACE and started_key(stage.folder) is not None:
        same = started_key(stage.folder) == key
        return "goes on from its last checkpoint" if same else "was started with other settings or inputs"
    return "has not finished before" if (stage.folder / "log.txt").exists() else "has not run yet"


def _difference(stage: Stage, manifest: Manifest, inputs: dict[str, str]) -> str:
    """What changed since the stage finished: a setting, else an input."""
    try:
        old = type(stage.settings).model_validate(manifest.settings)
    except (ValueError, UserError):
        return "the kind of its settings changed"
    before, now = _flat(decisive(old)), _flat(decisive(stage.settings))
    for name in [*now, *before]:
        if before.get(name) != now.get(name):
            return f"{name} changed from {before.get(name, 'nothing')} to {now.get(name, 'nothing')}"
    changed = [path for path, sha256 in inputs.items() if manifest.inputs.get(path, sha256) != sha256]
    return f"{changed[0]} changed" if changed else "its inputs changed"


def _flat(value: Any, name: str = "") -> dict[str, str]:
    """{dotted key: value as JSON} of nested settings."""
    if isinstance(value, dict) and value:
        nested = [_flat(item, f"{name}.{key}" if name else key) for key, item in value.items()]
        return {key: item for part in nested for key, item in part.items()}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return _flat({str(index): item for index, item in enumerate(value)}, name)
    return {name: json.dumps(value, ensure_ascii=False)}
