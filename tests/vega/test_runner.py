"""Real stages, through the real command line: the cheap ones of a run."""

from __future__ import annotations

import os
import random
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.vega.runs import RECIPE, do
from vega.decisions import decide
from vega.errors import UserError
from vega.lock import hold
from vega.recipe import load_recipe
from vega.runner import dry_run, headline, run_recipe
from vega.stage_graph import build_stages
from vega.status import render_status

WORDS = {
    "en": ["the", "file", "opens", "closes", "a", "window", "menu", "click", "text", "table", "when", "page", "line"],
    "de": ["die", "Datei", "öffnet", "schließt", "ein", "Fenster", "Menü", "klicken", "Text", "Tabelle", "wenn"],
}


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    """A small recipe with real enough text."""
    generator = random.Random(1)
    for split, lines in (("train", 300), ("valid", 12), ("test", 11)):
        for language, words in WORDS.items():
            text = "".join(" ".join(generator.choices(words, k=7)) + f" {n}\n" for n in range(lines))
            (tmp_path / f"{split}.{language}").write_text(text, encoding="utf-8")
    path = tmp_path / "small.yaml"
    text = RECIPE.replace("{data}", str(tmp_path)) + "vocab: {size: 400, model_type: bpe}\n"
    path.write_text(text, encoding="utf-8")
    return path


def vega(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "vega", *map(str, arguments)]


@pytest.mark.e2e
def test_a_run_does_its_stages_once_and_again_after_a_change(recipe_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = vega("run", recipe_file, "--run", run, "--stages", "clean,vocab")
    first = subprocess.run(command, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    assert "Vocabulary" in (run / "vocab/log.txt").read_text(encoding="utf-8")
    second = subprocess.run(command, capture_output=True, text=True)
    assert "[1/2] clean: finished, skipped" in second.stderr
    assert "[2/2] vocab: finished, skipped" in second.stderr
    third = subprocess.run([*command, "--set", "vocab.size=450"], capture_output=True, text=True)
    assert "clean: finished, skipped" in third.stderr
    assert "vocab: size changed from 400 to 450" in third.stderr
    status = render_status(run).splitlines()
    assert [line.split()[:2] for line in status[:4]] == [
        ["clean", "finished"], ["leakage", "waiting"], ["vocab", "finished"], ["binarize", "waiting"],
    ]  # fmt: skip
    broken = subprocess.run([*command, "--set", "vocab.size=100000"], capture_output=True, text=True)
    assert broken.returncode == 1
    assert "Traceback" not in broken.stderr
    assert f"Stage vocab failed (exit code 1). Its output is in {run}/vocab/log.txt." in broken.stderr
    assert sorted(path.name for path in (run / "vocab").iterdir()) == ["log.txt", "settings.yaml"]
    assert not (run / ".vocab.tmp").exists()


@pytest.mark.e2e
def test_ctrl_c_in_a_stage_leaves_nothing_half_written_and_says_one_sentence(recipe_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = vega("run", recipe_file, "--run", run, "--stages", "clean")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not (run / ".clean.tmp").exists():
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=40)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert error.splitlines()[-1] == f"vega: stopped. The same command goes on where {run} was left."
    assert sorted(path.name for path in run.iterdir()) == [
        ".clean.work",
        "clean",
        "recipe.yaml",
    ]
    assert sorted(path.name for path in (run / "clean").iterdir()) == ["log.txt", "settings.yaml"]


def test_a_second_run_in_one_folder_is_refused(recipe_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    recipe = load_recipe(str(recipe_file))
    with hold(run / ".lock", "it"), pytest.raises(UserError, match=f"in use by process {os.getpid()}"):
        run_recipe(recipe, run)
    assert list(run.iterdir()) == []


def test_a_dry_run_prints_commands_and_writes_nothing(recipe_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run with $(space)"
    lines = dry_run(load_recipe(str(recipe_file)), run)
    assert lines[0] == "# clean: runs (has not run yet)"
    assert shlex.split(lines[1]) == ["vega", "clean", f"{run}/clean/settings.yaml", "--output", f"{run}/clean"]
    assert lines[2] == "# leakage: runs (after clean)"
    assert not run.exists()


def test_the_report_is_placed_at_the_top_of_a_finished_run(recipe_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    recipe = load_recipe(str(recipe_file))
    stages = build_stages(recipe, run)
    do(stages)
    run_recipe(recipe, run)
    for name in ("report.json", "report.html"):
        assert (run / name).read_bytes() == (run / "report" / name).read_bytes()
    assert not any(decide(stage).runs for stage in stages)
    assert (run / "recipe.yaml").exists()


def test_the_last_words_of_a_run_say_whether_it_learned() -> None:
    facts = {"best": "multidirectional", "metric": "chrF", "mean": 24.48, "directions": 10}
    baselines = {"copy_mean": 5.93, "above_copy": 9, "untrained_mean": None, "above_untrained": None}
    said = headline({"headline": {**facts, **baselines}})
    assert said == "multidirectional: mean chrF 24.5; copy 5.9, beaten in 9 of 10 directions"
    assert headline({"headline": None}) == "No trained system was scored."
