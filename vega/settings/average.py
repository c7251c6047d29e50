"""Settings of `vega average`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from vega.errors import UserError
from vega.settings.dev import DevInputs, DevOptions, NamedModels


class AverageOptions(DevOptions):
    """Which checkpoints of a training are averaged, as a recipe states it."""

    last: int | None = Field(default=None, ge=1, description="the newest so many checkpoints (train: keep_checkpoints)")
    best: int | None = Field(
        default=None, ge=1, description="or the so many that validated best (train: keep_best, and the newest)"
    )
    ema: bool = Field(
        default=False,
        description="of these the moving averages that training kept (train: ema_decay); alone, the newest one's",
    )
    to: Literal["fairseq", "sharded"] = Field(default="fairseq", description="write a .pt file, or a sharded folder")

    @model_validator(mode="after")
    def _one_choice(self) -> AverageOptions:
        if self.last is not None and self.best is not None:
            raise UserError("last and best are two ways to choose checkpoints. Leave one of them out.")
        return self


class AverageSettings(AverageOptions, DevInputs):
    """Write the mean of several checkpoints' weights, and what it gains on dev sentences."""

    checkpoints: Path | None = Field(default=None, description="folder `checkpoints` of a training stage")
    models: NamedModels = Field(default=[], description="or models of one architecture, whose mean is taken")

    @model_validator(mode="after")
    def _has_a_meaning(self) -> AverageSettings:
        if (self.checkpoints is None) == (not self.models):
            raise UserError("Give either checkpoints, a training's folder, or models.")
        chosen = self.last is not None or self.best is not None or self.ema
        if self.models and chosen:
            raise UserError("last, best and ema choose among checkpoints. Leave them out with models.")
        if self.checkpoints is not None and not chosen:
            raise UserError("Say which checkpoints: last: N, best: N, or ema: true.")
        count = len(self.models) or self.last or self.best or 1
        if count < 2 and not self.ema:
            raise UserError("The average of one checkpoint is itself. Take two or more, or ema: true.")
        return self
