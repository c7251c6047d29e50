"""A corpus: where text is and what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from vega.languages import language
from vega.settings.base import DirectionName, Strict


class Corpus(Strict):
    """Line-aligned text: line i of every file is the same sentence. One language: monolingual text."""

    name: str = Field(description="short name of the source, unique in the recipe", pattern=r"^[A-Za-z0-9_]+$")
    languages: list[str] = Field(description="language codes; one = monolingual text", min_length=1)
    files: str = Field(description="path with {lang} in it, plain, .gz or .xz", examples=["data/train.{lang}.gz"])

    tag: Literal["", "bt", "ft", "ct"] = Field(
        default="",
        description="synthetic text: bt = back-, ft = forward-, ct = cycle-translated. The encoder reads the tag after "
        "that of the source language",
    )
    directions: list[DirectionName] = Field(default=[], description="train in these directions only; empty = in all")

    @field_validator("languages")
    @classmethod
    def _known(cls, codes: list[str]) -> list[str]:
        for code in codes:
            language(code)
        if len(set(codes)) != len(codes):
            raise ValueError("a language is named twice")
        return codes

    @field_validator("files")
    @classmethod
    def _pattern(cls, files: str) -> str:
        if "{lang}" not in files:
            raise ValueError("the path must contain {lang}")
        return files

    @property
    def group(self) -> str:
        """The languages joined by '-', as in file names: `en-de`, `en-de-cs`."""
        return "-".join(self.languages)

    def paths(self) -> dict[str, Path]:
        """One file per language."""
        return {code: Path(self.files.replace("{lang}", code)) for code in self.languages}
