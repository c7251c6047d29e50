"""Settings of `vega submission`."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, model_validator

from vega.errors import UserError
from vega.settings.base import Strict


class SubmissionSettings(Strict):
    """Put translations into the form that a shared task takes, after a check against its official test set."""

    input: Path = Field(description="official test set: .xml, or .jsonl of 2024 and later; plain or packed")
    hypothesis: list[Path] = Field(
        description="translations, a line per segment of the source, one file after another; or one .xml or .jsonl "
        "that holds them already"
    )
    system: str = Field(description="name of the system, as it is registered")
    team: str = Field(default="", description="name of the team, for the declaration")
    output: Path | None = Field(
        default=None, description="file to write, .xml or .jsonl as the input; none = only check"
    )
    run: Path | None = Field(default=None, description="folder of the run that translated: for the declaration")
    run_system: str = Field(
        default="", description="the run's name of the system; empty = found by the translation's content"
    )
    direction: str | None = Field(
        default=None, description="source-target; needed where the input has several, as JSONL does"
    )
    field: str = Field(default="hypothesis", description="of JSONL: field that the translation is written into")
    strict: bool = Field(default=False, description="whether warnings are errors")

    @model_validator(mode="after")
    def _consistent(self) -> SubmissionSettings:
        if not self.system.strip() or not self.system.isprintable() or self.system != self.system.strip():
            raise UserError(f"--system: {self.system!r} is no name. Write the system's as it is registered.")
        if self.direction is not None and not re.fullmatch("[a-z]{2,3}-[a-z]{2,3}", self.direction):
            raise UserError(f"--direction: '{self.direction}' is none. Write source-target, as in en-cs.")
        if self.run is not None and self.output is None:
            raise UserError("--run: the declaration is written beside --output, and there is none. Name an output.")
        if self.run_system and self.run is None:
            raise UserError("--run-system: it names a system of a run. Name the run with --run.")
        if self.output is not None and self.output.resolve() in {p.resolve() for p in (self.input, *self.hypothesis)}:
            raise UserError(f"{self.output}: the output would overwrite what is read. Name another file.")
        return self
