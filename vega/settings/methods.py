"""Settings of the research methods: the criterion vega_e2s2 and the optimizer vega_fsam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from pydantic import Field, model_validator

from vega.settings.base import Strict

#: The mask in a prompt, whatever the dictionary calls it.
MASK_IN_PROMPT = "<mask>"


class Passes(NamedTuple):
    """How often the sentences of a batch go through encoder and decoder at once."""

    encoder: int
    decoder: int


ONCE = Passes(1, 1)


class E2s2(Strict):
    """Losses of vega_e2s2 (arXiv 2205.14912), on the text and on the same text with words shuffled and replaced."""

    noised: float = Field(default=0.5, ge=0, description="weight of the loss of writing the target from corrupted text")
    clean: float = Field(default=0.5, ge=0, description="weight of the loss of writing it from the text as it is")
    denoising: float = Field(
        default=0.05, ge=0, description="weight of the encoder's guess which words were shuffled or replaced"
    )
    contrastive: float = Field(
        default=0.05, ge=0, description="weight of telling a sentence's two views from those of other sentences"
    )
    temperature: float = Field(default=1.0, gt=0, description="of the contrastive loss")
    shuffle_share: float = Field(default=0.15, ge=0, le=1, description="share of the words in shuffled trigrams")
    replace_share: float = Field(default=0.15, ge=0, le=1, description="share of the words replaced by random ones")
    views: Literal["noised", "target"] = Field(
        default="noised", description="second view: the corrupted source, or the target sentence through the encoder"
    )
    sentence: Literal["mean", "prompt"] = Field(
        default="mean", description="a sentence's vector: the mean of its words, or the mask's of a prompt before it"
    )
    prompt: str = Field(default=MASK_IN_PROMPT, description="with sentence: prompt, the words before the text")

    @model_validator(mode="after")
    def _has_a_meaning(self) -> E2s2:
        if not self.noised and not self.clean:
            raise ValueError("noised and clean are both 0, so no text would be learnt; give one of them a weight")
        if self.denoising and not self.shuffle_share and not self.replace_share:
            raise ValueError("denoising has a weight, but shuffle_share and replace_share are 0; make it 0 too")
        if self.sentence == "mean" and self.prompt != MASK_IN_PROMPT:
            raise ValueError("a prompt needs sentence: prompt")
        if self.prompt.split().count(MASK_IN_PROMPT) != 1:
            raise ValueError(f"write {MASK_IN_PROMPT} once in the prompt, where the sentence's vector is read")
        return self

    @property
    def passes(self) -> Passes:
        """What has no weight costs nothing; what only the encoder's losses need is not decoded."""
        by_target = bool(self.contrastive and self.views == "target")
        by_prompt = bool(self.contrastive and self.sentence == "prompt")  # beside the text that is translated
        clean = bool(self.clean or (self.contrastive and not by_prompt))
        noised = bool(self.noised or self.denoising or (self.contrastive and not by_target))
        return Passes(clean + noised + by_target + by_prompt, bool(self.clean) + bool(self.noised))


class Fsam(Strict):
    """How vega_fsam looks for flat minima (SAM: arXiv 2010.01412; the Fisher mask, FSAM: arXiv 2210.05497)."""

    rho: float = Field(default=0.05, ge=0, description="how far weights are moved before the gradient is taken")
    density: float = Field(
        default=0.1, gt=0, le=1, description="share of the weights that are moved, those that matter most; 1 = SAM"
    )
    refresh: int = Field(default=100, ge=1, description="updates between two choices of those weights")
    period: int = Field(
        default=1,
        ge=1,
        description="a second pass every so many updates, its direction is followed between: 1 + 1/period passes",
    )
    scope: Literal["all", "weights"] = Field(
        default="all", description="what may be moved: all, or no embeddings, biases and norms"
    )
    fisher_groups: int = Field(
        default=1,
        ge=1,
        description="choose by the update's squared gradient, or by those of so many groups of sentences of each batch",
    )
    per_batch: bool = Field(default=False, description="move for each batch of an update, not once for all of them")
    adaptive: bool = Field(default=False, description="move each weight in proportion to its size (ASAM)")
    reuse_weight: float | None = Field(
        default=None,
        ge=0,
        description="with a period, weight of the direction that is followed (LookSAM's alpha, there 0.7); none = what "
        "it was in the last second gradient",
    )
    decay: Literal["decoupled", "coupled"] = Field(
        default="decoupled", description="weight_decay as in AdamW, or added to the gradient as in Adam"
    )

    @model_validator(mode="after")
    def _has_a_meaning(self) -> Fsam:
        if self.density == 1 and self.fisher_groups > 1:
            raise ValueError("fisher_groups chooses weights, but density: 1 moves all of them; leave one of them out")
        if self.per_batch and self.period > 1:
            raise ValueError("per_batch has a direction for each batch, so there is none to follow; leave period out")
        return self

    @property
    def passes(self) -> float:
        """Passes over the text that an update takes, on average."""
        choosing = 1 / self.refresh if self.fisher_groups > 1 else 0.0
        return 1 + 1 / self.period + choosing


class Method(NamedTuple):
    """A block of settings, and what has to be chosen for it to be read."""

    block: str
    chosen_by: str
    choice: str


#: fairseq's names of them.
VEGA_E2S2, VEGA_FSAM = "vega_e2s2", "vega_fsam"
METHODS = (Method("e2s2", "criterion", VEGA_E2S2), Method("fsam", "optimizer", VEGA_FSAM))


def left_out(stated: dict[str, Any], own: Iterable[str]) -> dict[str, Any]:
    """What is stated, without blocks taken over for another criterion or optimizer than `own` keys have chosen."""
    lost = {m.block for m in METHODS if m.block not in own and stated.get(m.chosen_by, m.choice) != m.choice}
    return {name: value for name, value in stated.items() if name not in lost}
