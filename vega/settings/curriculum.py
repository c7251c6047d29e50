"""Settings of training that may change in its course: the mixture of text, and noise."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, model_validator

from vega.settings.base import Strict

_PROBABILITY = "probability that a line "


class TextNoise(Strict):
    """Noise put on training text while it is read, anew in every epoch; all 0 = none.

    A line keeps within 2 times its tokens (`upper`: 3 times) and 8 more, else it stays as it was.
    """

    lower: float = Field(default=0, ge=0, le=1, description=_PROBABILITY + "loses its capitals; source only")
    upper: float = Field(default=0, ge=0, le=1, description=_PROBABILITY + "is all capitals, on both sides")
    title: float = Field(default=0, ge=0, le=1, description=_PROBABILITY + "Has Capital Words, on both sides")
    typos: float = Field(default=0, ge=0, le=1, description=_PROBABILITY + "has typos; source only")
    typo_rate: float = Field(
        default=0.05, gt=0, le=1, description="share of the letters mistyped in a line with typos; one at least"
    )
    merge: float = Field(
        default=0, ge=0, le=1, description=_PROBABILITY + "is joined with the next one drawn of its set, on both sides"
    )
    tag: bool = Field(default=False, description="the encoder reads __noise__ before a line that was changed")

    @model_validator(mode="after")
    def _one_case(self) -> TextNoise:
        if self.lower + self.upper + self.title > 1:
            raise ValueError("lower, upper and title are more than 1 together; a line has one of them")
        return self

    @property
    def is_on(self) -> bool:
        """Whether it changes anything."""
        return any((self.lower, self.upper, self.title, self.typos, self.merge))


class Until(Strict):
    """When a phase ends: after `epochs` of the text `of`, or after `updates`, at the next border of a block of text."""

    epochs: float | None = Field(
        default=None, gt=0, description="how often the sentences of `of` have been drawn in this phase, on average"
    )
    of: str | None = Field(default=None, description="what to count, named as in `weights`")
    updates: int | None = Field(default=None, ge=1, description="updates in this phase")

    @model_validator(mode="after")
    def _one_way(self) -> Until:
        if (self.epochs is None) == (self.updates is None) or (self.epochs is None) != (self.of is None):
            raise ValueError("say either {epochs: N, of: SET} or {updates: N}")
        return self


class TrainingPhase(Strict):
    """A phase of training; what it leaves empty is as in the rest of the training settings."""

    name: str = Field(description="short name, for logs and records", pattern=r"^[A-Za-z0-9_]+$")
    weights: dict[str, float] = Field(default={}, description="as in training; instead of temperature")
    temperature: float | None = Field(default=None, gt=0, description="as in training; instead of weights")
    synthetic_share: float | None = Field(default=None, ge=0, le=1, description="as in training")
    noise: TextNoise | None = Field(default=None, description="as in training; {} = none in this phase")
    until: Until | None = Field(default=None, description="when the next phase begins; not in the last phase")

    @model_validator(mode="after")
    def _one_mixture(self) -> TrainingPhase:
        if self.weights and self.temperature is not None:
            raise ValueError("weights and temperature exclude each other")
        return self


def check_phases(phases: Sequence[TrainingPhase]) -> None:
    """ValueError unless all phases but the last end, and each has a name of its own."""
    names = [phase.name for phase in phases]
    for number, phase in enumerate(phases):
        last = number == len(phases) - 1
        if names.count(phase.name) > 1:
            raise ValueError(f"two phases are named '{phase.name}'")
        if last and phase.until is not None:
            raise ValueError(f"the last phase, {phase.name}, has `until`; it lasts to the end of training")
        if not last and phase.until is None:
            raise ValueError(f"phase {phase.name} has no `until`, so the next would never begin")
