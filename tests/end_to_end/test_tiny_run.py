"""Raw text to report through the real command line: Ray, SentencePiece, fairseq, sacreBLEU, nothing replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.fairseq_plugins.running import small_model, write_corpus
from tests.vega.tracking.tensorboard_file import scalars

DIRECTIONS = ["en-de", "de-en", "ja-en", "de-ja"]
RECIPE = """
name: tiny
corpora:
  train: [{name: news, languages: [en, de, ja], files: "{data}/news.{lang}"}]
  valid: [{name: dev, languages: [en, de, ja], files: "{data}/dev.{lang}"}]
  test: [{name: check, languages: [en, de, ja], files: "{data}/check.{lang}"}]
directions: [en-de, de-en, ja-en, de-ja]
clean: {filters: {copy: {}}, workers: 2}
vocab: {size: 320}
train: {arch: vega_tiny, max_tokens: 300, max_update: 40, lr: 5.0e-3, warmup_updates: 10, validate_every: 20,
        save_every: 10, log_every: 5, threads: 1, extra: EXTRA}
finetune: [{name: en-de, directions: [en-de], max_update: 10, lr: 1.0e-3}]
translate: {beam: 2, max_len_b: 5}
evaluate: {resamples: 50}
"""
TRACKED = ("--set", "train.trackers=[tensorboard]")


def vega(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "vega", *map(str, arguments)]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recipe(tmp_path_factory.mktemp("tiny"), RECIPE)


def write_recipe(folder: Path, recipe: str) -> Path:
    """The recipe's file, with the text and the size of model that it names."""
    for seed, (name, lines) in enumerate({"news": 300, "dev": 20, "check": 20}.items()):
        write_corpus(folder / "text", name, lines, seed)
    model = small_model()
    extra = {name.removeprefix("--"): value for name, value in zip(model[::2], model[1::2], strict=True)}
    text = recipe.replace("EXTRA", json.dumps(extra)) + f"data: {folder / 'text'}\n"
    (folder / "tiny.yaml").write_text(text, encoding="utf-8")
    return folder / "tiny.yaml"


