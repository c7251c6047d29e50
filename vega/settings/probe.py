"""Settings of `vega probe`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vega.settings.base import Strict
from vega.settings.dev import DevInputs, DevOptions, NamedModel

_BATCHES = "batches of the binarized dev set at most, drawn by `seed`; none = all"
Share = Annotated[float, Field(gt=0, le=1)]


class LandscapeProbe(Strict):
    """The loss on a plane through a model, its initial weights and another model."""

    reach: int = Field(default=3, ge=1, description="both axes go from -reach to reach; the model is at 1, 0")
    steps: int = Field(default=2, ge=1, description="points per unit: (2 * reach * steps + 1)^2 losses; paper: 10")
    batches: int | None = Field(default=2, ge=1, description=f"{_BATCHES} (paper: 512)")
    margin: float = Field(
        default=1.0, gt=0, description="flat is what is within so many nats per token of the lowest loss"
    )


class SharpnessProbe(Strict):
    """The rise of the loss at given distances from the weights."""

    radii: list[Annotated[float, Field(gt=0)]] = Field(
        default=[0.05, 0.5], min_length=1, description="distances; SAM trains with about 0.05"
    )
    points: int = Field(default=5, ge=1, description="random points at each distance, besides the one up the gradient")
    batches: int | None = Field(default=8, ge=1, description=_BATCHES)


class LexicalProbe(Strict):
    """How evenly a model spreads probability where it should give the reference token."""

    batches: int | None = Field(default=64, ge=1, description=_BATCHES)


class NoiseProbe(Strict):
    """Scores of translations of dev sentences with noise in the source; an empty list leaves a kind out."""

    drop: list[Share] = Field(default=[0.1, 0.2], description="shares of words left out")
    blank: list[Share] = Field(default=[0.1, 0.2], description="shares of words with a sign in their place")
    shuffle: list[Annotated[float, Field(gt=1)]] = Field(
        default=[3, 6], description="windows of words that change places; above 1"
    )
    typos: list[Share] = Field(default=[0.05, 0.1], description="shares of letters mistyped, one per line at least")


class ProbeOptions(DevOptions):
    """Options of the stage, as a recipe states them; `null` switches a probe off."""

    landscape: LandscapeProbe | None = Field(
        default=LandscapeProbe(), description="loss on a plane through the model; null = none"
    )
    sharpness: SharpnessProbe | None = Field(
        default=SharpnessProbe(), description="rise of the loss around the model; null = none"
    )
    lexical: LexicalProbe | None = Field(
        default=LexicalProbe(), description="entropy of the output at reference tokens; null = none"
    )
    noise: NoiseProbe | None = Field(default=NoiseProbe(), description="scores with noise in the source; null = none")
    diversity: bool = Field(default=True, description="how many different words and n-grams the outputs have")


class ProbeSettings(ProbeOptions, DevInputs):
    """Measure models side by side: what they are like beyond their score."""

    models: list[NamedModel] = Field(description="models to look into, of one vocabulary", min_length=1)
    init: NamedModel | None = Field(
        default=None,
        description="initial weights for the landscape; none = made again from each model's seed, where that is true",
    )
