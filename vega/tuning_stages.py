"""The stages of a recipe's step of kind `tune`: text by domain, its check and encoding, a short training, a choice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from vega.directions import parse_direction
from vega.errors import UserError
from vega.recipe import Recipe, covers
from vega.settings.binarize import BinarizeSettings
from vega.settings.corpora import Corpus
from vega.settings.dev import NamedModel
from vega.settings.leakage import LeakageSettings
from vega.settings.steps import TuneStep
from vega.settings.train import TrainSettings
from vega.settings.tuning import (
    ChoiceOptions,
    DomainLabels,
    Labelled,
    TextSelection,
    TuneSettings,
    TuningTextSettings,
)
from vega.stages import Stage, best_checkpoint, cleaned, options
from vega.tuning_options import dev_name, train_options, tuning_name


def tuning_stages(recipe: Recipe, run: Path, step: TuneStep, checkpoint: Path, data: str) -> list[Stage]:
    """Five stages, of which the last, `tune-NAME`, has the model.

    `checkpoint` of the model that is tuned, in the folder of its stage in `run`; `data` is the name of the binarize
    stage whose sets and vocabulary it was trained with.
    """
    directions = tuned_directions(recipe, step)
    names = {kind: f"{kind}-tune-{step.name}" for kind in ("leakage", "binarize", "finetune")}
    written, last = f"tuning-text-{step.name}", f"tune-{step.name}"
    starts = checkpoint.relative_to(run).parts[0]
    text = tuning_text(recipe, run, step)
    train = _mixed(text, run / written, "tuning", tuning_name(step.name))
    leakage = LeakageSettings(
        **options(recipe.leakage), corpora=train, held_out=recipe.corpora.valid + recipe.corpora.test
    )
    binarize = BinarizeSettings(
        **options(recipe.binarize),
        vocab=run / "vocab",
        leakage=run / names["leakage"],
        base=run / data,
        train=train,
        valid=_mixed_dev(text, run / written, dev_name(step.name)),
    )
    finetune = TrainSettings(
        **options(train_options(recipe.train, step.train, step.name, step.general_share)),
        data=run / names["binarize"],
        directions=directions,
        init_from=checkpoint,
    )
    tune = TuneSettings(
        **options(step, ChoiceOptions),
        data=run / data,
        text=run / written,
        untuned=NamedModel(name=starts, checkpoint=checkpoint),
        tuned=NamedModel(name=names["finetune"], checkpoint=best_checkpoint(run / names["finetune"])),
        directions=directions,
    )

    def stage(name: str, command: str, settings: BaseModel, *upstream: str) -> Stage:
        return Stage(name, command, settings, run / name, upstream)

    return [
        stage(written, "tuning-text", text, "clean"),
        stage(names["leakage"], "leakage", leakage, written),
        stage(names["binarize"], "binarize", binarize, data, "vocab", written, names["leakage"]),
        stage(names["finetune"], "finetune", finetune, names["binarize"], starts),
        stage(last, "tune", tune, data, written, starts, names["finetune"]),
    ]


def tuned_directions(recipe: Recipe, step: TuneStep) -> list[str]:
    """Those of the step, or all that are trained; UserError where text or dev sentences of one are missing."""
    wanted = step.directions or [str(direction) for direction in recipe.train_directions()]
    text = _sources(recipe, step) + step.text.extra
    for name in wanted:
        direction = parse_direction(name)
        for corpora, called in ((text, "text to tune on"), (recipe.corpora.valid, "dev sentences")):
            if not covers(corpora, direction):
                raise UserError(
                    f"steps, {step.name}: there are no {called} for {name}. State `directions`, or add a corpus."
                    if called == "dev sentences"
                    else f"steps, {step.name}: there is no {called} for {name}. State `directions`, or add a corpus."
                )
    return wanted


def tuning_text(recipe: Recipe, run: Path, step: TuneStep) -> TuningTextSettings:
    """What text is gathered from."""
    text = step.text
    raw = _sources(recipe, step)
    _check_labels(text.domains, raw, recipe.corpora.valid, text.extra, step.name)
    plain = cleaned(raw, run / "clean")
    provenance = [run / "clean" / "provenance" / f"{corpus.name}.{corpus.group}.parquet" for corpus in raw]
    return TuningTextSettings(
        **options(text, TextSelection),
        train=[
            _labelled(corpus, text.domains, "train").model_copy(update={"provenance": path})
            for corpus, path in zip(plain, provenance, strict=True)
        ],
        given=[_labelled(corpus, text.domains, "extra") for corpus in text.extra],
        dev=[_labelled(corpus, text.domains, "valid") for corpus in recipe.corpora.valid],
        held_out=recipe.corpora.valid + recipe.corpora.test,
        ignore=recipe.leakage.ignore,
    )


def _sources(recipe: Recipe, step: TuneStep) -> list[Corpus]:
    """The training corpora that are drawn from; genuine text for all directions where none is named."""
    wanted = step.text.sources
    known = [corpus for corpus in recipe.corpora.train if len(corpus.languages) > 1]
    if unknown := [name for name in wanted if name not in {corpus.name for corpus in known}]:
        raise UserError(
            f"steps, {step.name}: text.sources: there is no training corpus '{unknown[0]}'. "
            f"Known: {', '.join(dict.fromkeys(corpus.name for corpus in known))}."
        )
    if wanted:
        return [corpus for corpus in known if corpus.name in wanted]
    return [corpus for corpus in known if not corpus.tag and not corpus.directions]


def _check_labels(
    domains: Sequence[DomainLabels],
    train: Sequence[Corpus],
    valid: Sequence[Corpus],
    extra: Sequence[Corpus],
    step: str,
) -> None:
    known = {"train": train, "valid": valid, "extra": extra}
    for each in domains:
        names = {corpus.name for corpus in known[each.of]}
        if each.corpus not in names:
            raise UserError(
                f"steps, {step}: text.domains: there is no {each.of} corpus '{each.corpus}' to tune with. "
                f"Known: {', '.join(sorted(names)) or 'none'}."
            )


def _labelled(corpus: Corpus, domains: Sequence[DomainLabels], of: str) -> Labelled:
    for each in domains:
        if each.corpus == corpus.name and each.of == of:
            file = Path(each.file.replace("{group}", corpus.group)).expanduser().absolute() if each.file else None
            return Labelled(corpus=corpus, labels=file, column=each.column, domain=each.name)
    return Labelled(corpus=corpus)


def _mixed(text: TuningTextSettings, folder: Path, stem: str, name: str) -> list[Corpus]:
    """One corpus for each group of languages: which domains there are is known only when the text is."""
    return _of_groups([each.corpus for each in (*text.train, *text.given)], folder, stem, name)


def _mixed_dev(text: TuningTextSettings, folder: Path, name: str) -> list[Corpus]:
    return _of_groups([each.corpus for each in text.dev], folder, "dev", name)


def _of_groups(corpora: Sequence[Corpus], folder: Path, stem: str, name: str) -> list[Corpus]:
    groups = {corpus.group: corpus.languages for corpus in corpora}
    return [
        Corpus(name=name, languages=languages, files=str(folder / f"{stem}.{group}.{{lang}}"))
        for group, languages in groups.items()
    ]
