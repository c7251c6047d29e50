"""The recipe's `steps`: what is made of trained models, in order. Each names those that it starts from."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vega.settings.average import AverageOptions
from vega.settings.base import DirectionName, Strict
from vega.settings.ensemble import EnsembleOptions
from vega.settings.fuse import FuseOptions
from vega.settings.mbr import MbrOptions
from vega.settings.probe import ProbeOptions
from vega.settings.rerank import RerankOptions
from vega.settings.soup import SoupOptions
from vega.settings.train import TrainOptions
from vega.settings.tuning import TuneOptions

#: How a recipe names a trained model.
ModelName = Annotated[
    str,
    Field(description="train, pretrain, a synthesis round, finetune-NAME, or an earlier step"),
]


class Step(Strict):
    """What every step has."""

    kind: str = Field(description="what it does")
    name: str = Field(description="name of the step, and of the system that it makes", pattern=r"^[A-Za-z0-9_-]+$")
    directions: list[DirectionName] = Field(default=[], description="only these; empty = all that are trained")

    #: Whether others can start from what it makes; else it is a way of decoding, or numbers.
    makes_model: ClassVar[bool] = True

    def uses(self) -> list[str]:
        """Names of the models that it starts from."""
        raise NotImplementedError


class OfSeveral(Step):
    """A step that takes several models."""

    models: list[ModelName] = Field(description="models to take", min_length=1)

    def uses(self) -> list[str]:
        return list(self.models)


class TrainStep(Step, TrainOptions):
    """Another training; what is not stated is as in `train`, but for its mixture."""

    kind: Literal["train"] = "train"
    start: str = Field(
        default="scratch", description="scratch = random weights, or the model whose weights it begins with"
    )

    def uses(self) -> list[str]:
        return [] if self.start == "scratch" else [self.start]


class AverageStep(Step, AverageOptions):
    """The mean of checkpoints, of one training or of several models."""

    kind: Literal["average"] = "average"
    model: str = Field(default="", description="training whose checkpoints are averaged")
    models: list[ModelName] = Field(default=[], description="models to average, instead")

    def uses(self) -> list[str]:
        return [*([self.model] if self.model else []), *self.models]


class SoupStep(OfSeveral, SoupOptions):
    """Greedy soup: models join the average while dev sentences do not get worse."""

    kind: Literal["soup"] = "soup"


class FuseStep(Step, FuseOptions):
    """Two models fused, neurons aligned by optimal transport."""

    kind: Literal["fuse"] = "fuse"
    first: ModelName = Field(description="model whose neurons change places, trained from random weights")
    second: ModelName = Field(description="model that keeps its order, the pre-trained one")

    def uses(self) -> list[str]:
        return [self.first, self.second]


class EnsembleStep(OfSeveral, EnsembleOptions):
    """Models that translate together, chosen greedily on dev sentences."""

    kind: Literal["ensemble"] = "ensemble"
    makes_model: ClassVar[bool] = False


class RerankStep(OfSeveral, RerankOptions):
    """The n best of an ensemble, in another order."""

    kind: Literal["rerank"] = "rerank"
    makes_model: ClassVar[bool] = False
    right_to_left: str = Field(default="", description="model trained with right_to_left, scores candidates")
    channel: str = Field(
        default="", description="model that scores the source given a candidate, as a multidirectional one can"
    )

    def uses(self) -> list[str]:
        return [*self.models, *(name for name in (self.right_to_left, self.channel) if name)]


class MbrStep(OfSeveral, MbrOptions):
    """Minimum Bayes risk: the candidate most like all others."""

    kind: Literal["mbr"] = "mbr"
    makes_model: ClassVar[bool] = False


class TuneStep(Step, TuneOptions):
    """Generalization tuning: several domains, none may lose."""

    kind: Literal["tune"] = "tune"
    model: ModelName = Field(description="model to tune")

    def uses(self) -> list[str]:
        return [self.model]


class ProbeStep(OfSeveral, ProbeOptions):
    """What explains models: loss landscape, lexical choice, robustness, diversity."""

    kind: Literal["probe"] = "probe"
    makes_model: ClassVar[bool] = False


AnyStep = Annotated[
    TrainStep | AverageStep | SoupStep | FuseStep | EnsembleStep | RerankStep | MbrStep | TuneStep | ProbeStep,
    Field(discriminator="kind"),
]
