"""Settings of `vega evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from vega.settings.base import Strict
from vega.settings.corpora import Corpus


class EvaluateOptions(Strict):
    """Options of the stage, as a recipe states them."""

    metrics: list[Literal["bleu", "chrf"]] = Field(default=["bleu", "chrf"], description="metrics")
    resamples: int = Field(default=1000, ge=0, description="bootstrap resamples for the 95 % interval, 0 = none")
    seed: int = Field(default=12345, description="seed of the bootstrap")


class EvaluateSettings(EvaluateOptions):
    """Score translations with sacreBLEU, with signatures and confidence intervals."""

    translations: Path = Field(description="folder written by `vega translate`")
    test: list[Corpus] = Field(description="test sets, raw text", min_length=1)
