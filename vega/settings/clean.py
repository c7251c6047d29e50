"""Settings of `vega clean`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, field_validator

from vega.languages import language
from vega.settings.base import SPEED_ONLY, OnRay, Strict
from vega.settings.corpora import Corpus

#: Rule -> its options; null or false = off, true = on.
Rules = dict[str, dict[str, Any] | bool | None]


class DedupOptions(Strict):
    """What counts as a repeated row. Equal pairs always do; the first one stays (see data_pipeline/dedup)."""

    sides: list[str] = Field(
        default=[], description="languages in which one text may occur in one pair only, whatever its translations"
    )
    mono_against_parallel: bool = Field(
        default=True, description="drop a monolingual line that is a side of a pair in the same stage"
    )
    synthetic_sides: bool = Field(
        default=False, description="drop a synthetic pair if one of its sides occurs in a genuine pair"
    )
    near_duplicates: bool = Field(default=True, description="drop a row similar to an earlier one on every side")
    similarity: float = Field(
        default=0.8, ge=0.5, le=1, description="common share of word pairs (zh, ja: characters) of similar sides"
    )

    @field_validator("sides")
    @classmethod
    def _known(cls, codes: list[str]) -> list[str]:
        for code in codes:
            language(code)
        return codes


class CleanOptions(OnRay):
    """Options of the stage, as a recipe states them."""

    filters: Rules = Field(
        default={"length": {}, "length_ratio": {}, "copy": {}},
        description="rule name -> its options, in the order they are applied (see data_pipeline/filters); null = off",
    )
    filters_for: dict[str, Rules] = Field(
        default={},
        description="corpus name, or languages as en-de -> what is different in `filters` for it: rule -> the options "
        "that change; null = off, true = on",
        examples=[{"en-zh": {"length": {"max_tokens": 200}}, "subtitles": {"copy": None}}],
    )
    dedup: DedupOptions = Field(default=DedupOptions(), description="which rows are duplicates")
    score_all: bool = Field(
        default=False, description="provenance: let filters also score rows that one before them drops; slower"
    )
    max_quarantined: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="share of all lines on which a filter may fail; beyond it the stage fails",
        json_schema_extra=SPEED_ONLY,
    )
    shard_lines: int = Field(
        default=20_000,
        ge=1,
        description="lines in one unit of work at most; units get smaller towards the end",
        json_schema_extra=SPEED_ONLY,
    )
    memory_mib: int = Field(
        default=1024,
        ge=64,
        description="MiB for finding duplicates; what does not fit goes to disk",
        json_schema_extra=SPEED_ONLY,
    )


class CleanSettings(CleanOptions):
    """Read raw corpora, normalise, filter, drop duplicates and held-out lines; on Ray."""

    corpora: list[Corpus] = Field(description="training text", min_length=1)
    held_out: list[Corpus] = Field(
        default=[],
        description="validation and test sets: checked, never changed; training lines that occur in them are dropped",
    )
    against: list[Corpus] = Field(
        default=[],
        description="cleaned text that counts for duplicates, before all other, but is not cleaned again or written",
    )
    ignore: list[str] = Field(
        default=[], description="bundled WMT sets whose lines are kept (names, * allowed); see `vega leakage --help`"
    )


def concerns(key: str, name: str, languages: Sequence[str]) -> bool:
    """Whether a key of `filters_for` means the corpus `name`: it is the name, or its languages in any order."""
    return key == name or set(key.split("-")) == set(languages)
