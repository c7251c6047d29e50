"""Pre-training in a recipe: what it learns from, who starts from it, what it is told, what it is planned to cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vega.runs import do, make_data, small_recipe
from vega.errors import UserError
from vega.memory import training_memory
from vega.model_sizes import SIZES
from vega.plan import make_plan, vocabulary_size
from vega.recipe import Recipe
from vega.settings import Corpus, PretrainSettings, TrainerSettings
from vega.stage_graph import build_stages
from vega.stages import Stage, best_checkpoint
from vega.strict_yaml import dump, parse, validate

#: Text in a language of the pairs, and in one that has no pairs.
MONO = "corpora.mono=[{}]".format(
    ", ".join(f"{{name: m, languages: [{code}], files: '{{data}}/mono.{{lang}}'}}" for code in ("de", "cs"))
)
ON = "pretrain={max_update: 7}"
VEGA_BASE = SIZES["vega_base"]


def recipe_of(folder: Path, *overrides: str) -> Recipe:
    data = make_data(folder / "data")
    for code in ("de", "cs"):
        (data / f"mono.{code}").write_text(f"mono {code}\n", encoding="utf-8")
    return small_recipe(folder, MONO, *overrides, data=data)


def stages_of(folder: Path, *overrides: str) -> dict[str, Stage]:
    return {stage.name: stage for stage in build_stages(recipe_of(folder, *overrides), folder / "run")}


def groups(corpora: list[Corpus]) -> list[str]:
    return [f"{corpus.name}.{corpus.group}" for corpus in corpora]


def told(stages: dict[str, Stage], name: str) -> Any:
    return stages[name].settings


# Who reads what


def test_training_starts_from_pretraining_and_waits_for_it(tmp_path: Path) -> None:
    stages = stages_of(tmp_path, ON)
    assert [*stages][3:6] == ["binarize", "pretrain", "train"]
    assert stages["pretrain"].command == "pretrain" and stages["pretrain"].upstream == ("binarize",)
    assert stages["train"].upstream == ("binarize", "pretrain")
    assert told(stages, "train").init_from == best_checkpoint(stages["pretrain"].folder)
    without = stages_of(tmp_path)
    assert "pretrain" not in without and told(without, "train").init_from is None


def test_what_is_scored_is_as_without(tmp_path: Path) -> None:
    stages, without = stages_of(tmp_path, ON), stages_of(tmp_path)
    assert all(stages[name].settings == without[name].settings for name in ("clean", "translate", "evaluate"))
    assert all(stages[name].upstream == without[name].upstream for name in ("finetune-x", "translate", "evaluate"))


def test_all_text_that_is_learnt_is_checked_and_encoded(tmp_path: Path) -> None:
    stages, without = stages_of(tmp_path, ON), stages_of(tmp_path)
    for name, key in (("leakage", "corpora"), ("binarize", "train")):
        assert groups(getattr(told(stages, name), key)) == ["a.en-de", "m.de", "m.cs"]
        assert groups(getattr(told(without, name), key)) == ["a.en-de"]
    assert all(str(tmp_path / "run/clean") in corpus.files for corpus in told(stages, "binarize").train)


def test_a_language_without_pairs_has_a_tag_and_a_vocabulary_but_no_direction(tmp_path: Path) -> None:
    recipe, without = recipe_of(tmp_path, ON, "directions=english_centric"), recipe_of(tmp_path)
    assert recipe.languages == ["en", "de", "cs"] and without.languages == ["en", "de"]
    assert recipe.train_directions() == without.train_directions()
    assert vocabulary_size(recipe) == vocabulary_size(without) + 1
    stages = stages_of(tmp_path, ON)
    assert groups(told(stages, "vocab").corpora) == ["a.en-de", "m.cs"]  # German text has pairs enough
    assert told(stages, "pretrain").languages == ["en", "de", "cs"]


def test_only_the_languages_that_are_asked_for_are_learnt(tmp_path: Path) -> None:
    stages = stages_of(tmp_path, "pretrain={languages: [de]}")
    assert groups(told(stages, "binarize").train) == ["a.en-de", "m.de"]
    assert told(stages, "pretrain").languages == ["de"]
    with pytest.raises(UserError, match=r"pretrain\.languages: there is no text in 'ru' .* Languages: en, de"):
        stages_of(tmp_path, "pretrain={languages: [de, ru]}")


def test_rounds_start_from_it_too_unless_from_their_teacher_or_with_another_model(tmp_path: Path) -> None:
    step = "steps: [{back_translation: {}}]"
    rounds = (
        f"synthesis=[{{name: a, {step}}}, {{name: b, {step}, start: teacher}}, "
        f"{{name: c, {step}, train: {{arch: vega_big}}}}]"
    )
    stages = stages_of(tmp_path, ON, rounds)
    starts = {name: told(stages, f"train-{name}").init_from for name in "abc"}
    assert starts == {
        "a": best_checkpoint(stages["pretrain"].folder), "b": best_checkpoint(stages["train-a"].folder), "c": None,
    }  # fmt: skip
    assert "pretrain" in stages["train-a"].upstream and "pretrain" not in stages["train-c"].upstream
    assert told(stages_of(tmp_path, rounds), "train-a").init_from is None


def test_a_change_of_pretraining_trains_anew_and_of_its_speed_does_not(tmp_path: Path) -> None:
    def done(*overrides: str) -> list[str]:
        return do(list(stages_of(tmp_path, *overrides).values()))

    done(ON)
    assert done("pretrain={max_update: 7, log_every: 3}") == []
    assert done("pretrain={max_update: 8}")[:2] == ["pretrain", "train"]


# What it is told


def test_what_pretraining_does_not_state_is_as_in_train_but_for_its_mixture(tmp_path: Path) -> None:
    stated = (
        "train={arch: vega_tiny, lr: 0.5, weights: {en-de: 1}, noise: {typos: 0.1}, synthetic_share: 0.5, "
        "curriculum: [{name: x, weights: {en-de: 1}}]}"
    )
    settings = told(stages_of(tmp_path, stated, "pretrain={mask_share: 0.3, dropout: 0.2}"), "pretrain")
    assert isinstance(settings, PretrainSettings)
    assert (settings.arch, settings.lr, settings.mask_share, settings.dropout) == ("vega_tiny", 0.5, 0.3, 0.2)
    assert (settings.weights, settings.curriculum) == ({}, [])


def test_a_model_that_training_could_not_start_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"pretrain\.arch: vega_big is not the vega_base of `train`"):
        stages_of(tmp_path, "pretrain={arch: vega_big}")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["train.e2s2={}"], "train: e2s2 is only for criterion: vega_e2s2, not"),
        (["pretrain={fsam: {rho: 0.1}}"], "pretrain: fsam is only for optimizer: vega_fsam, not vega_adamw"),
        (["finetune.0.e2s2={}"], "finetune x: e2s2 is only for criterion"),
        (["pretrain={mask_share: 0}"], "pretrain: mask_share is 0"),
        (["pretrain={directions: [en-de]}"], r"unknown key 'pretrain\.directions'"),
        (["pretrain={noise: {typos: 0.1}}"], r"unknown key 'pretrain\.noise'"),
        (["pretrain={e2s2: {temprature: 1}}"], "Did you mean 'temperature'"),
        (["train.optimizer=vega_fsam", "train.fsam={sparsity: 0.9}"], r"unknown key 'train\.fsam\.sparsity'"),
    ],
)
def test_a_mistake_is_found_before_anything_runs(tmp_path: Path, overrides: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        stages_of(tmp_path, *overrides)


def test_a_stage_with_another_loss_or_optimizer_does_not_take_over_a_methods_settings(tmp_path: Path) -> None:
    train = "train={criterion: vega_e2s2, e2s2: {clean: 0.7}, optimizer: vega_fsam, fsam: {rho: 0.1}}"
    plain = "criterion: vega_label_smoothed_cross_entropy"
    both = f"finetune=[{{name: x, directions: [en-de]}}, {{name: y, directions: [en-de], {plain}}}]"
    stages = stages_of(tmp_path, train, both, "pretrain={optimizer: vega_adamw}")
    assert (told(stages, "finetune-x").e2s2.clean, told(stages, "finetune-x").fsam.rho) == (0.7, 0.1)
    assert told(stages, "finetune-y").e2s2 is None and told(stages, "finetune-y").fsam.rho == 0.1
    assert told(stages, "pretrain").fsam is None and told(stages, "pretrain").e2s2.clean == 0.7


def test_a_recipe_that_a_run_has_written_down_makes_the_same_stages(tmp_path: Path) -> None:
    """It states every key, so that nothing is taken over from `train` any more."""
    rounds = "synthesis=[{name: r, steps: [{back_translation: {}}], train: {dropout: 0.3}}]"
    train = "train={lr: 0.5, criterion: vega_e2s2, e2s2: {}}"
    recipe = recipe_of(tmp_path, ON, rounds, train, "clean.filters={copy: {}}")
    again = validate(parse(dump(recipe.complete()), "recipe.yaml"), Recipe)
    assert build_stages(again, tmp_path / "run") == build_stages(recipe, tmp_path / "run")
    trained = [step.settings for step in build_stages(again, tmp_path) if isinstance(step.settings, TrainerSettings)]
    assert [settings.lr for settings in trained] == [0.5] * 4  # pretrain, train, train-r, finetune-x


# What it costs


def test_a_plan_counts_pretraining(tmp_path: Path) -> None:
    plan = make_plan(recipe_of(tmp_path, ON), tflops=1)
    entry = plan["training"][0]
    assert [each["stage"] for each in plan["training"]] == ["pretrain", "train", "finetune-x"]
    assert (entry["updates"], entry["directions"], entry["passes"]) == (7, [], 1.0)
    assert plan["languages"] == ["en", "de", "cs"]
    assert next(stage for stage in plan["stages"] if stage["name"] == "pretrain")["seconds"] == entry["seconds"] > 0
    more = plan["disk"]["checkpoints"] - make_plan(recipe_of(tmp_path))["disk"]["checkpoints"]
    assert more > 5 * 12 * VEGA_BASE.num_parameters(vocabulary_size(recipe_of(tmp_path)))


def test_memory_is_that_of_the_stage_that_needs_most(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, "pretrain={criterion: vega_e2s2}")
    found, training = make_plan(recipe)["memory"], make_plan(recipe_of(tmp_path, ON))["memory"]
    assert found["total"] > 1.2 * training["total"]
    assert found == training_memory(VEGA_BASE, vocabulary_size(recipe), recipe.pretrain_options(), "fp32")
