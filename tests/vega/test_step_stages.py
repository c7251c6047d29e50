"""A recipe's steps: which models they start from, and what comes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vega.runs import make_data, small_recipe
from vega.errors import UserError
from vega.fingerprint import _paths
from vega.recipe import Recipe
from vega.settings import TranslateSettings
from vega.stage_graph import build_stages
from vega.stages import BEST_CHECKPOINT, Stage

STEPS = """steps=[
    {kind: train, name: ri, max_update: 7},
    {kind: fuse, name: fused, first: ri, second: train, p0: 0.3},
    {kind: train, name: on, start: fused, lr: 0.125},
    {kind: average, name: newest, model: ri, last: 2},
    {kind: average, name: both, models: [ri, train]},
    {kind: soup, name: broth, models: [train, on, finetune-x]},
    {kind: tune, name: general, model: on},
    {kind: ensemble, name: team, models: [ri, general]},
    {kind: rerank, name: order, models: [train], channel: train},
    {kind: mbr, name: risk, models: [train]},
    {kind: probe, name: look, models: [ri, train]}]"""


def recipe_with_steps(folder: Path, *overrides: str) -> Recipe:
    return small_recipe(folder, STEPS, *overrides, data=make_data(folder / "data"))


def stages_of(folder: Path, *overrides: str) -> dict[str, Stage]:
    return {stage.name: stage for stage in build_stages(recipe_with_steps(folder, *overrides), folder / "run")}


def paths(stage: Stage) -> list[Path]:
    return [path for _, path, _ in _paths(stage.settings, "")]


def test_steps_follow_fine_tuning_in_their_order(tmp_path: Path) -> None:
    names = [name for name in stages_of(tmp_path) if "tune-general" not in name or name == "tune-general"]
    assert names[names.index("finetune-x") :] == [
        "finetune-x", "train-ri", "fuse-fused", "finetune-on", "average-newest", "average-both", "soup-broth",
        "tuning-text-general", "tune-general", "ensemble-team", "rerank-order", "mbr-risk", "probe-look", "translate",
        "evaluate", "report",
    ]  # fmt: skip


def test_every_step_reads_only_what_stages_before_it_write(tmp_path: Path) -> None:
    before: list[Path] = []
    for stage in stages_of(tmp_path).values():
        read = [path for path in paths(stage) if (tmp_path / "run") in path.parents]
        assert all(any(folder in (path, *path.parents) for folder in before) for path in read), stage.name
        named = {folder.name for folder in before if any(folder in (path, *path.parents) for path in read)}
        assert named <= set(stage.upstream), stage.name
        before.append(stage.folder)


def test_training_inherits_and_starts_where_it_says(tmp_path: Path) -> None:
    stages, run = stages_of(tmp_path), tmp_path / "run"
    scratch, on, train = (stages[name].settings for name in ("train-ri", "finetune-on", "train"))
    assert (scratch.init_from, scratch.max_update, scratch.lr) == (None, 7, train.lr)  # type: ignore[attr-defined]
    assert on.init_from == run / "fuse-fused" / BEST_CHECKPOINT  # type: ignore[attr-defined]
    assert (on.lr, on.max_update) == (0.125, train.max_update)  # type: ignore[attr-defined]


def test_what_translates_is_a_system(tmp_path: Path) -> None:
    settings = stages_of(tmp_path)["translate"].settings
    assert isinstance(settings, TranslateSettings)
    systems = {system.name: system for system in settings.systems}
    made = ["ri", "fused", "on", "newest", "both", "broth", "general", "team", "order", "risk"]
    assert [name for name in systems if name in made] == made and "look" not in systems
    assert systems["team"].decoder == tmp_path / "run/ensemble-team"
    assert [model.name for model in systems["team"].models] == ["ri", "general"]
    assert systems["general"].checkpoint == tmp_path / "run/tune-general" / BEST_CHECKPOINT


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("steps.1.first=nobody", "fused needs 'nobody', which is no model before it. Known: train, finetune-x, ri"),
        ("steps.1.first='on'", "fused needs 'on'"),
        ("steps.7.models=[risk]", "team needs 'risk'"),
        ("steps.2.name=ri", "none may be named 'ri'"),
        ("steps.2.name=x", "none may be named 'x'"),
    ],
)
def test_a_model_that_is_not_there_yet_is_named(tmp_path: Path, change: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        recipe_with_steps(tmp_path, change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("steps.3={kind: average, name: a, model: ri, last: 4}", "a averages 4 checkpoints, of which ri keeps 3. Set"),
        ("steps.3={kind: average, name: a, model: train, best: 2}", "keep_best: 2"),
        ("steps.3={kind: average, name: a, model: finetune-x, ema: true}", "a averages ema, which finetune-x"),
        ("steps.3={kind: average, name: a, model: fused, last: 2}", "'fused' is no training"),
        ("steps.1.to=sharded", "fused: to: sharded is for `vega fuse` alone"),
    ],
)
def test_what_would_fail_after_training_is_said_before(tmp_path: Path, change: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        stages_of(tmp_path, change)


def test_a_complete_recipe_says_the_same(tmp_path: Path) -> None:
    recipe = recipe_with_steps(tmp_path)
    again = Recipe.model_validate(recipe.complete().model_dump(mode="json"))
    run = tmp_path / "run"
    assert [stage.settings for stage in build_stages(again, run)] == [s.settings for s in build_stages(recipe, run)]
