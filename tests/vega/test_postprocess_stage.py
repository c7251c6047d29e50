"""Where a recipe has `postprocess`, the stage stands between translating and scoring."""

from __future__ import annotations

from pathlib import Path

from tests.vega.runs import do_recipe, small_recipe
from vega.settings import EvaluateSettings, PostprocessSettings
from vega.stage_graph import build_stages


def test_without_the_key_translations_are_scored_as_they_are(tmp_path: Path) -> None:
    stages = {stage.name: stage for stage in build_stages(small_recipe(tmp_path), tmp_path / "run")}
    assert "postprocess" not in stages
    settings = stages["evaluate"].settings
    assert isinstance(settings, EvaluateSettings) and settings.translations == tmp_path / "run/translate"


def test_with_it_what_it_wrote_is_scored(tmp_path: Path) -> None:
    recipe = small_recipe(tmp_path, "postprocess={learn_from: [a]}")
    stages = {stage.name: stage for stage in build_stages(recipe, tmp_path / "run")}
    assert list(stages)[-4:] == ["translate", "postprocess", "evaluate", "report"]
    settings = stages["postprocess"].settings
    assert isinstance(settings, PostprocessSettings)
    assert settings.learn_from == ["a"]
    assert settings.translations == tmp_path / "run/translate"
    assert [corpus.files for corpus in settings.corpora] == [str(tmp_path / "run/clean/a.en-de.{lang}")]
    scored = stages["evaluate"].settings
    assert isinstance(scored, EvaluateSettings) and scored.translations == tmp_path / "run/postprocess"
    assert stages["evaluate"].upstream == ("postprocess",)


def test_synthetic_text_is_not_learnt_from(tmp_path: Path) -> None:
    made = '{name: made, languages: [en, de], files: "{data}/train.{lang}", tag: bt}'
    real = '{name: a, languages: [en, de], files: "{data}/train.{lang}"}'
    recipe = small_recipe(tmp_path, "postprocess={}", f"corpora.train=[{real}, {made}]")
    settings = next(stage.settings for stage in build_stages(recipe, tmp_path) if stage.name == "postprocess")
    assert isinstance(settings, PostprocessSettings) and [corpus.name for corpus in settings.corpora] == ["a"]


def test_a_change_of_it_scores_again_but_translates_nothing_again(tmp_path: Path) -> None:
    assert do_recipe(tmp_path)[-3:] == ["translate", "evaluate", "report"]
    assert do_recipe(tmp_path, "postprocess={}") == ["postprocess", "evaluate", "report"]
    assert do_recipe(tmp_path, "postprocess={min_share: 0.9}") == ["postprocess", "evaluate", "report"]
    assert do_recipe(tmp_path, "postprocess={min_share: 0.9}") == []
    assert do_recipe(tmp_path) == ["evaluate", "report"]
