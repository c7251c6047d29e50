"""Settings of `vega report`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from vega.settings.base import Strict


class ReportOptions(Strict):
    """Options of the stage, as a recipe states them."""

    samples: int = Field(default=8, ge=0, description="sample sentences per direction")


class ReportSettings(ReportOptions):
    """Write report.json and a self-contained report.html from a run's folder."""

    run: Path = Field(description="the run's folder")
