from __future__ import annotations

from pathlib import Path

import pytest

from tests.vega.runs import do, small_recipe
from vega.errors import UserError
from vega.lock import hold
from vega.stage_graph import build_stages
from vega.stage_run import LOCK, STARTED
from vega.status import render_status, run_status, training_progress
from vega.strict_yaml import dump


def test_states_of_stages(tmp_path: Path) -> None:
    run = tmp_path / "run"
    recipe = small_recipe(tmp_path)
    stages = build_stages(recipe, run)
    do(stages[:3])
    (run / "recipe.yaml").write_text(dump(recipe), encoding="utf-8")
    (run / "train").mkdir()
    (run / "train" / STARTED).write_text("{}", encoding="utf-8")
    with hold(run / ".binarize.tmp" / LOCK, "it"):
        states = {row.name: row.state for row in run_status(run)}
        assert "process" in render_status(run)
    assert states == {
        "clean": "finished", "leakage": "finished", "vocab": "finished", "binarize": "running", "train": "interrupted",
        "finetune-x": "waiting", "translate": "waiting", "evaluate": "waiting", "report": "waiting",
    }  # fmt: skip


def test_a_folder_that_is_no_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no recipe.yaml"):
        run_status(tmp_path)


def test_progress_is_the_last_of_each_figure(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text(
        'noise {not json\n2026-01-01 | INFO | train_inner | {"epoch": 1, "loss": "7.1", "num_updates": "50"}\n'
        '{"valid_loss": "6.9", "epoch": 1}\n{"loss": "6.5", "num_updates": "100", "wps": "800"}\nend [1, 2]\n',
        encoding="utf-8",
    )
    assert training_progress(log) == "update 100, loss 6.5, valid loss 6.9, words/s 800"
    with log.open("a") as stream:
        stream.write('{"num_updates": "150", "wps": "900", "tps": "910.5", "mfu": "0.31"}\n')
    assert training_progress(log) == "update 150, loss 6.5, valid loss 6.9, tokens/s 910.5, MFU 0.31"
    assert training_progress(tmp_path / "none") == ""
