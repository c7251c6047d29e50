from __future__ import annotations

import json
import shutil

import pytest
import yaml

from eval.report.data_stages import DataStages
from eval.report.read_run import read_run
from vega.errors import UserError


def test_a_finished_run_is_read_whole(finished_run):
    run = read_run(finished_run)
    assert run.name == "demo <b>"
    assert list(run.manifests) == ["clean", "vocab", "binarize", "train", "finetune-en-de", "translate", "evaluate"]
    assert list(run.curves) == ["train", "finetune-en-de"]
    assert len(run.curves["train"]["train"]) == 40 and len(run.curves["train"]["valid"]) == 4
    assert run.stages.clean is not None and run.stages.binarize is not None
    assert run.stages.binarize["vocabulary"] == 4031
    assert [corpus.name for corpus in run.test] == ["help"]
    assert run.systems == ["multidirectional", "finetuned", "copy", "untrained"]
    assert run.scores == json.loads((finished_run / "evaluate/scores.json").read_text())


def test_consumed_tokens_become_shares_beside_the_plan(finished_run):
    mixture = read_run(finished_run).mixture["train"]
    assert mixture["plan"]["en-de/lohelp"] == 0.25
    assert sum(mixture["consumed"].values()) == pytest.approx(1)
    assert mixture["consumed"]["en-de/lohelp"] == pytest.approx(900 / 3840)
    assert mixture["consumed_tokens"]["en-de/lohelp"] == 900


def test_a_run_that_is_still_training_has_its_curves_and_nothing_more(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train/train.log").write_text('{"loss": "7", "num_updates": "10"}\n')
    run = read_run(tmp_path)
    assert run.name == tmp_path.name
    assert run.curves["train"]["train"] == [{"loss": 7, "updates": 10}]
    assert (run.manifests, run.stages, run.rounds, run.mixture, run.scores) == ({}, DataStages(), {}, {}, [])


def test_a_folder_that_is_no_run_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        read_run(tmp_path / "none")
    with pytest.raises(UserError, match="nothing to report"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("train/manifest.json", "{", r"train/manifest\.json: not valid JSON"),
        ("evaluate/scores.json", "[1,", r"scores\.json: not valid JSON"),
        ("recipe.yaml", "a: [", r"recipe\.yaml: not valid YAML"),
        ("recipe.yaml", "- a", r"recipe\.yaml: a recipe is a mapping"),
    ],
)
def test_a_broken_file_is_named(tmp_path, file, content, message):
    for path, text in {"clean/manifest.json": "{}", file: content}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    with pytest.raises(UserError, match=message):
        read_run(tmp_path)


def test_an_earlier_report_is_not_a_stage_of_the_run(tmp_path):
    for stage in ("clean", "report"):
        (tmp_path / stage).mkdir()
        (tmp_path / stage / "manifest.json").write_text("{}")
    assert list(read_run(tmp_path).manifests) == ["clean"]


def test_pretraining_stands_before_training_and_only_where_the_recipe_has_it(finished_run):
    shutil.copytree(finished_run / "train", finished_run / "pretrain")
    recipe = finished_run / "recipe.yaml"
    facts = yaml.safe_load(recipe.read_text())
    recipe.write_text(yaml.safe_dump({**facts, "pretrain": {"mask_share": 0.2}}))
    assert list(read_run(finished_run).curves) == ["pretrain", "train", "finetune-en-de"]
    recipe.write_text(yaml.safe_dump({**facts, "pretrain": None}))
    assert list(read_run(finished_run).curves) == ["train", "finetune-en-de"]


def test_a_fine_tuning_that_the_recipe_no_longer_names_is_left_out(finished_run):
    recipe = finished_run / "recipe.yaml"
    without = {**yaml.safe_load(recipe.read_text()), "finetune": [{"name": "de-en", "directions": ["de-en"]}]}
    recipe.write_text(yaml.safe_dump(without))
    assert list(read_run(finished_run).curves) == ["train"]
