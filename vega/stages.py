"""What a stage is, and the stage commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from vega.errors import UserError
from vega.settings import (
    AverageSettings,
    BinarizeSettings,
    CleanSettings,
    Corpus,
    EnsembleSettings,
    EvaluateSettings,
    FuseSettings,
    LeakageSettings,
    MbrSettings,
    PostprocessSettings,
    PretrainSettings,
    ProbeSettings,
    ReportSettings,
    RerankSettings,
    SoupSettings,
    SynthesizeSettings,
    TrainSettings,
    TranslateSettings,
    TuneSettings,
    TuningTextSettings,
    VocabSettings,
)


class Command(NamedTuple):
    """A stage command: the model of its settings, and the function that does it as `module:function`."""

    settings: type[BaseModel]
    function: str


#: The stage commands in the order in which a run does them.
COMMANDS = {
    "clean": Command(CleanSettings, "data_pipeline.clean:run"),
    "leakage": Command(LeakageSettings, "data_pipeline.leakage.gate:run"),
    "vocab": Command(VocabSettings, "data_pipeline.vocab:run"),
    "binarize": Command(BinarizeSettings, "data_pipeline.binarize:run"),
    "pretrain": Command(PretrainSettings, "vega.training:run"),
    "train": Command(TrainSettings, "vega.training:run"),
    "synthesize": Command(SynthesizeSettings, "data_pipeline.synthesis.run:run"),
    "finetune": Command(TrainSettings, "vega.training:run"),
    "average": Command(AverageSettings, "fairseq_plugins.stages.average:run"),
    "soup": Command(SoupSettings, "fairseq_plugins.stages.soup:run"),
    "fuse": Command(FuseSettings, "fairseq_plugins.stages.fuse:run"),
    "tuning-text": Command(TuningTextSettings, "data_pipeline.tuning.run:run"),
    "tune": Command(TuneSettings, "fairseq_plugins.stages.tune:run"),
    "ensemble": Command(EnsembleSettings, "fairseq_plugins.stages.ensemble:run"),
    "rerank": Command(RerankSettings, "fairseq_plugins.stages.rerank:run"),
    "mbr": Command(MbrSettings, "fairseq_plugins.stages.mbr:run"),
    "probe": Command(ProbeSettings, "fairseq_plugins.stages.probe:run"),
    "translate": Command(TranslateSettings, "fairseq_plugins.stages.translate:run"),
    "postprocess": Command(PostprocessSettings, "eval.postprocess:run"),
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


def best_checkpoint(folder: Path) -> Path:
    """The best checkpoint of a training stage."""
    return folder / BEST_CHECKPOINT


def cleaned(corpora: Sequence[Corpus], folder: Path) -> list[Corpus]:
    """The same corpora as the clean stage in `folder` leaves them: plain text, a file per language."""
    return [
        Corpus(
            name=corpus.name,
            languages=corpus.languages,
            files=str(folder / f"{corpus.name}.{corpus.group}.{{lang}}"),
            tag=corpus.tag,
            directions=corpus.directions,
        )
        for corpus in corpora
    ]


def options(settings: BaseModel, model: type[BaseModel] | None = None) -> dict[str, Any]:
    """The values of the fields of `model` (of all), for a model that has these and more."""
    return {name: getattr(settings, name) for name in (model or type(settings)).model_fields}


def select(stages: Sequence[Stage], names: Sequence[str] | None) -> list[Stage]:
    """The stages named; a command that is no stage's name, as `finetune`, means all its stages. None means all."""
    if names is None:
        return list(stages)
    wanted: set[str] = set()
    for name in names:
        found = {stage.name for stage in stages if stage.name == name}
        found = found or {stage.name for stage in stages if stage.command == name}
        if not found:
            raise UserError(f"There is no stage '{name}' in this recipe. Stages: {', '.join(s.name for s in stages)}.")
        wanted |= found
    return [stage for stage in stages if stage.name in wanted]
