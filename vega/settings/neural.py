"""A neural metric: which kind, where its model is, and in which environment it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator

from vega.settings.base import SPEED_ONLY, Strict


class NeuralMetric(Strict):
    """A metric with a trained model, from local files only (docs/evaluation.md says which)."""

    kind: Literal["comet", "metricx-23", "metricx-24", "pymarian"] = Field(
        default="comet",
        description="comet (reference-based, reference-free, XCOMET), metricx-23, metricx-24 or pymarian",
    )
    path: Path = Field(description="the model's folder, or its checkpoint file")
    name: str = Field(
        default="", description="name in tables; empty = the model's folder", pattern=r"^[A-Za-z0-9_.+-]*$"
    )
    references: Literal["auto", "none"] = Field(
        default="auto",
        description="auto = with references where the model takes them; none = without, for models that do both and "
        "for reference-free ones of metricx and pymarian",
    )
    python: str = Field(
        default="",
        description="Python interpreter of the environment that has the metric's package; empty = Vega's own",
        json_schema_extra=SPEED_ONLY,
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="auto = the first GPU where there is one", json_schema_extra=SPEED_ONLY
    )
    batch_size: int = Field(default=16, ge=1, description="segments scored at once", json_schema_extra=SPEED_ONLY)
    cache: str = Field(
        default="",
        description="folder of scores known already; empty = ~/.cache/vega/scores (or below XDG_CACHE_HOME)",
        json_schema_extra=SPEED_ONLY,
    )

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        """Settings must mean the same from any folder; a recipe fills {data} in first."""
        return path if str(path).startswith("{") else path.expanduser().absolute()

    def filled(self, path: Callable[[str], str]) -> Self:
        """With the path that `path` makes of the one stated."""
        return self.model_copy(update={"path": Path(path(str(self.path)))})
