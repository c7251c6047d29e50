"""What a recipe makes of its models, from raw text to the report in one command: every kind of step."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_tiny_run import RECIPE, vega, write_recipe

STEPS = """
steps:
  - {kind: train, name: ri, seed: 2, keep_best: 2, ema_decay: 0.9}
  - {kind: fuse, name: fused, first: ri, second: train, align: activations, barrier_points: 3, beam: 1}
  - {kind: train, name: on, start: fused, max_update: 10}
  - {kind: average, name: newest, model: ri, last: 2, beam: 1}
  - {kind: soup, name: broth, models: [train, on, ri], beam: 1}
  - {kind: tune, name: general, model: train, points: [0.5], beam: 1, train: {max_update: 10, validate_every: 5},
     text: {dev_lines: 20, min_dev_lines: 2, best_share: 1.0, lines: 100}}
  - {kind: ensemble, name: team, models: [ri, on], most: 2, beam: 1}
  - {kind: rerank, name: order, models: [train], channel: train, n_best: 3, folds: 2, restarts: 1, directions: [en-de]}
  - {kind: mbr, name: risk, models: [train], samples: 4, directions: [en-de]}
  - {kind: probe, name: look, models: [train, ri], beam: 1, landscape: {steps: 1, reach: 1, batches: 1},
     noise: {drop: [0.2], blank: [], shuffle: [], typos: []}}
baselines: [copy]
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("steps")
    text = RECIPE.replace("[en-de, de-en, ja-en, de-ja]", "[en-de, de-en]")
    text = text.replace("finetune: [{name: en-de, directions: [en-de], max_update: 10, lr: 1.0e-3}]\n", "")
    recipe = write_recipe(folder, text + STEPS)
    done = subprocess.run(vega("run", recipe, "--run", folder / "run"), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "run"


@pytest.mark.e2e
def test_every_step_that_translates_is_scored(finished: Path) -> None:
    scores = json.loads((finished / "evaluate/scores.json").read_text())
    systems = {(row["system"], row["direction"]) for row in scores}
    both = ["copy", "multidirectional", "ri", "fused", "on", "newest", "broth", "general", "team"]
    assert systems == {(name, d) for name in both for d in ("en-de", "de-en")} | {("order", "en-de"), ("risk", "en-de")}


@pytest.mark.e2e
def test_the_report_shows_what_each_step_gained(finished: Path) -> None:
    report: dict[str, Any] = json.loads((finished / "report.json").read_text())
    kinds = {step["kind"]: step for step in report["steps"].values()}
    assert set(kinds) == {"fuse", "average", "soup", "tune", "ensemble", "rerank", "mbr", "probe"}
    assert all(step["gain"] is not None for kind, step in kinds.items() if kind != "probe")
    assert kinds["fuse"]["content"] and kinds["probe"]["content"]["models"] == ["train", "ri"]
    page = (finished / "report.html").read_text()
    assert all(f">{stage}<" in page for stage in report["steps"])
