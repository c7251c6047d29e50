"""Read what a run's folder holds. Stages that have not run are left out; a broken file is an error that names it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from eval.report.train_log import Point, read_curves
from vega.errors import UserError
from vega.settings import Corpus


@dataclass(frozen=True)
class Run:
    """The facts of one run, as its stages wrote them."""

    folder: Path
    name: str
    recipe: str = ""  # YAML text
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)  # stage -> manifest, in order of starting
    clean: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    curves: dict[str, dict[str, list[Point]]] = field(default_factory=dict)
    mixture: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    translate: Any = None
    scores: list[dict[str, Any]] = field(default_factory=list)
    test: list[Corpus] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)  # in the order of the translate stage


def read_run(folder: Path) -> Run:
    """Read `folder`, a run with at least one finished stage or a training log."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder. Give the folder of a run, as in runs/demo.")
    recipe = read_recipe(folder / "recipe.yaml")
    facts = yaml.safe_load(recipe) or {}
    stages = [path for path in folder.iterdir() if path.is_dir() and belongs(path.name, facts)]
    stages.sort(key=lambda path: (path.name.startswith("finetune"), path.name))  # fine-tuning follows training
    manifests = read_manifests(stages)
    curves = {path.name: read_curves(path / "train.log") for path in stages if is_training(path)}
    if not manifests and not curves:
        raise UserError(f"{folder}: nothing to report, no stage has finished here. Run `vega run` first.")
    settings = manifests.get("translate", {}).get("settings", {})
    return Run(
        folder=folder,
        name=str(facts.get("name") or folder.resolve().name),
        recipe=recipe,
        manifests=manifests,
        clean=read_json(folder / "clean/clean.json"),
        data=read_json(folder / "binarize/data.json"),
        curves={stage: curve for stage, curve in curves.items() if curve["train"] or curve["valid"]},
        mixture={path.name: mixture for path in stages if (mixture := read_mixture(path / "mixture.json"))},
        translate=read_json(folder / "translate/translate.json"),
        scores=read_json(folder / "evaluate/scores.json") or [],
        test=[Corpus.model_validate(corpus) for corpus in settings.get("test", [])],
        systems=[str(system["name"]) for system in settings.get("systems", [])],
    )


def belongs(name: str, recipe: dict[str, Any]) -> bool:
    """Whether a folder is part of the run as its recipe is now; a fine-tuning that was taken out of it is not."""
    if name.startswith("finetune-") and "finetune" in recipe:
        return name.removeprefix("finetune-") in [entry["name"] for entry in recipe["finetune"]]
    return not name.startswith(".")


def is_training(stage: Path) -> bool:
    """Whether the folder is one of train or finetune, begun or finished."""
    return stage.name.startswith(("train", "finetune")) and (stage / "train.log").is_file()


def read_manifests(stages: list[Path]) -> dict[str, dict[str, Any]]:
    """Manifest of every finished stage but the report itself (an earlier report is not part of the run)."""
    found = {path.name: read_json(path / "manifest.json") for path in stages if path.name != "report"}
    manifests = [(name, manifest) for name, manifest in found.items() if isinstance(manifest, dict)]
    return dict(sorted(manifests, key=lambda pair: str(pair[1].get("started", ""))))


def read_recipe(path: Path) -> str:
    """The recipe's text, checked to be a YAML mapping; empty if there is none."""
    if not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8")
    try:
        parsed = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML ({error}). Run `vega run` again to write it anew.") from None
    if parsed is not None and not isinstance(parsed, dict):
        raise UserError(f"{path}: a recipe is a mapping of key: value. Run `vega run` again to write it anew.")
    return text


def read_mixture(path: Path) -> dict[str, dict[str, float]] | None:
    """{"plan": shares, "consumed": shares, "consumed_tokens": target tokens} by direction/source; shares sum to 1."""
    mixture = read_json(path)
    if not mixture:
        return None
    tokens = {name: float(count) for name, count in mixture.get("consumed", {}).items()}
    total = sum(tokens.values())
    return {
        "plan": {name: float(share) for name, share in mixture.get("plan", {}).items()},
        "consumed": {name: count / total for name, count in tokens.items()} if total else {},
        "consumed_tokens": tokens,
    }


def read_json(path: Path) -> Any:
    """The parsed file, or None if it is not there."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid JSON ({error}). Delete the stage's folder and run it again.") from None
