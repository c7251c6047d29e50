"""Settings of `vega binarize`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from vega.settings.base import SPEED_ONLY, Strict
from vega.settings.corpora import Corpus
from vega.vocabulary_files import VOCABULARY_FILES


class BinarizeOptions(Strict):
    """Options of the stage, as a recipe states them."""

    workers: int = Field(default=0, ge=0, description="processes, 0 = one per core", json_schema_extra=SPEED_ONLY)


class BinarizeSettings(BinarizeOptions):
    """Encode text with the vocabulary into fairseq's mmap format, one copy for all directions."""

    vocab: Path = Field(description="folder written by `vega vocab`", json_schema_extra={"reads": [*VOCABULARY_FILES]})
    leakage: Path | None = Field(
        default=None,
        description="folder or file of `vega leakage` on the training text; training refuses to start without it",
        json_schema_extra={"reads": ["leakage.json"]},
    )
    base: Path | None = Field(
        default=None,
        description="folder of an earlier `vega binarize` with the same vocabulary, whose sets are taken over as they "
        "are: only new text is encoded",
        json_schema_extra={"reads": ["train.*", "valid.*", "test.*", "data.json", "leakage.json", *VOCABULARY_FILES]},
    )
    train: list[Corpus] = Field(default=[], description="cleaned training text")
    valid: list[Corpus] = Field(default=[], description="validation sets")
    test: list[Corpus] = Field(default=[], description="test sets")
