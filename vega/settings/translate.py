"""Settings of `vega translate`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from vega.errors import UserError
from vega.settings.base import SPEED_ONLY, DirectionName, Strict
from vega.settings.corpora import Corpus
from vega.settings.dev import NamedModel
from vega.vocabulary_files import VOCABULARY_FILES


class System(Strict):
    """Something that translates: a checkpoint, several of them in a stage's way of decoding, or a baseline."""

    name: str = Field(description="name in tables", pattern=r"^[A-Za-z0-9_.+-]+$")
    checkpoint: Path | None = Field(default=None, description="fairseq checkpoint; none for copy and decoder")
    kind: Literal["checkpoint", "untrained", "copy", "decoder"] = Field(
        default="checkpoint",
        description="checkpoint; untrained = its architecture with fresh random weights; copy = the source unchanged; "
        "decoder = what `vega ensemble`, `rerank` or `mbr` chose",
    )
    decoder: Path | None = Field(
        default=None, description="folder of that stage", json_schema_extra={"reads": ["decoder.json"]}
    )
    models: list[NamedModel] = Field(default=[], description="the models that it names")
    directions: list[DirectionName] | None = Field(default=None, description="only these; none = all")

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> System:
        needed = {"decoder": "decoder", "checkpoint": "checkpoint", "untrained": "checkpoint"}.get(self.kind)
        if needed and getattr(self, needed) is None:
            raise UserError(f"System '{self.name}' of kind {self.kind} needs a {needed}.")
        if (self.decoder or self.models) and self.kind != "decoder":
            raise UserError(f"System '{self.name}': decoder and models are for kind decoder, not {self.kind}.")
        return self


class TranslateOptions(Strict):
    """Options of the stage, as a recipe states them."""

    beam: int = Field(default=5, ge=1, description="beam size")
    length_penalty: float = Field(default=1.0, description="exponent of the length normalisation")
    max_len_a: float = Field(default=1.5, ge=0, description="longest output = a * source tokens + b")
    max_len_b: int = Field(default=20, ge=1, description="see max_len_a")
    max_tokens: int = Field(default=4096, ge=1, description="source tokens in one batch at most")
    workers: int = Field(
        default=0, ge=0, description="processes on CPU, 0 = one per core; on GPU always 1", json_schema_extra=SPEED_ONLY
    )
    seed: int = Field(default=1, description="seed of untrained weights")


class TranslateSettings(TranslateOptions):
    """Translate test sets with every system, in every direction."""

    data: Path = Field(
        description="folder written by `vega binarize` (vocabulary and dictionary)",
        json_schema_extra={"reads": [*VOCABULARY_FILES]},
    )
    systems: list[System] = Field(description="what to translate with", min_length=1)
    test: list[Corpus] = Field(description="test sets, raw text", min_length=1)
    directions: list[DirectionName] = Field(description="directions", min_length=1)
