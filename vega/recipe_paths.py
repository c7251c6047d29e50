"""What {data} and {package} stand for in the paths of a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vega.settings import AnyStep, Corpus, MbrStep, NeuralMetric, TuneStep

if TYPE_CHECKING:
    from vega.recipe import Recipe

SPLITS = ("train", "valid", "test", "mono")
#: Folder of the recipes that ship with Vega; {package}.
SHIPPED = Path(__file__).with_name("recipes")


def uses_data(recipe: Recipe) -> bool:
    """Whether a path has {data} in it."""
    found = filled(recipe.model_copy(update={"data": None}))
    tuning = [step.text for step in found.steps if isinstance(step, TuneStep)]
    corpora = [corpus for split in SPLITS for corpus in getattr(found.corpora, split)]
    corpora += [corpus for text in tuning for corpus in text.extra]
    files = [corpus.files for corpus in corpora] + [labels.file for text in tuning for labels in text.domains]
    return any("{data}" in file for file in files)


def filled(recipe: Recipe) -> Recipe:
    """With absolute paths: stage settings must mean the same from any folder. Without `data`, {data} stays."""

    def path(stated: str) -> str:
        stated = stated.replace("{package}", str(SHIPPED))
        if recipe.data is not None:
            stated = stated.replace("{data}", str(Path(recipe.data).expanduser()))
        return stated if "{data}" in stated else str(Path(stated).expanduser().absolute())

    def corpus(stated: Corpus) -> Corpus:
        return stated.model_copy(update={"files": path(stated.files)})

    splits = {
        split: [corpus(each) for each in getattr(recipe.corpora, split)] for split in type(recipe.corpora).model_fields
    }

    def step_filled(stated: AnyStep) -> AnyStep:
        if isinstance(stated, TuneStep):
            return stated.model_copy(update={"text": stated.text.filled(corpus, path)})
        if isinstance(stated, MbrStep) and isinstance(stated.utility, NeuralMetric):
            return stated.model_copy(update={"utility": stated.utility.filled(path)})
        return stated

    return recipe.model_copy(
        update={
            "corpora": recipe.corpora.model_copy(update=splits),
            "steps": [step_filled(step) for step in recipe.steps],
            "evaluate": recipe.evaluate.filled(path),
        }
    )
