from __future__ import annotations

from pathlib import Path

import pytest

from vega.errors import UserError
from vega.recipe import Recipe, find_recipe, load_recipe, shipped_recipes
from vega.settings import TrainSettings, TranslateSettings
from vega.stage_graph import build_stages
from vega.stages import select

TINY = """
name: tiny
corpora:
  train: [{name: a, languages: [en, de, cs], files: "{data}/train.{lang}"}]
  valid: [{name: a, languages: [en, de, cs], files: "{data}/valid.{lang}"}]
  test: [{name: a, languages: [en, de, cs], files: "{data}/test.{lang}"}]
train: {lr: 0.5, seed: 7}
"""


def tiny(folder: Path, *overrides: str, text: str = TINY) -> Recipe:
    path = folder / "tiny.yaml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(str(path), ["data=/d", *overrides])


def directions(recipe: Recipe) -> list[str]:
    return [str(direction) for direction in recipe.train_directions()]


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_makes_stages(name: str) -> None:
    recipe = load_recipe(name, needs_data=False)
    of_steps = {step.name for step in recipe.steps}
    stages = [stage for stage in build_stages(recipe, Path("runs")) if stage.name.split("-")[-1] not in of_steps]
    names = [stage.command for stage in stages]
    assert recipe.name == name
    assert list(dict.fromkeys(names)) == [
        "clean", "leakage", "vocab", "binarize", *(["pretrain"] if recipe.pretrain else []), "train",
        *(["synthesize"] if recipe.synthesis else []),
        *(["finetune"] if recipe.finetune else []),
        "translate", *(["postprocess"] if recipe.postprocess else []), "evaluate", "report",
    ]  # fmt: skip


def test_the_recipes_ship() -> None:
    assert set(shipped_recipes()) >= {
        "demo", "multi30k", "multi30k_e2s2", "multi30k_fsam", "free6", "vega_mt_wmt22", "pt_ri_fusion",
    }  # fmt: skip


def test_the_paper_recipe_tunes_all_ten_directions() -> None:
    recipe = load_recipe("vega_mt_wmt22", needs_data=False)
    tuned = [direction for entry in recipe.finetune for direction in entry.directions]
    assert len(tuned) == 10
    assert sorted(tuned) == sorted(directions(recipe))


def test_directions_are_resolved(tmp_path: Path) -> None:
    assert directions(tiny(tmp_path)) == ["en-de", "de-en", "en-cs", "cs-en"]
    assert len(directions(tiny(tmp_path, "directions=all"))) == 6
    assert directions(tiny(tmp_path, "directions=[cs-de]")) == ["cs-de"]


def test_a_direction_without_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no training corpus has both languages of en-ru"):
        tiny(tmp_path, "directions=[en-ru]").train_directions()
    with pytest.raises(UserError, match=r"finetune x: .*de-ja"):
        build_stages(tiny(tmp_path, "finetune=[{name: x, directions: [de-ja]}]"), tmp_path)
    with pytest.raises(UserError, match="no direction to train"):
        tiny(tmp_path, "corpora.train.0.languages=[de, cs]").train_directions()


def test_all_leaves_out_pairs_that_share_no_corpus(tmp_path: Path) -> None:
    pairs = "[{name: a, languages: [en, de], files: 'x{lang}'}, {name: a, languages: [en, cs], files: 'y{lang}'}]"
    recipe = tiny(tmp_path, f"corpora.train={pairs}", "directions=all")
    assert sorted(directions(recipe)) == ["cs-en", "de-en", "en-cs", "en-de"]


