"""A model that is not whole is one sentence: what to bring, and where to put it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.vega.neural.tiny_comet import ENCODER
from vega.errors import UserError
from vega.neural.assets import find_assets, models_below, require_assets
from vega.recipe import load_recipe
from vega.runner import run_recipe
from vega.settings import EvaluateSettings, MbrSettings, MbrStep, NeuralMetric


@pytest.fixture
def comet(regression: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(regression, tmp_path / "wmt22-comet-da"))


def metric(path: Path, **options: Any) -> NeuralMetric:
    return NeuralMetric(path=path, **options)


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        (".", "COMET's model is not at {}/checkpoints/model.ckpt: copy wmt22-comet-da's checkpoints/model.ckpt and "
         "hparams.yaml into {}."),
        ("checkpoints/model.ckpt", "COMET's model is not at {}/checkpoints/model.ckpt"),
        ("hparams.yaml", "{}/hparams.yaml is missing: copy it there from the model wmt22-comet-da"),
        (ENCODER, "{}/tiny-xlm-roberta/config.json is missing: copy config.json and tokenizer.json of Hugging Face's "
         "tiny-xlm-roberta"),
        (f"{ENCODER}/config.json", "{}/tiny-xlm-roberta/config.json is missing"),
        (f"{ENCODER}/tokenizer.json", "{}/tiny-xlm-roberta/tokenizer.json is missing: copy it"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(comet: Path, missing: str, says: str) -> None:
    path = comet / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(UserError) as caught:
        find_assets(metric(comet))
    message = str(caught.value)
    assert message.startswith(says.replace("{}", str(comet)))
    assert "\n" not in message and message.count(". ") == 0 and message.endswith(".")


def test_all_metrics_of_a_stage_are_looked_for_before_it_starts(tmp_path: Path) -> None:
    corpus = {"name": "dev", "languages": ["en", "de"], "files": "dev.{lang}"}
    model = {"name": "a", "checkpoint": "a.pt"}
    given = {"data": "b", "valid": [corpus], "directions": ["en-de"], "models": [model]}
    settings = MbrSettings.model_validate({**given, "utility": {"path": str(tmp_path / "none")}})
    with pytest.raises(UserError, match="COMET's model is not at"):
        require_assets([settings])
    require_assets([MbrSettings.model_validate(given), EvaluateSettings(translations=Path("t"), test=[corpus])])


def test_a_run_ends_before_its_first_stage_where_a_model_is_missing(tmp_path: Path) -> None:
    recipe = load_recipe("demo", [f"evaluate.neural=[{{path: {tmp_path}/none}}]"])
    with pytest.raises(UserError, match="COMET's model is not at"):
        run_recipe(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_environment_of_a_metric_must_be_there(comet: Path) -> None:
    require_assets(metric(comet))
    with pytest.raises(UserError, match="no Python interpreter at /nowhere/bin/python"):
        require_assets(metric(comet, python="/nowhere/bin/python"))


def test_folder_and_file_are_the_same_model(comet: Path) -> None:
    assert find_assets(metric(comet / "checkpoints" / "model.ckpt")) == find_assets(metric(comet))
    assert find_assets(metric(comet)).name == "wmt22-comet-da"
    assert find_assets(metric(comet, name="COMET")).name == "COMET"


def test_a_model_in_a_hubs_cache_has_the_models_name(comet: Path, tmp_path: Path) -> None:
    place = tmp_path / "models--Unbabel--wmt22-comet-da" / "snapshots" / "0f1e2d"
    shutil.copytree(comet, place)
    assert find_assets(metric(place)).name == "wmt22-comet-da"


@pytest.mark.parametrize("changed", ["checkpoints/model.ckpt", "hparams.yaml", f"{ENCODER}/tokenizer.json"])
def test_every_file_that_decides_a_score_is_in_the_content(comet: Path, changed: str) -> None:
    before = find_assets(metric(comet))
    hashes = before.sha256, before.content
    with (comet / changed).open("ab") as stream:
        stream.write(b"\n")
    after = find_assets(metric(comet))
    assert after.content != hashes[1]
    assert (after.sha256 != hashes[0]) == (changed == "checkpoints/model.ckpt")


@pytest.mark.parametrize(
    ("changes", "options", "expected"),
    [
        ({}, {}, True),
        ({"class_identifier": "referenceless_regression_metric"}, {}, False),
        ({"class_identifier": "unified_metric", "input_segments": ["mt", "src"]}, {}, False),
        ({"class_identifier": "xcomet_metric", "input_segments": ["mt", "src", "ref"]}, {}, True),
        ({"class_identifier": "xcomet_metric", "input_segments": ["mt", "src", "ref"]}, {"references": "none"}, False),
        ({}, {"references": "none"}, "needs references"),
        ({"class_identifier": "os.system"}, {}, "class_identifier is 'os.system'"),
    ],
)
def test_the_checkpoint_says_whether_it_takes_references(
    comet: Path, changes: dict[str, Any], options: dict[str, Any], expected: bool | str
) -> None:
    hparams = comet / "hparams.yaml"
    hparams.write_text(yaml.safe_dump({**yaml.safe_load(hparams.read_text()), **changes}))
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            find_assets(metric(comet, **options))
    else:
        assert find_assets(metric(comet, **options)).with_references == expected


def test_yaml_that_makes_objects_is_refused(comet: Path) -> None:
    (comet / "hparams.yaml").write_text("class_identifier: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(UserError, match="not plain YAML"):
        find_assets(metric(comet))


def test_models_below_a_folder_are_found_with_what_they_lack(comet: Path, tmp_path: Path) -> None:
    (tmp_path / "metricx-23-qe-large").mkdir()
    (tmp_path / "metricx-23-qe-large" / "config.json").touch()
    (tmp_path / "notes").mkdir()
    found = models_below(tmp_path)
    assert [(each.kind, each.folder.name, bool(each.problem)) for each in found] == [
        ("metricx-23", "metricx-23-qe-large", True),
        ("comet", "wmt22-comet-da", False),
    ]


def test_a_recipe_fills_its_data_folder_into_the_paths_of_models(tmp_path: Path) -> None:
    stated = NeuralMetric(path=Path("{data}/wmt22-comet-da"))
    assert str(stated.path) == "{data}/wmt22-comet-da"
    overrides = [
        f"data={tmp_path}",
        "evaluate.neural=[{path: '{data}/wmt22-comet-da'}, {path: models/other}]",
        "steps=[{kind: mbr, name: risk, models: [train], utility: {path: '{data}/wmt22-comet-da'}}]",
    ]
    recipe = load_recipe("demo", overrides)
    assert [each.path for each in recipe.evaluate.neural] == [tmp_path / "wmt22-comet-da", Path.cwd() / "models/other"]
    (step,) = recipe.steps
    assert isinstance(step, MbrStep) and isinstance(step.utility, NeuralMetric)
    assert step.utility.path == tmp_path / "wmt22-comet-da"
