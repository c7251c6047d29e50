"""The program that says how sharp a checkpoint's minimum is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fairseq_plugins import sharpness
from tests.fairseq_plugins.running import run_train, train_arguments


def test_a_checkpoint_rises_along_its_gradient(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The loss at hand is the one that validation found; further out it is higher."""
    log = tmp_path / "log"
    run_train(train_arguments(data, tmp_path, 12), log)
    validated = [json.loads(line[line.index("{") :]) for line in log.read_text().splitlines() if "valid_nll" in line]
    monkeypatch.setattr(sys, "argv", [
        "sharpness", str(tmp_path / "checkpoint_last.pt"), str(data), "--directions", "en-de,de-en,ja-en",
        "--rho", "0.05,1",
    ])  # fmt: skip
    sharpness.main()
    near, far = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert near["loss"] == pytest.approx(float(validated[-1]["valid_nll_loss"]) * 0.693147, abs=1e-3)
    assert near["loss"] == far["loss"]
    assert 0 < near["along_gradient"] < far["along_gradient"]
    assert abs(near["at_random"]) < near["along_gradient"]
