"""Settings of `vega fuse`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from vega.errors import UserError
from vega.settings.dev import DevInputs, DevOptions, NamedModel


class FuseOptions(DevOptions):
    """Options of the stage, as a recipe states them."""

    align: Literal["weights", "activations", "paper", "none"] = Field(
        default="weights",
        description="weights, activations: by what neurons of the first model are moved to their like in the second; "
        "its function stays. paper: each matrix on its own, as the authors' release; the function does not stay. "
        "none: plain average",
    )
    p0: float = Field(default=0.1, ge=0, le=1, description="weight of the first model; the second has 1 - p0")
    embeddings: Literal["second", "fused"] = Field(
        default="second",
        description="of symbols and positions. second: the second model's; fused: like everything else",
    )
    regularisation: float = Field(
        default=0.0,
        ge=0,
        description="0: exact plans. More: Sinkhorn's soft ones, with so many times the mean cost; needs POT",
    )
    tokens: int = Field(
        default=4096,
        ge=1,
        description="target tokens of the dev set in `data` that both models read, for activations and paper",
    )
    to: Literal["fairseq", "sharded"] = Field(
        default="fairseq",
        description="fairseq: the file checkpoints/checkpoint_best.pt; sharded: the folder checkpoints/best",
    )
    refuse_worse: bool = Field(
        default=False,
        description="end with an error, and write nothing, where the fused model is significantly worse than the "
        "better parent",
    )
    loss_batches: int = Field(
        default=16, ge=0, description="batches of the dev set in `data` that losses are measured on, 0 = all"
    )
    barrier_points: int = Field(
        default=11,
        ge=0,
        description="points of the line between both models, ends included, whose losses are measured; 0 = none",
    )

    @field_validator("barrier_points")
    @classmethod
    def _has_a_middle(cls, points: int) -> int:
        if points in (1, 2):
            raise ValueError("a line has at least 3 points: its ends and one between them; 0 = none")
        return points

    @model_validator(mode="after")
    def _plans_are_ours(self) -> FuseOptions:
        if self.regularisation and self.align in ("paper", "none"):
            raise ValueError(f"regularisation: is for align: weights and activations, not {self.align}")
        return self


class FuseSettings(FuseOptions, DevInputs):
    """Fuse two models of one architecture and vocabulary: p0 x the first, neurons aligned, + (1 - p0) x the second."""

    first: NamedModel = Field(description="the model trained from random weights, whose neurons are moved")
    second: NamedModel = Field(description="the pre-trained model, which keeps its order")

    @model_validator(mode="after")
    def _names_differ(self) -> FuseSettings:
        if self.first.name == self.second.name:
            raise UserError(f"first and second are both named '{self.first.name}'. Give each a name of its own.")
        return self
