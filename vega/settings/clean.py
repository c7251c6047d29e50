"""Settings of `vega clean`."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from vega.languages import language
from vega.settings.base import SPEED_ONLY, Strict
from vega.settings.corpora import Corpus


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


class CleanOptions(Strict):
    """Options of the stage, as a recipe states them."""

    filters: dict[str, dict[str, Any]] = Field(
        default={"length": {}, "length_ratio": {}, "copy": {}},
        description="rule name -> its options, in the order they are applied (see data_pipeline/filters)",
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
    workers: int = Field(
        default=0, ge=0, description="parallel Ray workers, 0 = one per core", json_schema_extra=SPEED_ONLY
    )
    shard_lines: int = Field(
        default=20_000, ge=1, description="lines in one unit of work", json_schema_extra=SPEED_ONLY
    )
    memory_mib: int = Field(
        default=1024,
        ge=64,
        description="MiB for finding duplicates; what does not fit goes to disk",
        json_schema_extra=SPEED_ONLY,
    )
    address: str = Field(
        default="",
        description="Ray cluster to work on, auto or host:port; it must see the same files. "
        "Empty = a private Ray on this machine",
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
        default=[], description="cleaned text that counts for duplicates, but is not cleaned again or written"
    )
    ignore: list[str] = Field(
        default=[], description="bundled WMT sets whose lines are kept (names, * allowed); see `vega leakage --help`"
    )
