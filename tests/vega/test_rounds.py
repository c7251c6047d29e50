"""Synthesis rounds in a recipe: which model translates, what is trained on, what the stages read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vega.runs import do, make_data, small_recipe
from vega.errors import UserError
from vega.recipe import Recipe
from vega.stage_graph import build_stages
from vega.stages import BEST_CHECKPOINT, Stage, select

ROUNDS = [
    "corpora.mono=[{name: m, languages: [de], files: '{data}/mono.{lang}'}]",
    "synthesis=[{name: one, steps: [{back_translation: {}}], train: {lr: 0.25}, clean: {filters: {copy: {}}}},"
    " {name: two, steps: [{self_training: {}}], start: teacher}]",
]


def recipe_with_rounds(folder: Path, *overrides: str) -> Recipe:
    data = make_data(folder / "data")
    (data / "mono.de").write_text("mono de\n", encoding="utf-8")
    return small_recipe(folder, *ROUNDS, *overrides, data=data)


def stages_of(folder: Path, *overrides: str) -> dict[str, Stage]:
    return {stage.name: stage for stage in build_stages(recipe_with_rounds(folder, *overrides), folder / "run")}


def test_a_round_is_synthesize_clean_leakage_binarize_train(tmp_path: Path) -> None:
    names = list(stages_of(tmp_path))
    round_ = ["synthesize", "clean", "leakage", "binarize", "train"]
    assert names == [
        "clean", "leakage", "vocab", "binarize", "train", *(f"{name}-one" for name in round_),
        *(f"{name}-two" for name in round_), "finetune-x", "translate", "evaluate", "report",
    ]  # fmt: skip


def test_every_stage_reads_only_what_stages_before_it_write(tmp_path: Path) -> None:
    before: list[Path] = []
    for stage in stages_of(tmp_path).values():
        read = [path for path in _paths(stage.settings) if (tmp_path / "run") in path.parents]
        assert all(any(folder in (path, *path.parents) for folder in before) for path in read), stage.name
        named = {folder.name for folder in before if any(folder in (path, *path.parents) for path in read)}
        assert named <= set(stage.upstream), stage.name
        before.append(stage.folder)


@pytest.mark.parametrize(("model", "teacher"), [("", "train-one"), ("train", "train"), ("one", "train-one")])
def test_the_model_before_translates_unless_another_is_named(tmp_path: Path, model: str, teacher: str) -> None:
    stages = stages_of(tmp_path, f"synthesis.1.model='{model}'")
    expected = tmp_path / "run" / teacher / BEST_CHECKPOINT
    assert stages["synthesize-two"].settings.model == expected  # type: ignore[attr-defined]
    assert stages["train-two"].settings.init_from == expected  # type: ignore[attr-defined]
    assert stages["train-one"].settings.init_from is None  # type: ignore[attr-defined]


def test_options_of_a_round_are_those_of_the_recipe_but_for_what_it_states(tmp_path: Path) -> None:
    stages = stages_of(tmp_path, "train.seed=9", "clean.score_all=true")
    one: Any = stages["train-one"].settings
    clean: Any = stages["clean-one"].settings
    assert (one.lr, one.seed, stages["train"].settings.lr) == (0.25, 9, 7e-4)  # type: ignore[attr-defined]
    assert (clean.filters, clean.score_all) == ({"copy": {}}, True)
    assert [corpus.files for corpus in clean.against] == [str(tmp_path / "run/clean/a.en-de.{lang}")]


def test_both_orientations_of_self_training_are_one_text_and_two_sets(tmp_path: Path) -> None:
    stages = stages_of(tmp_path)
    cleaned = [corpus.name for corpus in stages["clean-two"].settings.corpora]  # type: ignore[attr-defined]
    trained: Any = stages["binarize-two"].settings.train  # type: ignore[attr-defined]
    assert len(trained) == 2 * len(cleaned)
    assert {corpus.files for corpus in trained} == {
        corpus.files
        for corpus in stages["leakage-two"].settings.corpora  # type: ignore[attr-defined]
    }


def test_the_last_round_is_tuned_and_every_round_is_scored(tmp_path: Path) -> None:
    stages = stages_of(tmp_path)
    tuned: Any = stages["finetune-x"].settings
    assert tuned.init_from == tmp_path / "run/train-two" / BEST_CHECKPOINT
    assert tuned.data == tmp_path / "run/binarize-two"
    names = [system.name for system in stages["translate"].settings.systems]  # type: ignore[attr-defined]
    assert names == ["copy", "untrained", "multidirectional", "one", "two", "finetune-x"]


def test_a_changed_round_leaves_what_is_before_it(tmp_path: Path) -> None:
    recipe = recipe_with_rounds(tmp_path)
    do(build_stages(recipe, tmp_path / "run"))
    changed = recipe_with_rounds(tmp_path, "synthesis.1.seed=7")
    ran = do(build_stages(changed, tmp_path / "run"))
    assert [name for name in ran if name.endswith("-one") or "-" not in name] == ["translate", "evaluate", "report"]
    assert "synthesize-two" in ran and "train-two" in ran


def test_a_stage_name_selects_that_stage_and_a_command_all_its_stages(tmp_path: Path) -> None:
    stages = list(stages_of(tmp_path).values())
    assert [stage.name for stage in select(stages, ["clean"])] == ["clean"]
    assert [stage.name for stage in select(stages, ["synthesize"])] == ["synthesize-one", "synthesize-two"]


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("synthesis.1.name=one", "the name is taken"),
        ("synthesis.0.model=two", "there is no 'two' before it"),
        ("synthesis.0.name=train", "the name is taken"),
        ("corpora.mono.0.languages=[en, de]", "name one, or put it under train"),
        ("corpora.train.0.languages=[en]", "put it under corpora.mono"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, override: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        recipe_with_rounds(tmp_path, override)


def _paths(value: Any) -> list[Path]:
    from vega.fingerprint import _paths as paths

    return [path for _, path, _ in paths(value, "")]
