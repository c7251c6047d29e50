from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.vega.runs import do, do_recipe, make_data, small_recipe
from vega.decisions import decide, foresee
from vega.errors import UserError
from vega.stage_graph import build_stages
from vega.stages import select

ALL = ["clean", "leakage", "vocab", "binarize", "train", "finetune-x", "translate", "evaluate", "report"]


def test_everything_runs_once(tmp_path: Path) -> None:
    assert do_recipe(tmp_path) == ALL
    assert do_recipe(tmp_path) == []


@pytest.mark.parametrize(
    ("override", "ran"),
    [
        ("clean.shard_lines=3", []),
        ("train.log_every=7", []),
        ("train.threads=3", []),
        ("translate.workers=3", []),
        ("report.samples=3", ["report"]),
        ("evaluate.resamples=3", ["evaluate", "report"]),
        ("translate.beam=3", ["translate", "evaluate", "report"]),
        ("finetune.0.lr=0.5", ["finetune-x", "translate", "evaluate", "report"]),
        ("finetune.0.name=y", ["finetune-y", "translate", "evaluate", "report"]),
        ("train.lr=0.5", ALL[4:]),
        ("vocab.size=300", ALL[2:]),
        ("clean.filters={}", ALL),
        ("directions=[en-de]", ALL[4:]),
    ],
)
def test_a_changed_setting_runs_only_what_depends_on_it(tmp_path: Path, override: str, ran: list[str]) -> None:
    do_recipe(tmp_path)
    assert do_recipe(tmp_path, override) == ran
    assert do_recipe(tmp_path, override) == []


def test_changed_text_is_noticed(tmp_path: Path) -> None:
    do_recipe(tmp_path)
    (tmp_path / "data/train.de").write_text("other\n", encoding="utf-8")
    recipe = small_recipe(tmp_path, data=tmp_path / "data")
    stages = build_stages(recipe, tmp_path / "run")
    assert "train.de changed" in decide(stages[0]).reason
    assert do(stages) == ALL


def test_touched_text_is_read_again_and_changes_nothing(tmp_path: Path) -> None:
    do_recipe(tmp_path)
    stages = build_stages(small_recipe(tmp_path, data=tmp_path / "data"), tmp_path / "run")
    for path in (tmp_path / "data").iterdir():
        os.utime(path, (1, 1))
    assert do(stages) == []


def test_a_moved_or_copied_run_is_still_finished(tmp_path: Path) -> None:
    do_recipe(tmp_path)
    shutil.copytree(tmp_path / "run", tmp_path / "copied", copy_function=shutil.copyfile)
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    assert do_recipe(tmp_path, run="elsewhere") == []
    assert do_recipe(tmp_path, run="copied") == []


def test_moved_text_is_still_the_same(tmp_path: Path) -> None:
    do_recipe(tmp_path)
    moved = make_data(tmp_path / "moved")
    assert do(build_stages(small_recipe(tmp_path, data=moved), tmp_path / "run")) == []


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_damaged_output_is_made_again(tmp_path: Path, damage: str) -> None:
    do_recipe(tmp_path)
    path = tmp_path / "run/vocab/spm.model"
    path.unlink() if damage == "missing" else path.write_text("broken", encoding="utf-8")
    stages = build_stages(small_recipe(tmp_path), tmp_path / "run")
    assert damage in decide(stages[2]).reason
    assert do(stages) == ["vocab"]


def test_another_test_set_does_not_train_again(tmp_path: Path) -> None:
    do_recipe(tmp_path)
    (tmp_path / "data/test.de").write_text("other\n", encoding="utf-8")
    stages = build_stages(small_recipe(tmp_path, data=tmp_path / "data"), tmp_path / "run")
    clean_kept = [stage for stage in stages if stage.name != "clean"]
    assert do(clean_kept) == ["leakage", "binarize", "translate", "evaluate", "report"]


def test_a_reason_names_the_setting_that_changed(tmp_path: Path) -> None:
    do_recipe(tmp_path)
    stages = build_stages(small_recipe(tmp_path, "train.lr=0.5"), tmp_path / "run")
    assert decide(stages[4]).reason == "lr changed from 0.0007 to 0.5"


def test_a_dry_run_foresees_what_runs(tmp_path: Path) -> None:
    do_recipe(tmp_path)
    stages = build_stages(small_recipe(tmp_path, "vocab.size=300"), tmp_path / "run")
    reasons = {decision.stage.name: decision.reason for decision in foresee(stages, stages)}
    assert reasons["clean"] == "finished"
    assert reasons["vocab"] == "size changed from 16000 to 300"
    assert reasons["train"] == "after binarize"
    assert do(stages) == ALL[2:]


def test_leaving_out_a_needed_stage_is_an_error(tmp_path: Path) -> None:
    stages = build_stages(small_recipe(tmp_path), tmp_path / "run")
    with pytest.raises(UserError, match=r"Stage clean has to run first .* --stages clean,leakage,vocab,binarize,train"):
        foresee(stages, select(stages, ["translate"]))
    do(stages)
    assert [decision.reason for decision in foresee(stages, select(stages, ["translate"]))] == ["finished"]
    changed = build_stages(small_recipe(tmp_path, "train.lr=0.5"), tmp_path / "run")
    assert [decision.reason for decision in foresee(changed, select(changed, ["binarize"]))] == ["finished"]
    with pytest.raises(UserError, match=r"Stage train has to run first .lr changed"):
        foresee(changed, select(changed, ["translate"]))


def test_missing_text_is_an_error(tmp_path: Path) -> None:
    stages = build_stages(small_recipe(tmp_path, data=tmp_path / "nowhere"), tmp_path / "run")
    with pytest.raises(UserError, match=r"nowhere/train.en: no such file"):
        decide(stages[0])
