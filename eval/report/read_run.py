"""Read what a run's folder holds. Stages that have not run are left out; a broken file is an error that names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from eval.report.data_stages import DataStages, read_data_stages, round_of
from eval.report.files import read_json, read_json_lines
from eval.report.scoring import Scoring, read_scoring
from eval.report.steps import KINDS, read_steps
from eval.report.train_log import Point, read_curves
from vega.errors import UserError
from vega.settings import Corpus
from vega.training_commands import TRAINING

#: Below a training stage's folder; see docs/training.md.
METRICS = Path("checkpoints", "metrics.jsonl")


@dataclass(frozen=True)
class Run:
    """The facts of one run, as its stages wrote them."""

    folder: Path
    name: str
    recipe: str = ""  # YAML text
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)  # stage -> manifest, in order of starting
    stages: DataStages = field(default_factory=DataStages)  # of the genuine text
    rounds: dict[str, DataStages] = field(default_factory=dict)  # synthesis round -> its stages, in their order
    curves: dict[str, dict[str, list[Point]]] = field(default_factory=dict)
    mixture: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    phases: dict[str, dict[str, Any]] = field(default_factory=dict)  # training stage -> phases of its curriculum
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)  # see eval.report.steps, in order of starting
    translate: Any = None
    scores: list[dict[str, Any]] = field(default_factory=list)
    scoring: Scoring = field(default_factory=Scoring)
    translations: str = "translate"  # the folder of the outputs that were scored
    metrics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # training stage -> its metrics.jsonl
    test: list[Corpus] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)  # in the order of the translate stage
    trained: dict[str, str] = field(default_factory=dict)  # training stage -> the system that it trained


def read_run(folder: Path) -> Run:
    """Read `folder`, a run with at least one finished stage or a training log."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder. Give the folder of a run, as in runs/demo.")
    recipe = read_recipe(folder / "recipe.yaml")
    facts = yaml.safe_load(recipe) or {}
    stages = [path for path in folder.iterdir() if path.is_dir() and belongs(path.name, facts)]
    rounds = round_names(stages, facts)
    stages.sort(key=lambda path: stage_order(path.name, rounds))
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
        stages=read_data_stages(folder),
        rounds={name: read_data_stages(folder, name) for name in rounds},
        curves={stage: curve for stage, curve in curves.items() if curve["train"] or curve["valid"]},
        mixture={path.name: mixture for path in stages if (mixture := read_mixture(path / "mixture.json"))},
        phases={path.name: phases for path in stages if (phases := read_phases(path / "mixture.json"))},
        steps=read_steps([folder / name for name in manifests]),
        translate=read_json(folder / "translate/translate.json"),
        scores=read_json(folder / "evaluate/scores.json") or [],
        scoring=read_scoring(folder),
        translations=scored_folder(manifests),
        metrics={path.name: events for path in stages if (events := read_json_lines(path / METRICS))},
        test=[Corpus.model_validate(corpus) for corpus in settings.get("test", [])],
        systems=[str(system["name"]) for system in settings.get("systems", [])],
        trained=trained_systems(settings.get("systems", [])),
    )


def belongs(name: str, recipe: dict[str, Any]) -> bool:
    """Whether a folder is part of the run as its recipe is now; what was taken out of it is not."""
    if name == "pretrain" and "pretrain" in recipe:
        return recipe["pretrain"] is not None
    steps = recipe.get("steps") or []
    made = [str(step["name"]) for step in steps] + [f"tune-{step['name']}" for step in steps]
    if name.startswith("finetune-") and "finetune" in recipe:
        return name.removeprefix("finetune-") in [*(entry["name"] for entry in recipe["finetune"]), *made]
    if (kind := name.partition("-")[0]) in KINDS and "steps" in recipe:
        return name in [f"{kind}-{step['name']}" for step in steps if step["kind"] == kind]
    if (found := round_of(name)) and "synthesis" in recipe:
        return found in [*(entry["name"] for entry in recipe["synthesis"]), *made]
    return not name.startswith(".")


def round_names(stages: list[Path], recipe: dict[str, Any]) -> list[str]:
    """The synthesis rounds that have begun, in the recipe's order, else by name."""
    begun = {name for path in stages if (name := round_of(path.name))}
    stated = [str(entry["name"]) for entry in recipe.get("synthesis") or []]
    return [name for name in stated if name in begun] if recipe else sorted(begun)


def stage_order(name: str, rounds: list[str]) -> tuple[bool, int, str]:
    """Sorting key: rounds in their order follow the stages of genuine text, and fine-tuning follows all."""
    number = rounds.index(found) + 1 if (found := round_of(name)) in rounds else 0
    return name.startswith("finetune"), number, name


def scored_folder(manifests: dict[str, dict[str, Any]]) -> str:
    """The stage whose translations were scored; the run may have been moved since."""
    stated = manifests.get("evaluate", {}).get("settings", {}).get("translations", "translate")
    return Path(str(stated)).name


def trained_systems(systems: list[dict[str, Any]]) -> dict[str, str]:
    """Training stage -> system, by where the system's checkpoint is; fresh weights are nobody's training."""
    return {
        Path(system["checkpoint"]).parent.parent.name: str(system["name"])
        for system in systems
        if system.get("checkpoint") and system.get("kind", "checkpoint") == "checkpoint"
    }


def is_training(stage: Path) -> bool:
    """Whether the folder is one of a training stage, begun or finished."""
    return stage.name.startswith(TRAINING) and (stage / "train.log").is_file()


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


def read_phases(path: Path) -> dict[str, Any]:
    """Name -> {"first_block", "planned_share"} of the phases of a curriculum that have begun; empty without one."""
    return dict((read_json(path) or {}).get("phases", {}))
