"""Sharded training through the real command line, two processes under torchrun: stopped, gone on, used further."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.end_to_end.test_tiny_run import recipe, vega
from vega.checkpoints.newest import newest, update_of
from vega.exit_codes import STOPPED
from vega.status import render_status

__all__ = ["recipe"]

SHARDED = ["train.sharding=full", "train.processes=2", "train.batches_per_update=2", "train.max_update=60"]
STAGES = "clean,leakage,vocab,binarize,train,translate,evaluate"


def command(recipe: Path, run: Path) -> list[str]:
    changes = [*SHARDED, "baselines=[]", "finetune=[]", "evaluate.resamples=0"]
    return vega("run", recipe, "--run", run, "--stages", STAGES, *(x for c in changes for x in ("--set", c)))


@pytest.fixture(scope="module")
def finished(recipe: Path) -> tuple[Path, str]:
    """A run that SIGUSR1 stopped in training and that was started again; and what the first said at its end."""
    run = recipe.parent / "sharded"
    process = subprocess.Popen(command(recipe, run), stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 200
    while not list(run.glob("train/checkpoints/update_*")) and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGUSR1)
    _, said = process.communicate(timeout=60)
    assert process.returncode == STOPPED, said
    done = subprocess.run(command(recipe, run), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return run, said


@pytest.mark.e2e
def test_a_signal_in_sharded_training_saves_and_the_run_goes_on_from_there(finished: tuple[Path, str]) -> None:
    run, said = finished
    assert said.splitlines()[-1] == "vega: stopped. Stage train has saved; the same command goes on from there."
    log = (run / "train/log.txt").read_text()
    saved = int(log.partition("Training saved update ")[2].partition(" ")[0])
    assert 10 <= saved < 60
    assert f"update {saved})" in log.partition("loaded ")[2].partition("\n")[0]
    last = newest(run / "train/checkpoints")
    assert last is not None and last.is_dir() and update_of(last) == 60
    assert not (run / "train/checkpoints/stopped.json").exists()


@pytest.mark.e2e
def test_later_stages_use_the_best_of_the_shards(finished: tuple[Path, str]) -> None:
    run, _ = finished
    state = torch.load(run / "train/checkpoints/checkpoint_best.pt", weights_only=True, mmap=True)
    best = (run / "train/checkpoints/best").readlink().name
    assert state["vega_made_from"]["checkpoint"] == best
    scores: list[dict[str, Any]] = json.loads((run / "evaluate/scores.json").read_text())
    assert {(s["system"], s["direction"]) for s in scores} == {
        ("multidirectional", direction) for direction in ("en-de", "de-en", "ja-en", "de-ja")
    }
    mixture = json.loads((run / "train/mixture.json").read_text())
    assert set(mixture["plan"]) == set(mixture["consumed"])


@pytest.mark.e2e
def test_the_status_shows_how_fast_it_was(finished: tuple[Path, str]) -> None:
    line = next(line for line in render_status(finished[0]).splitlines() if line.startswith("train"))
    figures = dict(part.rsplit(" ", 1) for part in line.split("  ")[-1].strip().split(", "))
    assert figures["update"] == "60" and float(figures["tokens/s"]) > 0
