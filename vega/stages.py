"""From a recipe and a run folder to the stages: settings, folders, and which stage reads which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from vega.directions import Direction
from vega.errors import UserError
from vega.recipe import Recipe, covers
from vega.settings import (
    BinarizeSettings,
    CleanSettings,
    Corpus,
    EvaluateSettings,
    ReportSettings,
    System,
    TrainSettings,
    TranslateSettings,
    VocabSettings,
)


class Command(NamedTuple):
    """A stage command: the model of its settings, and the function that does it as `module:function`."""

    settings: type[BaseModel]
    function: str


#: The stage commands in the order in which a run does them.
COMMANDS = {
    "clean": Command(CleanSettings, "data_pipeline.clean:run"),
    "vocab": Command(VocabSettings, "data_pipeline.vocab:run"),
    "binarize": Command(BinarizeSettings, "data_pipeline.binarize:run"),
    "train": Command(TrainSettings, "vega.training:run"),
    "finetune": Command(TrainSettings, "vega.training:run"),
    "translate": Command(TranslateSettings, "fairseq_plugins.translate:run"),
    "evaluate": Command(EvaluateSettings, "eval.evaluate:run"),
    "report": Command(ReportSettings, "eval.report.build:run"),
}

BEST_CHECKPOINT = Path("checkpoints", "checkpoint_best.pt")


@dataclass(frozen=True)
class Stage:
    """One step of a run: `command` is the stage command, `name` its folder in the run."""

    name: str
    command: str
    settings: BaseModel
    folder: Path
    upstream: tuple[str, ...] = ()


def build_stages(recipe: Recipe, run: Path) -> list[Stage]:
    """All stages of `recipe` in order, for the run folder `run` (made absolute)."""
    run = Path(run).absolute()
    corpora = recipe.corpora
    cleaned = [
        corpus.model_copy(update={"files": str(run / "clean" / f"{corpus.name}.{corpus.group}.{{lang}}")})
        for corpus in corpora.train
    ]
    data = run / "binarize"

    def stage(name: str, settings: BaseModel, *upstream: str) -> Stage:
        return Stage(name, name, settings, run / name, upstream)

    clean = CleanSettings(**_options(recipe.clean), corpora=corpora.train, held_out=corpora.valid + corpora.test)
    vocab = VocabSettings(**_options(recipe.vocab), corpora=cleaned)
    binarize = BinarizeSettings(
        **_options(recipe.binarize), vocab=run / "vocab", train=cleaned, valid=corpora.valid, test=corpora.test
    )
    directions = [str(direction) for direction in recipe.train_directions()]
    train = TrainSettings(**_options(recipe.train), data=data, directions=directions)
    tuned = _finetunes(recipe, run, data)
    translate = TranslateSettings(
        **_options(recipe.translate),
        data=data,
        systems=_systems(recipe, run),
        test=corpora.test,
        directions=_tested(recipe.train_directions(), corpora.test),
    )
    evaluate = EvaluateSettings(**_options(recipe.evaluate), translations=run / "translate", test=corpora.test)
    stages = [
        stage("clean", clean),
        stage("vocab", vocab, "clean"),
        stage("binarize", binarize, "clean", "vocab"),
        stage("train", train, "binarize"),
        *tuned,
        stage("translate", translate, "binarize", "train", *(step.name for step in tuned)),
        stage("evaluate", evaluate, "translate"),
    ]
    report = ReportSettings(**_options(recipe.report), run=run)
    return [*stages, stage("report", report, *(step.name for step in stages))]


def select(stages: Sequence[Stage], names: Sequence[str] | None) -> list[Stage]:
    """The stages named; `finetune` means every fine-tuning. None means all."""
    if names is None:
        return list(stages)
    known = {stage.name for stage in stages} | {stage.command for stage in stages}
    for name in names:
        if name not in known:
            raise UserError(f"There is no stage '{name}' in this recipe. Stages: {', '.join(s.name for s in stages)}.")
    return [stage for stage in stages if stage.name in names or stage.command in names]


def _options(options: BaseModel) -> dict[str, Any]:
    return {name: getattr(options, name) for name in type(options).model_fields}


def _finetunes(recipe: Recipe, run: Path, data: Path) -> list[Stage]:
    """Stage 2: every fine-tuning starts from the best multidirectional checkpoint."""
    return [
        Stage(
            f"finetune-{entry.name}",
            "finetune",
            TrainSettings(
                **_options(recipe.finetune_options(entry)),
                data=data,
                directions=entry.directions,
                init_from=run / "train" / BEST_CHECKPOINT,
            ),
            run / f"finetune-{entry.name}",
            ("binarize", "train"),
        )
        for entry in recipe.finetune
    ]


def _systems(recipe: Recipe, run: Path) -> list[System]:
    """The baselines, the multidirectional model, and each fine-tuned one in its own directions."""
    trained = run / "train" / BEST_CHECKPOINT
    return [
        *(System(name=name, kind=name, checkpoint=None if name == "copy" else trained) for name in recipe.baselines),
        System(name="multidirectional", checkpoint=trained),
        *(
            System(
                name=f"finetune-{entry.name}",
                checkpoint=run / f"finetune-{entry.name}" / BEST_CHECKPOINT,
                directions=entry.directions,
            )
            for entry in recipe.finetune
        ),
    ]


def _tested(directions: list[Direction], test: list[Corpus]) -> list[str]:
    """The directions that a test set has both languages of."""
    tested = [str(direction) for direction in directions if covers(test, direction)]
    if not tested:
        raise UserError("corpora.test: no test set has both languages of any direction. Add one.")
    return tested