def interrupt_training(recipe: Path, run: Path) -> subprocess.Popen[str]:
    """Start the run and press Ctrl-C after the first checkpoint of the train stage."""
    process = subprocess.Popen(vega("run", recipe, "--run", run, *TRACKED), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while not list(run.glob("train/checkpoints/checkpoint_1_*.pt")) and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    return process


@pytest.fixture(scope="module")
def finished(recipe: Path) -> tuple[Path, str]:
    """A run that was stopped by Ctrl-C in training and started again; and what the first said at its end."""
    run = recipe.parent / "run"
    process = interrupt_training(recipe, run)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    subprocess.run(vega("run", recipe, "--run", run, *TRACKED), check=True, capture_output=True, timeout=500)
    return run, said


@pytest.mark.e2e
def test_ctrl_c_in_training_is_one_sentence_and_the_run_goes_on(finished: tuple[Path, str]) -> None:
    run, said = finished
    assert "Traceback" not in said.rstrip().splitlines()[-1]
    assert "goes on" in said.rstrip().splitlines()[-1]
    log = (run / "train" / "log.txt").read_text()
    assert "Loaded checkpoint" in log  # the second start resumed
    state = torch.load(run / "train/checkpoints/checkpoint_last.pt", weights_only=True)
    assert state["optimizer_history"][-1]["num_updates"] == 40


@pytest.mark.e2e
def test_tensorboard_has_every_point_once_though_training_was_stopped(finished: tuple[Path, str]) -> None:
    found = scalars(finished[0] / "trackers/tensorboard/run/train")
    assert [step for step, _ in found["train/nll_loss"]] == list(range(5, 41, 5))
    assert [step for step, _ in found["valid/nll_de-ja"]] == [10, 20, 30, 40]
    assert {"train/tps", "train/lr", "train/host_gib", "valid/nll_loss"} <= set(found)
    tuned = scalars(finished[0] / "trackers/tensorboard/run/finetune-en-de")
    assert [step for step, _ in tuned["train/loss"]] == [5, 10]


@pytest.mark.e2e
def test_the_report_has_scores_of_every_system_and_direction(finished: tuple[Path, str]) -> None:
    run, _ = finished
    report: dict[str, Any] = json.loads((run / "report.json").read_text())
    found = {(s["system"], s["direction"], s["metric"]) for s in report["scores"]}
    directions = ["en-de", "de-en", "ja-en", "de-ja"]
    everywhere = {
        (s, d, m) for s in ("copy", "untrained", "multidirectional") for d in directions for m in ("BLEU", "chrF")
    }
    assert found == everywhere | {("finetune-en-de", "en-de", "BLEU"), ("finetune-en-de", "en-de", "chrF")}
    assert all(s["low"] <= s["score"] <= s["high"] and "version" in s["signature"] for s in report["scores"])
    assert "<html" in (run / "report.html").read_text()


@pytest.mark.e2e
def test_consumed_tokens_are_recorded_against_the_plan(finished: tuple[Path, str]) -> None:
    mixture = json.loads((finished[0] / "train/mixture.json").read_text())
    assert set(mixture["plan"]) == set(mixture["consumed"]) == {f"{d}/news" for d in DIRECTIONS}
    assert sum(mixture["plan"].values()) == pytest.approx(1.0)


@pytest.mark.e2e
def test_a_finished_run_is_skipped_at_once(recipe: Path, finished: tuple[Path, str]) -> None:
    before = (finished[0] / "report.json").stat().st_mtime_ns
    started = time.monotonic()
    done = subprocess.run(vega("run", recipe, "--run", finished[0]), check=True, capture_output=True, text=True)
    assert done.stderr.count("skipped") == 9
    assert (finished[0] / "report.json").stat().st_mtime_ns >= before
    assert time.monotonic() - started < 30  # imports neither torch nor Ray


@pytest.mark.e2e
def test_the_printed_line_pasted_into_a_shell_trains_the_same(finished: tuple[Path, str], tmp_path: Path) -> None:
    settings = finished[0] / "train" / "settings.yaml"
    printed = subprocess.run(
        vega("train", settings, "--output", tmp_path, "--print"), check=True, capture_output=True, text=True
    ).stdout
    environment = {k: v for k, v in os.environ.items() if k not in ("LD_PRELOAD", "MALLOC_CONF", "OMP_NUM_THREADS")}
    subprocess.run(printed, shell=True, check=True, capture_output=True, cwd="/", env=environment)
    pasted, ran = (
        torch.load(folder / "checkpoints/checkpoint_last.pt", weights_only=True)
        for folder in (tmp_path, finished[0] / "train")
    )
    assert all(torch.equal(pasted["model"][name], ran["model"][name]) for name in ran["model"])


@pytest.mark.e2e
def test_a_submission_declares_what_the_run_holds(finished: tuple[Path, str], tmp_path: Path) -> None:
    run, text = finished[0], finished[0].parent / "text"
    lines = (text / "check.en").read_text(encoding="utf-8").splitlines()
    segments = "".join(f'<seg id="{number}">{line}</seg>' for number, line in enumerate(lines, start=1))
    official, output = tmp_path / "official.xml", tmp_path / "Tiny.xml"
    document = f'<doc id="d" origlang="en"><src lang="en"><p>{segments}</p></src></doc>'
    official.write_text(f'<dataset id="t">{document}</dataset>', encoding="utf-8")
    subprocess.run(
        vega("submission", "--input", official, "--hypothesis", text / "check.de", "--system", "Tiny", "--direction",
             "en-de", "--run", run, "--run-system", "finetune-en-de", "--output", output),
        check=True, capture_output=True,
    )  # fmt: skip
    facts = json.loads((tmp_path / "Tiny.xml.declaration.json").read_text(encoding="utf-8"))
    assert [stage["stage"] for stage in facts["stages"]] == [
        "clean", "leakage", "vocab", "binarize", "train", "finetune-en-de", "translate",
    ]  # fmt: skip
    weights = torch.load(run / "finetune-en-de/checkpoints/checkpoint_best.pt", weights_only=True)["model"]
    different = {tensor.data_ptr(): tensor.numel() for name, tensor in weights.items() if "version" not in name}
    assert facts["parameters"] == facts["models"][0]["parameters"] == sum(different.values())
    (news,) = facts["text"]
    clean = json.loads((run / "clean/clean.json").read_text())["corpora"]["news.en-de-ja"]
    assert (news["lines_read"], news["lines_kept"]) == (300, clean["kept"])
    assert news["bytes_kept"]["ja"] == (run / "clean/news.en-de-ja.ja").stat().st_size
    consumed = [
        json.loads((run / stage / "mixture.json").read_text())["consumed"] for stage in ("train", "finetune-en-de")
    ]
    assert news["trained_tokens"] == sum(sum(each.values()) for each in consumed)
    assert facts["pretrained_models"] == [] and facts["trainings"][1]["starts_from"] == "train"