def test_a_recipe_that_needs_data_says_how_to_give_it(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    with pytest.raises(UserError, match="--set data=FOLDER"):
        load_recipe(str(path))
    assert "{data}" in load_recipe(str(path), needs_data=False).corpora.train[0].files


def test_paths_are_filled_in_and_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = tiny(tmp_path, "data=some/folder")
    assert recipe.corpora.train[0].files == str(tmp_path / "some/folder/train.{lang}")


def test_extends_is_one_level(tmp_path: Path) -> None:
    tiny(tmp_path)
    (tmp_path / "child.yaml").write_text("extends: tiny.yaml\nname: child\ntrain: {lr: 0.25}", encoding="utf-8")
    (tmp_path / "grandchild.yaml").write_text("extends: child.yaml\nname: g", encoding="utf-8")
    child = load_recipe(str(tmp_path / "child.yaml"), ["data=/d"])
    assert (child.name, child.train.lr, child.train.seed) == ("child", 0.25, 7)
    with pytest.raises(UserError, match=r"grandchild.yaml:1: .* one level"):
        load_recipe(str(tmp_path / "grandchild.yaml"))


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean 'multi30k'"):
        find_recipe("multi3k")
    with pytest.raises(UserError, match="no such recipe file"):
        find_recipe("./none.yaml")


def test_finetuning_inherits_from_train_what_it_does_not_state(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, "finetune=[{name: x, directions: [en-de], lr: 0.1}]")
    settings = next(s.settings for s in build_stages(recipe, tmp_path) if s.name == "finetune-x")
    assert isinstance(settings, TrainSettings)
    assert (settings.lr, settings.seed, settings.directions) == (0.1, 7, ["en-de"])
    assert settings.init_from == tmp_path / "train/checkpoints/checkpoint_best.pt"


def test_systems_are_the_baselines_the_model_and_each_tuned_one(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, "finetune=[{name: x, directions: [en-de]}]")
    settings = next(s.settings for s in build_stages(recipe, tmp_path) if s.name == "translate")
    assert isinstance(settings, TranslateSettings)
    assert [(system.name, system.kind, system.directions) for system in settings.systems] == [
        ("copy", "copy", None),
        ("untrained", "untrained", None),
        ("multidirectional", "checkpoint", None),
        ("finetune-x", "checkpoint", ["en-de"]),
    ]


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_two_corpora_that_would_write_one_file_are_an_error(tmp_path: Path, split: str) -> None:
    twice = "[{name: a, languages: [en, de], files: 'x{lang}'}, {name: a, languages: [en, de], files: 'y{lang}'}]"
    with pytest.raises(UserError, match="named 'a'"):
        tiny(tmp_path, f"corpora.{split}={twice}")


def test_two_test_sets_of_one_name_and_pair_are_an_error(tmp_path: Path) -> None:
    twice = "[{name: a, languages: [en, de], files: 'x{lang}'}, {name: a, languages: [de, en], files: 'y{lang}'}]"
    with pytest.raises(UserError, match="two test sets"):
        tiny(tmp_path, f"corpora.test={twice}")


def test_stages_are_selected_by_name_or_kind(tmp_path: Path) -> None:
    stages = build_stages(tiny(tmp_path, "finetune=[{name: x, directions: [en-de]}]"), tmp_path)
    assert [stage.name for stage in select(stages, ["report", "finetune"])] == ["finetune-x", "report"]
    assert select(stages, None) == stages
    with pytest.raises(UserError, match="no stage 'trian'"):
        select(stages, ["trian"])


def test_baselines_can_be_left_out(tmp_path: Path) -> None:
    recipe = tiny(tmp_path, "baselines=[copy]")
    translate = next(stage for stage in build_stages(recipe, tmp_path) if stage.name == "translate")
    assert isinstance(translate.settings, TranslateSettings)
    assert [system.name for system in translate.settings.systems if system.kind != "checkpoint"] == ["copy"]


def test_a_finetune_has_its_own_mixture(tmp_path: Path) -> None:
    """That of `train` may name text of other directions."""
    tuned = "finetune=[{name: x, directions: [en-de]}, {name: y, directions: [en-de], weights: {en-de: 3}}]"
    recipe = tiny(tmp_path, tuned, "train.weights={en-cs: 2}", "train.synthetic_share=0.5")
    x, y = (recipe.finetune_options(entry) for entry in recipe.finetune)
    assert (x.weights, y.weights, x.synthetic_share) == ({}, {"en-de": 3.0}, 0.5)
