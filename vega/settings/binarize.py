"""Settings of `vega binarize`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from vega.settings.base import SPEED_ONLY, Strict
from vega.settings.corpora import Corpus


class BinarizeOptions(Strict):
    """Options of the stage, as a recipe states them."""

    workers: int = Field(default=0, ge=0, description="processes, 0 = one per core", json_schema_extra=SPEED_ONLY)


class BinarizeSettings(BinarizeOptions):
    """Encode text with the vocabulary into fairseq's mmap format, one copy for all directions."""

    vocab: Path = Field(description="folder written by `vega vocab`")
    train: list[Corpus] = Field(default=[], description="cleaned training text")
    valid: list[Corpus] = Field(default=[], description="validation sets")
    test: list[Corpus] = Field(default=[], description="test sets")
