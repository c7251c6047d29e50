"""What stages share that judge models by translating dev sentences, and the models that they choose from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vega.errors import UserError
from vega.settings.base import DirectionName, Strict
from vega.settings.corpora import Corpus
from vega.vocabulary_files import VOCABULARY_FILES


class NamedModel(Strict):
    """A trained model, and what it is called in tables."""

    name: str = Field(description="name in tables", pattern=r"^[A-Za-z0-9_.+-]+$")
    checkpoint: Path = Field(description="fairseq file, or folder of a sharded checkpoint")


def _distinct(models: list[NamedModel]) -> list[NamedModel]:
    names = [model.name for model in models]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"models: two are named '{name}'. Give each a name of its own.")
    return models


#: Models that are told apart by their names.
NamedModels = Annotated[list[NamedModel], AfterValidator(_distinct)]


class DevOptions(Strict):
    """How dev sentences are translated and scored, as a recipe states it."""

    metric: Literal["chrf", "bleu"] = Field(default="chrf", description="metric that decides: chrf or bleu")
    lines: int = Field(default=500, ge=1, description="dev sentences per set and direction at most, drawn by `seed`")
    beam: int = Field(default=5, ge=1, description="beam size")
    length_penalty: float = Field(default=1.0, description="exponent of the length normalisation")
    max_len_a: float = Field(default=1.5, ge=0, description="longest output = a * source tokens + b")
    max_len_b: int = Field(default=20, ge=1, description="see max_len_a")
    max_tokens: int = Field(default=4096, ge=1, description="source tokens in one batch at most")
    resamples: int = Field(default=1000, ge=2, description="bootstrap resamples for the 95 % intervals")
    seed: int = Field(default=1, description="seed of every draw")


class DevInputs(Strict):
    """What the dev sentences are."""

    data: Path = Field(
        description="folder written by `vega binarize`, of the models' vocabulary",
        json_schema_extra={"reads": ["valid.*", *VOCABULARY_FILES]},
    )
    valid: list[Corpus] = Field(description="dev sets, raw text", min_length=1)
    directions: list[DirectionName] = Field(description="directions", min_length=1)
