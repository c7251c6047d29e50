"""A corpus: where text is and what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from vega.languages import language
from vega.settings.base import DirectionName, Strict

Format = Literal["text", "tsv", "tmx", "parquet", "wmt"]

#: Ends of paths that say the format; any other is text.
_SUFFIXES: dict[str, Format] = {".tsv": "tsv", ".tmx": "tmx", ".parquet": "parquet", ".xml": "wmt"}
#: Ends of packed files.
PACKED = (".gz", ".xz", ".zst")


def unpacked(path: Path) -> Path:
    """The path without the end that says how the file is packed."""
    return path.with_suffix("") if path.suffix in PACKED else path


class Corpus(Strict):
    """Rows of text that mean the same in all languages. One language: monolingual text.

    Text has a file per language, line i of each is row i. The other formats have one file for all languages.
    """

    name: str = Field(description="short name of the source, unique in the recipe", pattern=r"^[A-Za-z0-9_]+$")
    languages: list[str] = Field(description="language codes; one = monolingual text", min_length=1)
    files: str = Field(
        description="text: path with {lang} in it, a file per language; or one .tsv, .tmx, .parquet, or .xml of "
        "WMT, for all. Plain, .gz, .xz or .zst",
        examples=["data/train.{lang}.gz"],
    )
    format: Literal["auto", Format] = Field(
        default="auto",
        description="auto = by the end of the path: .tsv, .tmx, .parquet, .xml (wmt: official test sets, `languages` "
        "is [source, target]; WMT's .jsonl if it is said here), anything else is text",
    )
    columns: dict[str, str | int] = Field(
        default={},
        description="language -> where it is. TSV: numbers from 1, or names in a header line; empty = in the order of "
        "`languages`. Parquet: column, or column.field; empty = named by language, also inside `translation`. TMX: "
        "xml:lang, empty = the language in any region",
        examples=[{"en": 1, "de": 2}],
    )
    mtdata: list[str] = Field(
        default=[],
        description="ids of mtdata's catalogue, as OPUS-tatoeba-v20230412-deu-eng: downloaded to `files`, in this "
        "order, if they are not there",
    )
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

    @model_validator(mode="after")
    def _consistent(self) -> Corpus:
        kind, per_language = self.kind, "{lang}" in self.files
        if kind == "text" and not per_language:
            raise ValueError("files: the path must contain {lang}, or end in .tsv, .tmx, .parquet or .xml")
        if kind != "text" and per_language and len(self.languages) > 1:
            raise ValueError(f"files: a {kind} file holds all languages, the path must not contain {{lang}}")
        if kind == "parquet" and self.files.endswith(PACKED):
            raise ValueError("files: Parquet is packed inside; unpack the file around it")
        if self.columns:
            _check_columns(kind, self.columns, self.languages)
        if self.mtdata and (kind != "text" or len(self.languages) > 2):
            raise ValueError("mtdata: it gives text in one or two languages; name files with {lang} to put it in")
        return self

    @property
    def kind(self) -> Format:
        """The format, if need be by the end of the path."""
        if self.format != "auto":
            return self.format
        path = Path(self.files)
        return _SUFFIXES.get(unpacked(path).suffix, "text")

    @property
    def group(self) -> str:
        """The languages joined by '-', as in file names: `en-de`, `en-de-cs`."""
        return "-".join(self.languages)

    def is_for(self, source: str, target: str) -> bool:
        """Whether the corpus, as a test set, is translated so: one of WMT only as its organisers mean it."""
        if self.kind == "wmt" and source != self.languages[0]:
            return False
        return {source, target} <= set(self.languages)

    def paths(self) -> dict[str, Path]:
        """The file of each language; where one file holds them all, it is that of each. Read with `vega.corpus`."""
        return {code: Path(self.files.replace("{lang}", code)) for code in self.languages}


def _check_columns(kind: Format, columns: dict[str, str | int], languages: list[str]) -> None:
    if kind == "wmt":
        raise ValueError("columns: a test set of WMT has none; `languages` is [source, target]")
    if kind == "text":
        raise ValueError("columns: text has a file per language and no columns; did you mean format: tsv?")
    if set(columns) != set(languages):
        raise ValueError(f"columns: must name each of the languages {', '.join(languages)} and no other")
    if len(set(columns.values())) != len(columns):
        raise ValueError("columns: two languages have the same column")
    numbers = [column for column in columns.values() if isinstance(column, int)]
    if numbers and kind != "tsv":
        raise ValueError(f"columns: in {kind} they have names, not numbers")
    if numbers and (len(numbers) < len(columns) or min(numbers) < 1):
        raise ValueError("columns: either numbers from 1, or names in a header line, not both")
