"""Settings of `vega mbr`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from vega.errors import UserError
from vega.settings.dev import DevInputs, DevOptions, NamedModel
from vega.settings.neural import NeuralMetric


class MbrOptions(DevOptions):
    """Options of the stage, as a recipe states them."""

    samples: int = Field(default=32, ge=2, description="outputs drawn from the model for each line")
    temperature: float = Field(
        default=1.0, gt=0, description="of drawing: below 1 sharper, above 1 flatter than the model"
    )
    top_k: int = Field(default=0, ge=0, description="draw among the k likeliest tokens only, 0 = all")
    top_p: float = Field(
        default=0.9, gt=0, le=1, description="draw among the fewest tokens with this probability together, 1 = all"
    )
    with_beam: bool = Field(
        default=True, description="what beam search finds is a candidate too; it is compared with the samples"
    )
    aggregated: bool = Field(
        default=False,
        description="compare with the samples' mean n-gram counts, not with each: an approximation in linear time",
    )
    utility: Literal["chrf"] | NeuralMetric = Field(
        default="chrf",
        description="what likeness is: chrf, or a reference-based COMET model, {kind: comet, path: FOLDER}, which "
        "scores each candidate with each sample",
    )

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if self.aggregated and self.utility != "chrf":
            raise UserError("aggregated: n-gram counts are chrF's; leave it out, or set utility: chrf.")
        return self


class MbrSettings(MbrOptions, DevInputs):
    """Choose the candidate that has the highest expected utility (chrF or COMET) with samples of the model."""

    models: list[NamedModel] = Field(description="model, or models of an ensemble", min_length=1)
