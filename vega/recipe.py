"""A recipe: all there is to say about a run, in one YAML file.

Shipped recipes are in `vega/recipes`. `extends: other` starts from another recipe, one level deep. In corpus
paths `{data}` is the recipe's data folder (`--set data=FOLDER`) and `{package}` the folder of shipped recipes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from vega import tuning_options
from vega.directions import Direction, english_centric, parse_direction
from vega.errors import UserError
from vega.recipe_paths import SHIPPED, filled, uses_data
from vega.settings import (
    AnyStep,
    BinarizeOptions,
    CleanOptions,
    Corpus,
    DirectionName,
    EvaluateOptions,
    LeakageOptions,
    PostprocessOptions,
    PretrainOptions,
    ReportOptions,
    Strict,
    SynthesizeOptions,
    TrainerOptions,
    TrainOptions,
    TrainStep,
    TranslateOptions,
    TuneStep,
    VocabOptions,
)
from vega.settings.methods import left_out
from vega.strict_yaml import Document, apply_overrides, merge, read, validate

Options = TypeVar("Options", bound=Strict)
Trainer = TypeVar("Trainer", bound=TrainerOptions)


class Corpora(Strict):
    """The text of a recipe. A name may be used again for other languages, not for the same ones."""

    train: list[Corpus] = Field(description="training text", min_length=1)
    valid: list[Corpus] = Field(description="validation sets, for the choice of the best checkpoint", min_length=1)
    test: list[Corpus] = Field(description="test sets, for the scores", min_length=1)
    mono: list[Corpus] = Field(default=[], description="monolingual text, for synthesis and pre-training")

    @field_validator("train", "valid", "test")
    @classmethod
    def _parallel(cls, corpora: list[Corpus]) -> list[Corpus]:
        for corpus in corpora:
            if len(corpus.languages) == 1:
                raise ValueError(f"corpus '{corpus.name}' has one language; put it under corpora.mono")
        return corpora

    @field_validator("mono")
    @classmethod
    def _monolingual(cls, corpora: list[Corpus]) -> list[Corpus]:
        for corpus in corpora:
            if len(corpus.languages) > 1:
                raise ValueError(f"corpus '{corpus.name}' has several languages; name one, or put it under train")
        return corpora

    @field_validator("train", "valid", "test", "mono")
    @classmethod
    def _unique(cls, corpora: list[Corpus]) -> list[Corpus]:
        groups = [(corpus.name, corpus.group) for corpus in corpora]
        for name, group in groups:
            if groups.count((name, group)) > 1:
                raise ValueError(f"two corpora are named '{name}' and have the languages {group}; rename one")
        return corpora

    @field_validator("test")
    @classmethod
    def _unique_pairs(cls, corpora: list[Corpus]) -> list[Corpus]:
        """Translations are files named test set and direction, so a name may hold each pair once."""
        seen: set[tuple[str, frozenset[str]]] = set()
        for corpus in corpora:
            pairs = {(corpus.name, frozenset(pair)) for pair in combinations(corpus.languages, 2)}
            if pairs & seen:
                raise ValueError(f"two test sets are named '{corpus.name}' and share two languages; rename one")
            seen |= pairs
        return corpora


class FinetuneOptions(TrainOptions):
    """Stage 2: goes on from the multidirectional checkpoint; what is not stated is as in `train`."""

    name: str = Field(description="name of the tuned system", pattern=r"^[A-Za-z0-9_-]+$")
    directions: list[DirectionName] = Field(description="directions to tune for, most often one", min_length=1)


class Round(SynthesizeOptions):
    """A model translates, and a new one is trained on genuine and synthetic text; what is not stated is as before."""

    model: str = Field(
        default="", description="whose model translates: train, or an earlier round; empty = the one before"
    )
    start: Literal["scratch", "teacher"] = Field(
        default="scratch",
        description="training begins with random weights (with those of `pretrain` where there is one, of the same "
        "arch), or with those of the model that translated",
    )
    clean: CleanOptions = Field(default=CleanOptions(), description="for the synthetic text; else as in `clean`")
    train: TrainOptions = Field(default=TrainOptions(), description="for the new model; else as in `train`")


class Recipe(Strict):
    """A run from raw text to a scored system."""

    name: str = Field(description="name of the run folder, runs/NAME", pattern=r"^[A-Za-z0-9_.-]+$")
    description: str = Field(default="", description="one sentence about the run")
    data: str | None = Field(default=None, description="folder that {data} in corpus paths stands for")
    corpora: Corpora = Field(description="training, validation and test text")
    directions: Literal["english_centric", "all"] | list[DirectionName] = Field(
        default="english_centric",
        description="english_centric (to and from English), all (every pair that shares a corpus), or a list",
    )
    clean: CleanOptions = Field(default=CleanOptions(), description="see `vega clean --help`")
    leakage: LeakageOptions = Field(default=LeakageOptions(), description="see `vega leakage --help`")
    vocab: VocabOptions = Field(default=VocabOptions(), description="see `vega vocab --help`")
    binarize: BinarizeOptions = Field(default=BinarizeOptions(), description="see `vega binarize --help`")
    pretrain: PretrainOptions | None = Field(
        default=None,
        description="pre-training on the text of train and mono, from whose weights training starts; what is not "
        "stated is as in `train`, so {} is enough. null = none. See `vega pretrain --help`",
    )
    train: TrainOptions = Field(default=TrainOptions(), description="see `vega train --help`")
    synthesis: list[Round] = Field(
        default=[], description="rounds of synthetic text and a new model, see `vega synthesize --help`"
    )
    finetune: list[FinetuneOptions] = Field(default=[], description="stage 2, one entry per tuned system")
    steps: list[AnyStep] = Field(
        default=[],
        description="what is made of the trained models, in order: train, average, soup, fuse, tune, ensemble, "
        "rerank, mbr, probe, as in [{kind: ensemble, name: both, models: [train, finetune-en-de]}]",
    )
    baselines: list[Literal["copy", "untrained"]] = Field(
        default=["copy", "untrained"],
        description="translated and scored beside the trained systems: copy = the source unchanged, untrained = the "
        "same model with random weights (slow: it rarely ends a sentence)",
    )
    translate: TranslateOptions = Field(default=TranslateOptions(), description="see `vega translate --help`")
    postprocess: PostprocessOptions | None = Field(
        default=None,
        description="write translations as the training targets write quotation marks, full-width marks and spaces; "
        "{} is enough. null = leave them as they are. See `vega postprocess --help`",
    )
    evaluate: EvaluateOptions = Field(default=EvaluateOptions(), description="see `vega evaluate --help`")
    report: ReportOptions = Field(default=ReportOptions(), description="see `vega report --help`")

    @field_validator("finetune")
    @classmethod
    def _distinct(cls, entries: list[FinetuneOptions]) -> list[FinetuneOptions]:
        if len({entry.name for entry in entries}) != len(entries):
            raise ValueError("two fine-tuned systems have the same name")
        return entries

    @field_validator("synthesis")
    @classmethod
    def _in_order(cls, rounds: list[Round]) -> list[Round]:
        known = ["train"]
        for entry in rounds:
            if entry.name in known:
                raise ValueError(f"a round may not be named '{entry.name}': the name is taken")
            if entry.model and entry.model not in known:
                raise ValueError(
                    f"round {entry.name}: there is no '{entry.model}' before it. Known: {', '.join(known)}"
                )
            known.append(entry.name)
        return rounds

    @model_validator(mode="after")
    def _steps_in_order(self) -> Recipe:
        known = ["train", *(["pretrain"] if self.pretrain is not None else []), *(e.name for e in self.synthesis)]
        known += [f"finetune-{entry.name}" for entry in self.finetune]
        for step in self.steps:
            taken = (*known, *(entry.name for entry in self.finetune), "scratch", "multidirectional", *self.baselines)
            if step.name in taken:
                raise UserError(f"steps: none may be named '{step.name}': the name is taken.")
            for name in step.uses():
                if name not in known:
                    raise UserError(
                        f"steps: {step.name} needs '{name}', which is no model before it. Known: {', '.join(known)}."
                    )
            if step.makes_model:
                known.append(step.name)
        return self

    @property
    def languages(self) -> list[str]:
        """The languages of the text that is trained on, with pre-training's, in the order in which they are named."""
        return list(dict.fromkeys(code for corpus in self.training_text() for code in corpus.languages))

    @property
    def translated_languages(self) -> list[str]:
        """The languages that a training corpus has together with another, in the order in which they are named."""
        return list(dict.fromkeys(code for corpus in self.corpora.train for code in corpus.languages))

    def training_text(self) -> list[Corpus]:
        """All text that is trained on before there is synthetic text: pairs, and what pre-training learns from."""
        return self.corpora.train + self.pretraining_mono()

    def pretraining_mono(self) -> list[Corpus]:
        """Monolingual text that pre-training learns from; none without it."""
        if self.pretrain is None:
            return []
        wanted = self.pretrain.languages
        return [corpus for corpus in self.corpora.mono if not wanted or corpus.languages[0] in wanted]

    def train_directions(self) -> list[Direction]:
        """The directions to train; one that no training corpus has both languages of is a UserError."""
        codes = self.translated_languages
        if self.directions == "english_centric":
            wanted = english_centric(codes) if "en" in codes else []
        elif self.directions == "all":
            every = (Direction(a, b) for a in codes for b in codes if a != b)
            wanted = [direction for direction in every if covers(self.corpora.train, direction)]
        else:
            wanted = [parse_direction(name) for name in self.directions]
        _check_directions(wanted, self.corpora.train, "directions")
        return wanted

    def finetune_options(self, entry: FinetuneOptions) -> TrainOptions:
        """The entry's own options over those of `train`, but for its mixture: that may name text of other directions.

        A direction without a training corpus is a UserError.
        """
        wanted = [parse_direction(name) for name in entry.directions]
        _check_directions(wanted, self.corpora.train, f"finetune {entry.name}")
        return _checked(_over(self._train_without_mixture(), entry, TrainOptions), f"finetune {entry.name}")

    def step_options(self, step: TrainStep) -> TrainOptions:
        """The step's own options of training over those of `train`, but for its mixture."""
        return _checked(_over(self._train_without_mixture(), step, TrainOptions), f"steps: {step.name}")

    def pretrain_options(self) -> PretrainOptions:
        """Those of `pretrain` over those of `train`, but for its mixture, which names directions.

        Only where there is pre-training. UserError where `train` could not go on from its weights, or a language is not
        in the text.
        """
        assert self.pretrain is not None
        found = _over(self._train_without_mixture(), self.pretrain, PretrainOptions)
        if found.arch != self.train.arch:
            raise UserError(
                f"pretrain.arch: {found.arch} is not the {self.train.arch} of `train`, which could not start from its "
                "weights. Leave it out."
            )
        if strange := sorted(set(found.languages) - set(self.languages)):
            raise UserError(
                f"pretrain.languages: there is no text in '{strange[0]}' under corpora.train or corpora.mono. "
                f"Languages: {', '.join(self.languages)}."
            )
        return _checked(found, "pretrain")

    def train_options(self, entry: Round) -> TrainOptions:
        """The round's options of training over those of `train`."""
        return _checked(_over(self.train, entry.train, TrainOptions), f"synthesis {entry.name}: train")

    def clean_options(self, entry: Round) -> CleanOptions:
        """The round's options of cleaning over those of `clean`."""
        return _over(self.clean, entry.clean, CleanOptions)

    def complete(self) -> Recipe:
        """The same recipe with all that is taken over from `train` and `clean` written out.

        A file that states every key means only then the same: what it states is not taken over.
        """
        rounds = [
            entry.model_copy(update={"train": self.train_options(entry), "clean": self.clean_options(entry)})
            for entry in self.synthesis
        ]
        tuned = [
            FinetuneOptions(**dict(self.finetune_options(entry)), name=entry.name, directions=entry.directions)
            for entry in self.finetune
        ]
        pretrain = self.pretrain_options() if self.pretrain is not None else None
        steps = [self._complete_step(step) for step in self.steps]
        return self.model_copy(update={"synthesis": rounds, "finetune": tuned, "pretrain": pretrain, "steps": steps})

    def _complete_step(self, step: AnyStep) -> AnyStep:
        if isinstance(step, TrainStep):
            return step.model_copy(update=dict(self.step_options(step)))
        if isinstance(step, TuneStep):
            train = tuning_options.train_options(self.train, step.train, step.name, step.general_share)
            return step.model_copy(update={"train": train})
        return step

    def _train_without_mixture(self) -> TrainOptions:
        stated = self.train.model_dump(exclude_unset=True, exclude={"weights", "curriculum"})
        return TrainOptions.model_validate(stated)

    @field_validator("train")
    @classmethod
    def _without_contradiction(cls, options: TrainOptions) -> TrainOptions:
        if sentence := options.contradiction():
            raise ValueError(sentence)
        return options


