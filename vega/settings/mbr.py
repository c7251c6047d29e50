"""Settings of `vega mbr`."""

from __future__ import annotations

from pydantic import Field

from vega.settings.dev import DevInputs, DevOptions, NamedModel


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


class MbrSettings(MbrOptions, DevInputs):
    """Choose the candidate that has the highest expected chrF with samples of the model."""

    models: list[NamedModel] = Field(description="model, or models of an ensemble", min_length=1)
