"""Source, reference and outputs of the test sets that a run has scored, line by line, read as `evaluate` reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from eval.evaluate import list_tasks
from eval.report.read_run import Run
from eval.test_set import Task, read_test_set, read_translations
from vega.errors import UserError
from vega.settings import EvaluateOptions, EvaluateSettings


@dataclass(frozen=True)
class Texts:
    """One test set in one direction; all lists are of one length, `domains` may be empty."""

    test_set: str
    direction: str
    source: Sequence[str]
    reference: Sequence[str]  # the first where there are several
    outputs: Mapping[str, Sequence[str]]  # system -> its lines, in the order of the report
    domains: Sequence[str] = field(default_factory=list)


def read_texts_of(run: Run, systems: Sequence[str]) -> list[Texts]:
    """Of every test set and direction with scores, in their order.

    Test sets that are no longer there, or not as they were, are left out: the report of an old run must still open.
    """
    scored = {(row["test_set"], row["direction"]) for row in run.scores}
    tasks = [task for task in tasks_of(run) if (task.test_set, task.direction) in scored]
    return list(read_tasks(tasks, systems))


def tasks_of(run: Run) -> list[Task]:
    """What the run's stage `evaluate` had to score, from the files as they are now; none if they are gone."""
    if not run.test:
        return []
    stated = run.manifests.get("evaluate", {}).get("settings", {})
    options = {name: stated[name] for name in EvaluateOptions.model_fields if name in stated}
    try:
        settings = EvaluateSettings(**options, translations=run.folder / run.translations, test=run.test)
        return list_tasks(settings)
    except (UserError, ValidationError):
        return []


def read_tasks(tasks: Sequence[Task], systems: Sequence[str]) -> Iterator[Texts]:
    """The texts of each task; those that cannot be read are left out."""
    for task in tasks:
        try:
            test_set = read_test_set(task)
            outputs = read_translations(task, len(test_set.references[0]))
        except UserError:
            continue
        if len(test_set.source) == len(test_set.references[0]):
            ordered = {name: outputs[name] for name in systems if name in outputs}
            reference = test_set.whole_references()[0]
            yield Texts(task.test_set, task.direction, test_set.source, reference, ordered, test_set.domains)
