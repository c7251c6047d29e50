"""Settings of `vega rerank`."""

from __future__ import annotations

from pydantic import Field, model_validator

from vega.errors import UserError
from vega.settings.dev import DevInputs, DevOptions, NamedModel


class RerankOptions(DevOptions):
    """Options of the stage, as a recipe states them."""

    n_best: int = Field(default=20, ge=2, description="candidates of each line, from a beam of this size")
    length: bool = Field(default=True, description="feature: tokens of the candidate per token of the source")
    consensus: bool = Field(default=False, description="feature: mean chrF with the other candidates")
    folds: int = Field(
        default=5,
        ge=2,
        description="parts of the dev set, by sentences: the gain is that of each part with weights of the others",
    )
    restarts: int = Field(default=8, ge=0, description="random places from which weights are searched as well")


class RerankSettings(RerankOptions, DevInputs):
    """Choose among the n best by weighted scores of several models; weights are tuned on dev sentences."""

    models: list[NamedModel] = Field(description="model, or models of an ensemble, that makes candidates", min_length=1)
    right_to_left: NamedModel | None = Field(
        default=None, description="feature: score of this model, trained with right_to_left"
    )
    channel: NamedModel | None = Field(
        default=None,
        description="feature: score of the source given the candidate; a multidirectional model can be both",
    )

    @model_validator(mode="after")
    def _has_features(self) -> RerankSettings:
        if not (self.right_to_left or self.channel or self.length or self.consensus):
            raise UserError(
                "rerank: the only feature is the model's own score. Give right_to_left, channel, or length."
            )
        return self
