"""Settings of `vega leakage`."""

from __future__ import annotations

from pydantic import Field

from vega.settings.base import SPEED_ONLY, OnRay
from vega.settings.corpora import Corpus


class LeakageOptions(OnRay):
    """Options of the stage, as a recipe states them."""

    allow: int = Field(default=0, ge=0, description="training rows that may match a test set; more fail the stage")
    ignore: list[str] = Field(
        default=[],
        description="bundled WMT sets not to check against (names, * allowed): old test sets one trains on knowingly",
    )
    chunk_lines: int = Field(
        default=20_000, ge=1, description="lines in one unit of work", json_schema_extra=SPEED_ONLY
    )


class LeakageSettings(LeakageOptions):
    """Check all training text, cleaned and synthetic, against all test sets and the bundled hashes of WMT's."""

    corpora: list[Corpus] = Field(description="everything that is trained on", min_length=1)
    held_out: list[Corpus] = Field(default=[], description="validation and test sets")
