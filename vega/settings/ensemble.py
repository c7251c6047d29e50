"""Settings of `vega ensemble`."""

from __future__ import annotations

from pydantic import Field

from vega.settings.dev import DevInputs, DevOptions, NamedModels


class EnsembleOptions(DevOptions):
    """How an ensemble is chosen, as a recipe states it."""

    most: int = Field(default=4, ge=1, description="members at most; decoding costs about as many times one model's")
    repeat: bool = Field(default=False, description="a model may join again, and so weigh more")
    least_gain: float = Field(
        default=0.0, ge=0, description="points of the metric that a member must add to join; more than 0 in any case"
    )


class EnsembleSettings(EnsembleOptions, DevInputs):
    """Greedy ensemble: to the best model join, one by one, those with which dev sentences get best."""

    models: NamedModels = Field(description="models of one vocabulary, of any architectures and sizes", min_length=1)
