"""A step of kind tune in a recipe: its stages, what is drawn in training, what stops it, and what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vega.runs import make_data, small_recipe
from vega.errors import UserError
from vega.fingerprint import _paths
from vega.settings import TrainOptions
from vega.settings.tuning import TuneOptions
from vega.stage_graph import build_stages
from vega.stages import BEST_CHECKPOINT, Stage
from vega.tuning_options import DEFAULTS, train_options

STEP = "{kind: tune, name: all-round, model: train, text: {domains: [%s], held_out_domains: [law]}, metric: bleu}"
LABELS = "{corpus: a, of: train, file: 'labels.{group}'}, {corpus: a, of: valid, name: news}"


def stages_of(folder: Path, *overrides: str, labels: str = LABELS) -> dict[str, Stage]:
    recipe = small_recipe(folder, f"steps=[{STEP % labels}]", *overrides, data=make_data(folder / "data"))
    return {stage.name: stage for stage in build_stages(recipe, folder / "run")}


def settings(stages: dict[str, Stage], name: str) -> Any:
    return stages[name].settings


def test_a_step_is_text_leakage_binarize_finetune_tune(tmp_path: Path) -> None:
    stages = stages_of(tmp_path)
    names = [name for name in stages if "all-round" in name]
    assert names == [
        "tuning-text-all-round", "leakage-tune-all-round", "binarize-tune-all-round", "finetune-tune-all-round",
        "tune-all-round",
    ]  # fmt: skip
    assert [stages[name].command for name in names] == ["tuning-text", "leakage", "binarize", "finetune", "tune"]


def test_text_is_labelled_and_follows_what_cleaning_kept(tmp_path: Path) -> None:
    text = settings(stages_of(tmp_path), "tuning-text-all-round")
    (train,), (dev,) = text.train, text.dev
    assert train.labels == Path("labels.en-de").absolute() and not train.domain
    assert train.provenance == tmp_path / "run/clean/provenance/a.en-de.parquet"
    assert (dev.labels, dev.domain, dev.provenance) == (None, "news", None)
    assert text.held_out_domains == ["law"]
    roles = [role for role, _, _ in _paths(text, "")]
    assert {"train.0.labels", "train.0.provenance", "train.0.corpus.en"} <= set(roles)  # a change runs it again


def test_only_the_steps_text_is_drawn_and_only_its_dev_sentences_stop(tmp_path: Path) -> None:
    stages = stages_of(tmp_path, "train.temperature=3", "train.weights={en-de: 1}")
    binarize, train = (settings(stages, f"{name}-tune-all-round") for name in ("binarize", "finetune"))
    assert [each.name for each in binarize.train] == ["tuning_all_round"]
    assert [each.name for each in binarize.valid] == ["dev_all_round"]
    assert binarize.base == tmp_path / "run/binarize"
    assert train.weights == {"tuning_all_round": 1.0}
    assert train.extra["valid_subset"] == "valid.dev_all_round"
    assert train.init_from == tmp_path / "run/train" / BEST_CHECKPOINT
    assert {name: getattr(train, name) for name in DEFAULTS} == DEFAULTS


def test_leakage_is_checked_against_the_sets_of_the_run(tmp_path: Path) -> None:
    """The same test sets, or binarize could not join the reports."""
    stages = stages_of(tmp_path, "leakage.ignore=['newstest20*']")
    ours, runs = settings(stages, "leakage-tune-all-round"), settings(stages, "leakage")
    assert (ours.held_out, ours.ignore) == (runs.held_out, runs.ignore)
    assert settings(stages, "tuning-text-all-round").held_out == runs.held_out
    assert settings(stages, "tuning-text-all-round").ignore == runs.ignore


def test_the_choice_is_between_the_model_and_the_tuned_one(tmp_path: Path) -> None:
    tune = settings(stages_of(tmp_path), "tune-all-round")
    assert tune.untuned.checkpoint == tmp_path / "run/train" / BEST_CHECKPOINT
    assert tune.tuned.checkpoint == tmp_path / "run/finetune-tune-all-round" / BEST_CHECKPOINT
    assert (tune.metric, tune.points, tune.directions) == ("bleu", [0.25, 0.5, 0.75, 1.0], ["en-de", "de-en"])


@pytest.mark.parametrize(
    ("changes", "labels", "said"),
    [
        (["steps.0.text.sources=[b]"], LABELS, "there is no training corpus 'b'. Known: a"),
        ([], "{corpus: b, name: x}", "there is no train corpus 'b' to tune with. Known: a"),
        (["steps.0.directions=[en-fr]"], LABELS, "there is no text to tune on for en-fr"),
        (["steps.0.train={leash: {kl: 1}, criterion: vega_e2s2}"], LABELS, "leash.kl is only for criterion"),
    ],
)
def test_what_cannot_be_is_one_sentence(changes: list[str], labels: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        stages_of(tmp_path, *changes, labels=labels)


def test_options_of_training_of_their_own_result_are_the_same() -> None:
    """So a recipe that states all it takes over means the same."""
    general = TrainOptions(lr=0.5, max_tokens=77, weights={"en-de": 1.0}, patience=9, extra={"a": 1})
    own = TrainOptions(lr=1e-4, optimizer="vega_fsam", extra={"b": 2})
    once = train_options(general, own, "x", 0.25)
    assert (once.lr, once.max_tokens, once.patience) == (1e-4, 77, DEFAULTS["patience"])
    assert once.weights == {"tuning_x": 0.75, "genuine": 0.25}
    assert once.extra == {"a": 1, "valid_subset": "valid.dev_x", "b": 2}
    complete = TrainOptions.model_validate(once.model_dump())
    assert train_options(general, complete, "x", 0.25).model_dump() == complete.model_dump()


def test_points_are_sorted_and_never_only_the_untuned_model() -> None:
    assert TuneOptions(points=[1.0, 0.0, 0.5, 0.5]).points == [0.5, 1.0]
    assert TuneOptions(points=[0.0]).points == [1.0]
    with pytest.raises(ValueError, match=r"1\.5 is not between 0"):
        TuneOptions(points=[1.5])