def _over(base: Strict, own: Strict, model: type[Options]) -> Options:
    """What `own` states over what `base` states, each key as a whole."""
    mine = own.model_dump(exclude_unset=True)
    stated = left_out({**base.model_dump(exclude_unset=True), **mine}, mine)
    return model.model_validate({name: value for name, value in stated.items() if name in model.model_fields})


def _checked(options: Trainer, where: str) -> Trainer:
    """The options; UserError where they contradict each other."""
    if sentence := options.contradiction():
        raise UserError(f"{where}: {sentence}.")
    return options


def covers(corpora: Sequence[Corpus], direction: Direction) -> bool:
    """Whether a corpus has both languages."""
    return any({direction.source, direction.target} <= set(corpus.languages) for corpus in corpora)


def _check_directions(directions: list[Direction], corpora: Sequence[Corpus], key: str) -> None:
    if not directions:
        raise UserError(f"{key}: there is no direction to train. english_centric needs a corpus with English in it.")
    for direction in directions:
        if not covers(corpora, direction):
            raise UserError(
                f"{key}: no training corpus has both languages of {direction}. "
                "Add a corpus, or leave the direction out."
            )


def shipped_recipes() -> list[str]:
    """Names of the recipes that ship with Vega."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def find_recipe(name_or_path: str) -> Path:
    """The file of a recipe, given by the name of a shipped one or as a path."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or "/" in name_or_path:
        if path.is_file():
            return path
        raise UserError(f"{path}: no such recipe file. Shipped recipes: {', '.join(shipped_recipes())}.")
    if name_or_path in shipped_recipes():
        return SHIPPED / f"{name_or_path}.yaml"
    near = difflib.get_close_matches(name_or_path, shipped_recipes(), n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise UserError(
        f"There is no recipe '{name_or_path}'.{hint} Shipped recipes: {', '.join(shipped_recipes())}; "
        "or give the path of a YAML file."
    )


def load_recipe(name_or_path: str, overrides: Iterable[str] = (), needs_data: bool = True) -> Recipe:
    """Read a recipe, apply `--set` assignments, fill in paths.

    With `needs_data`, a recipe whose corpora are under {data} and that was given no data folder is a UserError;
    without, {data} stays in the paths (for planning).
    """
    document = apply_overrides(_with_base(find_recipe(name_or_path)), overrides)
    recipe = validate(document, Recipe)
    if recipe.data is None and needs_data and uses_data(recipe):
        raise UserError(f"The recipe '{recipe.name}' needs a data folder: add --set data=FOLDER.")
    return filled(recipe)


def _with_base(path: Path) -> Document:
    """The recipe file, over the one it extends."""
    document = read(path)
    if "extends" not in document.data:
        return document
    base_name = str(document.data.pop("extends"))
    beside = path.parent / base_name
    base_path = beside if beside.is_file() else find_recipe(base_name)
    base = read(base_path)
    if "extends" in base.data:
        raise UserError(
            f"{document.origin(('extends',))}: {base_path} itself extends a recipe; one level is the limit. "
            "Copy its keys here."
        )
    return merge(base, document)
