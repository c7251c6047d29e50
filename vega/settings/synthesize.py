"""Settings of `vega synthesize`: one round of synthetic text, made by a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from vega.settings.base import SPEED_ONLY, DirectionName, OnRay, Strict
from vega.settings.corpora import Corpus
from vega.vocabulary_files import VOCABULARY_FILES

Tag = Literal["bt", "ft", "ct"]

_KINDS = ("back_translation", "self_training", "cycle_translation")


class NoiseOptions(Strict):
    """Noise on the synthetic source (Edunov et al. 2018), by words, where words are not divided by characters."""

    drop: float = Field(default=0.1, ge=0, lt=1, description="probability that a word is left out")
    blank: float = Field(default=0.1, ge=0, lt=1, description="probability that a word becomes `filler`")
    shuffle: int = Field(default=3, ge=0, description="words move by at most so many places, 0 = none moves")
    filler: str = Field(default="⁇", min_length=1, description="what stands for a blanked word, no space in it")


class SearchOptions(Strict):
    """How a step translates."""

    method: Literal["beam", "sampling"] = Field(default="beam", description="beam search, or tokens drawn by chance")
    beam: int = Field(default=5, ge=1, description="beam size")
    top_k: int = Field(default=0, ge=0, description="sampling: draw from so many likeliest tokens, 0 = from all")
    temperature: float = Field(default=1.0, gt=0, description="sampling: above 1 flattens the distribution")
    n_best: int = Field(default=1, ge=1, description="translations of each line")
    length_penalty: float = Field(default=1.0, description="exponent of the length normalisation")
    max_len_a: float = Field(default=1.5, ge=0, description="longest output = a * source tokens + b")
    max_len_b: int = Field(default=20, ge=1, description="see max_len_a")
    min_pair_score: float | None = Field(
        default=None,
        description="keep a pair only if the model, reading the translation, gives the original so many nats per "
        "token or more (a round trip by forced decoding); none = not computed",
    )

    @model_validator(mode="after")
    def _enough(self) -> SearchOptions:
        if self.method == "beam" and self.n_best > self.beam:
            raise ValueError(f"a beam of {self.beam} has no {self.n_best} best translations")
        return self


class BackTranslation(SearchOptions):
    """Monolingual text y of the target language -> (x', y), trained in x->y only, tagged bt."""

    tags: ClassVar[tuple[Tag, ...]] = ("bt",)

    directions: list[DirectionName] = Field(
        default=[], description="directions x-y to make text for; empty = all with monolingual text of y"
    )
    noise: NoiseOptions | None = Field(default=None, description="noise on x'; none = x' as it is")
    max_lines: int = Field(default=0, ge=0, description="first lines of each monolingual corpus only, 0 = all")


class SelfTraining(SearchOptions):
    """Both sides of the bitext and of monolingual text, translated: each pair is trained in both orientations.

    Translated a -> b, it is forward-translated text (ft) in the direction a-b and back-translated text (bt) in b-a.
    """

    tags: ClassVar[tuple[Tag, ...]] = ("ft", "bt")

    directions: list[DirectionName] = Field(
        default=[], description="directions a-b to translate in; empty = all whose reverse is known too"
    )
    text: list[Literal["bitext", "mono"]] = Field(
        default=["bitext", "mono"], description="what to translate", min_length=1
    )
    max_lines: int = Field(default=0, ge=0, description="first lines of each corpus only, 0 = all")


class CycleTranslation(SearchOptions):
    """The worst monolingual sentences y, rewritten by the model: y -> x' -> y' -> (x', y'), tagged ct."""

    tags: ClassVar[tuple[Tag, ...]] = ("ct",)

    directions: list[DirectionName] = Field(
        default=[], description="directions x-y to make text for; empty = all with monolingual text of y"
    )
    share: float = Field(
        default=0.3, gt=0, le=1, description="share of the sentences of a language, worst scores first, to rewrite"
    )
    min_similarity: float = Field(default=40.0, ge=0, le=100, description="chrF of y' against y at least")
    min_lm_gain: float = Field(
        default=0.0, description="nats per token by which the language model must like y' better than y"
    )
    min_pair_gain: float | None = Field(
        default=0.0,
        description="nats per token by which the model, reading x', must like y' better than y; none = not computed",
    )
    filters: dict[str, dict[str, Any]] = Field(
        default={"language_id": {}, "copy": {}, "repetition": {"max_share": 0.3}},
        description="cleaning filters that (x', y') must pass here, rule -> options (see data_pipeline/filters)",
    )
    lm_order: int = Field(default=3, ge=2, le=5, description="language model: pieces that an n-gram has at most")
    lm_lines: int = Field(
        default=1_000_000, ge=1, description="language model: lines of the bitext that it learns from at most"
    )
    max_lines: int = Field(default=0, ge=0, description="first lines of each monolingual corpus only, 0 = all")


class SynthesisStep(Strict):
    """One step, under the name of its kind; `name` tells two of a kind apart."""

    name: str = Field(
        default="", description="part of the corpora's names; empty = bt, st or ct", pattern=r"^[a-z0-9]*$"
    )
    back_translation: BackTranslation | None = Field(default=None, description="monolingual text -> (x', y)")
    self_training: SelfTraining | None = Field(default=None, description="bitext and monolingual text, both ways")
    cycle_translation: CycleTranslation | None = Field(default=None, description="poor monolingual text -> (x', y')")

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, content: Any) -> Any:
        """`back_translation:` with nothing behind it means all defaults."""
        stated = [kind for kind in _KINDS if kind in content] if isinstance(content, dict) else []
        return {**content, stated[0]: content[stated[0]] or {}} if len(stated) == 1 else content

    @model_validator(mode="after")
    def _one_kind(self) -> SynthesisStep:
        if sum(getattr(self, kind) is not None for kind in _KINDS) != 1:
            raise ValueError(f"a step is one of {', '.join(_KINDS)}")
        return self

    @property
    def short_name(self) -> str:
        """`name`, or bt, st, ct."""
        return self.name or ("bt" if self.back_translation else "st" if self.self_training else "ct")

    @property
    def options(self) -> BackTranslation | SelfTraining | CycleTranslation:
        """What the step's kind is told."""
        found = self.back_translation or self.self_training or self.cycle_translation
        assert found is not None
        return found


