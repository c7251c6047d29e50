"""A small recipe, and its stages done by functions that write a few bytes: for tests of what re-runs and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vega.decisions import decide
from vega.directions import parse_direction
from vega.fingerprint import collect_inputs, decisive
from vega.recipe import Recipe, load_recipe
from vega.stage_graph import build_stages
from vega.stage_run import Work, run_stage
from vega.stages import BEST_CHECKPOINT, Stage
from vega.synthetic_corpora import synthetic_texts

RECIPE = """
name: small
corpora:
  train: [{name: a, languages: [en, de], files: "{data}/train.{lang}"}]
  valid: [{name: a, languages: [en, de], files: "{data}/valid.{lang}"}]
  test: [{name: a, languages: [en, de], files: "{data}/test.{lang}"}]
finetune: [{name: x, directions: [en-de]}]
"""
#: What each stage command writes.
WRITES = {
    "clean": ["clean.json"],
    "synthesize": ["synthesize.json"],
    "leakage": ["leakage.json"],
    "vocab": ["spm.model", "dict.txt"],
    "binarize": [
        *("dict.txt", "spm.model", "data.json", "leakage.json"),
        *(f"{split}.{end}" for split in ("train", "valid", "test") for end in ("json", "a.bin")),
    ],
    "pretrain": [str(BEST_CHECKPOINT), "train.log"],
    "train": [str(BEST_CHECKPOINT), "train.log"],
    "finetune": [str(BEST_CHECKPOINT), "train.log"],
    "translate": ["copy/a.en-de.de"],
    "postprocess": ["postprocess.json", "copy/a.en-de.de"],
    "evaluate": ["scores.json"],
    "report": ["report.json", "report.html"],
}


def make_data(folder: Path) -> Path:
    """Text for RECIPE."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "valid", "test"):
        for language in ("en", "de"):
            (folder / f"{split}.{language}").write_text(f"{split} {language}\n", encoding="utf-8")
    return folder


def small_recipe(folder: Path, *overrides: str, data: Path | None = None) -> Recipe:
    path = folder / "small.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return load_recipe(str(path), [f"data={data or make_data(folder / 'data')}", *overrides])


def write_outputs(stage: Stage) -> Any:
    """A function like a stage's own: its files depend on what each real one depends on."""

    def function(settings: Any, output: Path) -> None:
        inputs = collect_inputs(settings, output).by_role
        for name in [*WRITES[stage.command], *_texts(stage)]:
            relevant = {role: sha for role, sha in inputs.items() if role.startswith(read_by(stage.command, name))}
            path = output / name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = f"{name} {decisive(settings)} {sorted(relevant.items())}"
            path.write_text(json.dumps({"from": hashlib.sha256(content.encode()).hexdigest()}), encoding="utf-8")

    return function


def _texts(stage: Stage) -> list[str]:
    """Files of text that a stage writes."""
    settings: Any = stage.settings
    if stage.command == "clean":
        return [f"{corpus.name}.{corpus.group}.{code}" for corpus in settings.corpora for code in corpus.languages]
    if stage.command == "synthesize":
        directions = [parse_direction(name) for name in settings.directions]
        texts = synthetic_texts(settings, directions, settings.bitext, settings.mono)
        return [f"{text.stem}.{code}" for text in texts for code in text.languages]
    return []


def read_by(command: str, name: str) -> tuple[str, ...]:
    """Roles of the inputs that an output depends on: binarized sets on their own text and the vocabulary."""
    if command != "binarize" or name == "data.json":
        return ("",)
    if name in ("dict.txt", "spm.model"):
        return ("vocab",)
    split = name.split(".")[0]
    return (split, f"base/{split}") if name == "leakage.json" else ("vocab", split, f"base/{split}")


def do(stages: Sequence[Stage]) -> list[str]:
    """Do what has to be done, as the runner does; the names of the stages that ran."""
    done = []
    for stage in stages:
        if decide(stage).runs:
            run_stage(Work(stage.command, stage.settings, stage.folder), write_outputs(stage))
            done.append(stage.name)
    return done


def do_recipe(folder: Path, *overrides: str, run: str = "run") -> list[str]:
    return do(build_stages(small_recipe(folder, *overrides), folder / run))
