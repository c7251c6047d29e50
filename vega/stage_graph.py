"""From a recipe and a run folder to the stages: settings, folders, and which stage reads which."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from vega.directions import Direction
from vega.errors import UserError
from vega.recipe import Recipe, covers
from vega.rounds import round_stages
from vega.settings import (
    BinarizeSettings,
    CleanSettings,
    Corpus,
    EvaluateSettings,
    LeakageSettings,
    PostprocessSettings,
    PretrainSettings,
    ProbeStep,
    ReportSettings,
    System,
    TrainSettings,
    TranslateSettings,
    VocabSettings,
)
from vega.stages import Stage, best_checkpoint, cleaned, options
from vega.step_stages import stage_name, step_stages, step_systems


def build_stages(recipe: Recipe, run: Path) -> list[Stage]:
    """All stages of `recipe` in order, for the run folder `run` (made absolute)."""
    run = Path(run).absolute()
    prepared = _prepare(recipe, run)
    rounds = round_stages(recipe, run)
    tuned = _finetunes(recipe, run)
    made = step_stages(recipe, run, _last_text(recipe))
    translate = TranslateSettings(
        **options(recipe.translate),
        data=run / "binarize",
        systems=_systems(recipe, run),
        test=recipe.corpora.test,
        directions=_tested(recipe.train_directions(), recipe.corpora.test),
    )
    trained = [step.name for step in (*prepared, *rounds, *tuned) if isinstance(step.settings, TrainSettings)]
    trained += [stage_name(step) for step in recipe.steps if not isinstance(step, ProbeStep)]
    rewritten = _postprocess(recipe, run)
    last = rewritten[-1].name if rewritten else "translate"
    evaluate = EvaluateSettings(**options(recipe.evaluate), translations=run / last, test=recipe.corpora.test)
    stages = [
        *prepared,
        *rounds,
        *tuned,
        *made,
        Stage("translate", "translate", translate, run / "translate", ("binarize", *trained)),
        *rewritten,
        Stage("evaluate", "evaluate", evaluate, run / "evaluate", (last,)),
    ]
    report = ReportSettings(**options(recipe.report), run=run)
    return [*stages, Stage("report", "report", report, run / "report", tuple(step.name for step in stages))]


def _prepare(recipe: Recipe, run: Path) -> list[Stage]:
    """From raw text to the multidirectional model."""
    corpora = recipe.corpora
    held_out = corpora.valid + corpora.test
    text = cleaned(recipe.training_text(), run / "clean")

    def stage(name: str, settings: BaseModel, *upstream: str) -> Stage:
        return Stage(name, name, settings, run / name, upstream)

    clean = CleanSettings(
        **options(recipe.clean),
        corpora=corpora.train + corpora.mono,
        held_out=held_out,
        ignore=recipe.leakage.ignore,
    )
    leakage = LeakageSettings(**options(recipe.leakage), corpora=text, held_out=held_out)
    binarize = BinarizeSettings(
        **options(recipe.binarize),
        vocab=run / "vocab",
        leakage=run / "leakage",
        train=text,
        valid=corpora.valid,
        test=corpora.test,
    )
    pretraining = _pretraining(recipe, run)
    train = TrainSettings(
        **options(recipe.train),
        data=run / "binarize",
        directions=[str(direction) for direction in recipe.train_directions()],
        init_from=best_checkpoint(run / "pretrain") if pretraining else None,
    )
    return [
        stage("clean", clean),
        stage("leakage", leakage, "clean"),
        stage("vocab", VocabSettings(**options(recipe.vocab), corpora=_for_vocabulary(text)), "clean"),
        stage("binarize", binarize, "clean", "leakage", "vocab"),
        *pretraining,
        stage("train", train, "binarize", *(step.name for step in pretraining)),
    ]


def _pretraining(recipe: Recipe, run: Path) -> list[Stage]:
    """The stage that the model begins with, where the recipe has it."""
    if recipe.pretrain is None:
        return []
    stated = recipe.pretrain_options()
    settings = PretrainSettings(
        **{**options(stated), "languages": stated.languages or recipe.languages}, data=run / "binarize"
    )
    return [Stage("pretrain", "pretrain", settings, run / "pretrain", ("binarize",))]


def _postprocess(recipe: Recipe, run: Path) -> list[Stage]:
    """The stage that rewrites translations, where the recipe has it."""
    if recipe.postprocess is None:
        return []
    settings = PostprocessSettings(
        **options(recipe.postprocess),
        translations=run / "translate",
        corpora=cleaned([corpus for corpus in recipe.corpora.train if not corpus.tag], run / "clean"),
    )
    return [Stage("postprocess", "postprocess", settings, run / "postprocess", ("clean", "translate"))]


def _for_vocabulary(text: list[Corpus]) -> list[Corpus]:
    """Pairs, and monolingual text of languages that have no other: else the vocabulary is that without pre-training."""
    paired = {code for corpus in text for code in corpus.languages if len(corpus.languages) > 1}
    return [corpus for corpus in text if len(corpus.languages) > 1 or corpus.languages[0] not in paired]


def _last_text(recipe: Recipe) -> str:
    """The binarize stage of the last multidirectional training."""
    return f"binarize-{recipe.synthesis[-1].name}" if recipe.synthesis else "binarize"


def _finetunes(recipe: Recipe, run: Path) -> list[Stage]:
    """Stage 2: every fine-tuning goes on from the best checkpoint of the last multidirectional training."""
    data = _last_text(recipe)
    train = data.replace("binarize", "train")
    return [
        Stage(
            f"finetune-{entry.name}",
            "finetune",
            TrainSettings(
                **options(recipe.finetune_options(entry)),
                data=run / data,
                directions=entry.directions,
                init_from=best_checkpoint(run / train),
            ),
            run / f"finetune-{entry.name}",
            (data, train),
        )
        for entry in recipe.finetune
    ]


def _systems(recipe: Recipe, run: Path) -> list[System]:
    """The baselines, the multidirectional model, that of each synthesis round, each fine-tuned in its directions."""
    trained = best_checkpoint(run / "train")
    rounds = {entry.name: best_checkpoint(run / f"train-{entry.name}") for entry in recipe.synthesis}
    return [
        *(System(name=name, kind=name, checkpoint=None if name == "copy" else trained) for name in recipe.baselines),
        System(name="multidirectional", checkpoint=trained),
        *(System(name=name, checkpoint=checkpoint) for name, checkpoint in rounds.items()),
        *(
            System(
                name=f"finetune-{entry.name}",
                checkpoint=best_checkpoint(run / f"finetune-{entry.name}"),
                directions=entry.directions,
            )
            for entry in recipe.finetune
        ),
        *step_systems(recipe, run, _last_text(recipe)),
    ]


def _tested(directions: list[Direction], test: list[Corpus]) -> list[str]:
    """The directions that a test set has both languages of."""
    tested = [str(direction) for direction in directions if covers(test, direction)]
    if not tested:
        raise UserError("corpora.test: no test set has both languages of any direction. Add one.")
    return tested