class SynthesizeOptions(OnRay):
    """One round, as a recipe states it."""

    name: str = Field(description="short name of the round, part of the corpora's names", pattern=r"^[a-z0-9]+$")
    steps: list[SynthesisStep] = Field(
        description="what to make, in this order; options in vega/settings/synthesize.py", min_length=1
    )
    max_tokens: int = Field(default=4096, ge=1, description="source tokens in one batch at most, padding counted")
    shard_lines: int = Field(default=2000, ge=1, description="lines in one unit of work; decides what is sampled")
    seed: int = Field(default=1, description="seed of sampling and noise")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="auto = all GPUs where there is one")
    compute_type: str = Field(
        default="auto", description="number format: auto = int8 on CPU, bfloat16 or float16 on GPU; or CTranslate2's"
    )
    workers: int = Field(
        default=0,
        ge=0,
        description="processes on CPU, 0 = one per core; each has the model; on GPU always 1",
        json_schema_extra=SPEED_ONLY,
    )
    threads: int = Field(
        default=1,
        ge=1,
        description="batches that a process translates at once on CPU; saves memory for models that are large. "
        "Sampling takes one",
        json_schema_extra=SPEED_ONLY,
    )
    price_per_hour: float | None = Field(
        default=None,
        ge=0,
        description="price of this machine per hour, for the cost per million pairs in the report",
        json_schema_extra=SPEED_ONLY,
    )

    @field_validator("steps")
    @classmethod
    def _distinct(cls, steps: list[SynthesisStep]) -> list[SynthesisStep]:
        names = [step.short_name for step in steps]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two steps are named '{name}'; give one a `name` of its own")
        return steps


class SynthesizeSettings(SynthesizeOptions):
    """Translate text with a trained model into synthetic pairs: back-translation, self-training, cycle translation."""

    model: Path = Field(description="checkpoint of a Vega model, or its export for CTranslate2")
    data: Path = Field(
        description="folder written by `vega binarize` (vocabulary and dictionary)",
        json_schema_extra={"reads": [*VOCABULARY_FILES]},
    )
    bitext: list[Corpus] = Field(default=[], description="genuine parallel text, cleaned")
    mono: list[Corpus] = Field(default=[], description="monolingual text, cleaned")
    directions: list[DirectionName] = Field(description="directions that the model can translate", min_length=1)
