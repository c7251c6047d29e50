"""The stages of synthesis rounds: a model translates, what it wrote is cleaned and checked, a new model is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vega.recipe import Recipe, Round
from vega.settings import (
    BinarizeSettings,
    CleanOptions,
    CleanSettings,
    Corpus,
    LeakageSettings,
    SynthesizeOptions,
    SynthesizeSettings,
    TrainSettings,
)
from vega.settings.clean import concerns
from vega.stages import Stage, best_checkpoint, cleaned, options
from vega.synthetic_corpora import synthetic_texts


def round_stages(recipe: Recipe, run: Path) -> list[Stage]:
    """The stages of all rounds, in order. Each round is named in the folders of its stages, as in `train-ROUND`."""
    stages = []
    for number, entry in enumerate(recipe.synthesis):
        stages += _round(recipe, run, entry, _trained_by(recipe, number))
    return stages


def _trained_by(recipe: Recipe, number: int) -> str:
    """The training stage whose model translates in a round: the one stated, or the last before."""
    entry = recipe.synthesis[number]
    if entry.model:
        return "train" if entry.model == "train" else f"train-{entry.model}"
    return f"train-{recipe.synthesis[number - 1].name}" if number else "train"


def _started_from(recipe: Recipe, entry: Round, teacher: str) -> str:
    """The stage whose weights a round's training begins with; "" = random ones."""
    if entry.start == "teacher":
        return teacher
    fits = recipe.train_options(entry).arch == recipe.train.arch
    return "pretrain" if recipe.pretrain is not None and fits else ""


def _round(recipe: Recipe, run: Path, entry: Round, teacher: str) -> list[Stage]:
    corpora = recipe.corpora
    held_out = corpora.valid + corpora.test
    genuine, mono = cleaned(corpora.train, run / "clean"), cleaned(corpora.mono, run / "clean")
    directions = [str(direction) for direction in recipe.train_directions()]
    synthesize = SynthesizeSettings(
        **options(entry, SynthesizeOptions),
        model=best_checkpoint(run / teacher),
        data=run / "binarize",
        bitext=genuine,
        mono=mono,
        directions=directions,
    )
    texts = synthetic_texts(entry, recipe.train_directions(), genuine, mono)
    written, kept = run / f"synthesize-{entry.name}", run / f"clean-{entry.name}"
    raw = [text.corpus(written) for text in texts]
    clean = CleanSettings(
        **_options_for(recipe.clean_options(entry), [*raw, *genuine]),
        corpora=raw,
        against=genuine,
        held_out=held_out,
        ignore=recipe.leakage.ignore,
    )
    leakage = LeakageSettings(
        **options(recipe.leakage), corpora=[text.corpus(kept) for text in texts], held_out=held_out
    )
    binarize = BinarizeSettings(
        **options(recipe.binarize),
        vocab=run / "vocab",
        leakage=run / f"leakage-{entry.name}",
        base=run / "binarize",
        train=[corpus for text in texts for corpus in text.training(kept)],
    )
    start = _started_from(recipe, entry, teacher)
    train = TrainSettings(
        **options(recipe.train_options(entry)),
        data=run / f"binarize-{entry.name}",
        directions=directions,
        init_from=best_checkpoint(run / start) if start else None,
    )

    def stage(command: str, settings: BaseModel, *upstream: str) -> Stage:
        name = f"{command}-{entry.name}"
        return Stage(name, command, settings, run / name, upstream)

    return [
        stage("synthesize", synthesize, "clean", "binarize", teacher),
        stage("clean", clean, "clean", f"synthesize-{entry.name}"),
        stage("leakage", leakage, f"clean-{entry.name}"),
        stage("binarize", binarize, "binarize", "vocab", f"clean-{entry.name}", f"leakage-{entry.name}"),
        stage("train", train, f"binarize-{entry.name}", *([start] if start else [])),
    ]


def _options_for(clean: CleanOptions, corpora: Sequence[Corpus]) -> dict[str, Any]:
    """The options, without filters for corpora of the recipe that are not in the round."""
    known = {
        key: rules
        for key, rules in clean.filters_for.items()
        if any(concerns(key, corpus.name, corpus.languages) for corpus in corpora)
    }
    return {**options(clean), "filters_for": known}
