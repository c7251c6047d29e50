"""Settings of `vega pretrain`."""

from __future__ import annotations

from pydantic import Field

from vega.settings.curriculum import TrainingPhase
from vega.settings.methods import VEGA_E2S2
from vega.settings.train import TrainerOptions, TrainerSettings


class PretrainOptions(TrainerOptions):
    """Options of the stage, as a recipe states them."""

    languages: list[str] = Field(default=[], description="languages to learn; empty = all that the text has")
    weights: dict[str, float] = Field(
        default={},
        description="explicit weights instead of temperature, others get 0: language, set, or language/set -> weight. "
        "A weight is shared by size; of several that fit a set the most exact holds",
    )
    curriculum: list[TrainingPhase] = Field(
        default=[],
        description="phases, each with its own mixture (weights or temperature), as in [{name: all, until: {updates: "
        "20000}}, {name: end, weights: {en: 1, de: 1}}]",
    )
    mask_share: float = Field(
        default=0.15, ge=0, lt=1, description="share of the words that a mask stands for; the model writes them"
    )
    mask_span: float = Field(default=3.0, gt=0, description="words behind one mask, on average")

    def contradiction(self) -> str:
        """What of it excludes each other, as a sentence without its end; empty where nothing does."""
        if not self.mask_share and self.criterion != VEGA_E2S2:
            return f"mask_share is 0, so there is nothing to learn but copying; mask words, or use {VEGA_E2S2}"
        for phase in self.curriculum:
            if phase.synthetic_share is not None or phase.noise is not None:
                return f"phase {phase.name}: pre-training has no synthetic_share and no noise but its own; leave it out"
        return super().contradiction()


class PretrainSettings(PretrainOptions, TrainerSettings):
    """Pre-train with fairseq-train and the vega_denoising task: every side of every set is text to learn."""
