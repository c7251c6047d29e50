"""Settings of `vega report`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from vega.settings.base import Strict


class ReportOptions(Strict):
    """Options of the stage, as a recipe states them."""

    samples: int = Field(
        default=8, ge=0, description="sentences per direction that are also shown in print and without JavaScript"
    )
    sentences: int = Field(
        default=2500, ge=0, description="sentences per test set and direction in the sentence browser, 0 = no browser"
    )
    cost_per_hour: float | None = Field(
        default=None, ge=0, description="price of the machines of the run per hour, for its cost; none = no cost shown"
    )


class ReportSettings(ReportOptions):
    """Write report.json and a self-contained report.html from a run's folder."""

    run: Path = Field(description="the run's folder")
