"""The stage `evaluate`: what every system's translations of every test set are worth, and how sure that is.

Input: `{translations}/{system}/{test name}.{source}-{target}.{target}`, one detokenised line per source line.
Output, JSON, each in the order test set (as in the settings), direction, system, metric:

- scores.json: {system, direction, test_set, metric, score, low, high, signature};
- significance.json: {test_set, direction, metric, resamples, trials, pairs, clusters}, see `eval.significance`;
- breakdown.json: {domains: [...], documents: [...]}, see `eval.breakdown`;
- segments.json: {test_set, direction, metric, scores: {system: [a number per line]}};
- warnings.json: {test_set, direction, system, kind, message, lines};
- analysis.json, see `eval.analysis.run`.

The same numbers for any number of processes.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from eval.score_task import Findings, Neural, score_task
from eval.test_set import Task, Text, read_test_set, read_translations
from vega.atomic import write_json
from vega.corpus.wmt_xml import has_reference
from vega.directions import parse_direction
from vega.errors import UserError
from vega.progress import say, track
from vega.settings import AboutTestSet, Corpus, EvaluateSettings

TRANSLATION_FILE = re.compile(r"(?P<test>[A-Za-z0-9_]+)\.(?P<direction>[a-z]+-(?P<target>[a-z]+))\.(?P=target)")


def run(settings: EvaluateSettings, output: Path) -> None:
    """Score everything found under `settings.translations`; write the files named above into `output`."""
    tasks = list_tasks(settings)
    found = score_tasks(tasks, processes=len(os.sched_getaffinity(0)))
    say_warnings(found)
    for name, content in files(found).items():
        write_json(output / f"{name}.json", content)
    from eval.analysis.run import write_analysis  # here: its language model takes time to load

    write_analysis(output / "analysis.json", [each.analysis for each in found if each.analysis is not None])


def say_warnings(found: Sequence[Findings]) -> None:
    """Print what looks like a mistake in the files."""
    for row in (row for each in found for row in each.warnings):
        say(f"warning: {row['system']}, {row['test_set']} {row['direction']}: {row['message']}")


def files(found: Sequence[Findings]) -> dict[str, Any]:
    """Name of each file without its end -> its content."""

    def joined(name: str) -> list[dict[str, Any]]:
        return [row for each in found for row in getattr(each, name)]

    return {
        "scores": joined("scores"),
        "significance": joined("significance"),
        "breakdown": {"domains": joined("domains"), "documents": joined("documents")},
        "segments": joined("segments"),
        "warnings": joined("warnings"),
    }


def score_tasks(tasks: Sequence[Task], *, processes: int) -> list[Findings]:
    """What is found of each task, in their order, by up to `processes` processes."""
    return list(track(_scored(tasks, neural_scores(tasks), processes), "evaluate", len(tasks)))


def _scored(tasks: Sequence[Task], neural: Sequence[Sequence[Neural]], processes: int) -> Iterator[Findings]:
    processes = min(processes, len(tasks))
    if processes <= 1:
        yield from map(score_task, tasks, neural)
        return
    # Not fork: the caller may hold threads (Ray, torch), and a forked lock never opens.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_interrupts_to_the_parent) as pool:
        yield from pool.map(score_task, tasks, neural)


def _leave_interrupts_to_the_parent() -> None:
    """On Ctrl-C the parent cancels what waits; without this every process would print a traceback of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def neural_scores(tasks: Sequence[Task]) -> list[list[Neural]]:
    """Of each task what the neural metrics say: each model is loaded once, for all tasks and systems."""
    metrics = tasks[0].options.neural if tasks else []
    if not metrics:
        return [[] for _ in tasks]
    from eval.neural.run import Job, score

    jobs, places = [], []
    for number, task in enumerate(tasks):
        test_set = read_test_set(task)
        for system, lines in read_translations(task, len(test_set.references[0])).items():
            references = test_set.whole_references()
            jobs.append(Job(task.test_set, task.direction, system, test_set.source, lines, references))
            places.append((number, system))
    found: list[list[Neural]] = [[] for _ in tasks]
    for rows in score(metrics, jobs):
        for number in range(len(tasks)):
            mine = {system: row for (task, system), row in zip(places, rows, strict=True) if task == number}
            first = next(iter(mine.values()))
            segments = {system: row.segments for system, row in mine.items()}
            found[number].append(Neural(first.name, first.signature, segments))
    return found


def list_tasks(settings: EvaluateSettings) -> list[Task]:
    """What there is to score: one task per test set and direction that some system translated."""
    found: dict[tuple[str, str], dict[str, Path]] = {}
    for system in system_folders(settings.translations):
        for path in sorted(path for path in system.iterdir() if not path.name.startswith(".")):
            match = TRANSLATION_FILE.fullmatch(path.name)
            if not match:
                raise UserError(
                    f"{path}: not the name of a translation, which is TEST.SOURCE-TARGET.TARGET as in "
                    "news.en-de.de. Move it out of the folder."
                )
            found.setdefault((match["test"], match["direction"]), {})[system.name] = path
    if not found:
        raise UserError(f"{settings.translations}: no translations in any system's folder. Run `vega translate`.")
    order = [corpus.name for corpus in settings.test]
    corpora = {key: find_corpus(settings.test, *key, next(iter(systems.values()))) for key, systems in found.items()}
    keys = sorted(found, key=lambda key: (order.index(key[0]), key[1]))
    tasks = [_task(settings, corpora[key], key[1], found[key]) for key in keys]
    return _without_blind(tasks)


def _without_blind(tasks: list[Task]) -> list[Task]:
    """The tasks that can be scored: an official test set may have no reference yet. UserError if none can."""
    scored = []
    for task in tasks:
        corpus = task.references[0].corpus
        is_official = corpus is not None and corpus.kind == "wmt" and len(task.references) == 1
        if is_official and corpus is not None and not has_reference(corpus, task.target):
            say(f"{task.test_set} {task.direction}: {task.references[0].path} has no reference, so it is not scored.")
        else:
            scored.append(task)
    if not scored:
        raise UserError(f"{tasks[0].references[0].path}: it has no reference to score against, nor has any other set.")
    return scored


def _task(settings: EvaluateSettings, corpus: Corpus, direction: str, translations: dict[str, Path]) -> Task:
    source, target = parse_direction(direction)
    about: list[AboutTestSet] = [each for each in settings.about if each.is_of(corpus)]
    paths = corpus.paths()
    return Task(
        test_set=corpus.name,
        direction=direction,
        target=target,
        source=Text(paths[source], corpus, source),
        references=(
            Text(paths[target], corpus, target),
            *(Text(path) for each in about for path in each.references.get(target, [])),
        ),
        files=translations,
        options=settings,
        about=next((each for each in about if each.meta is not None), None),
    )


def system_folders(translations: Path) -> list[Path]:
    """The folder of each system, sorted by name."""
    if not translations.is_dir():
        raise UserError(f"{translations}: no such folder. It is what `vega translate --output` wrote.")
    folders = sorted(path for path in translations.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not folders:
        raise UserError(f"{translations}: no system's folder in it. Run `vega translate` first.")
    return folders


def find_corpus(corpora: Sequence[Corpus], name: str, direction: str, translation: Path) -> Corpus:
    """The one test set called `name` that has both languages of `direction`."""
    languages = set(parse_direction(direction))
    matching = [corpus for corpus in corpora if corpus.name == name and languages <= set(corpus.languages)]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        known = ", ".join(f"{corpus.name} ({corpus.group})" for corpus in corpora)
        raise UserError(f"{translation}: no test set '{name}' with {direction} in the settings, which have: {known}.")
    groups = " and ".join(corpus.group for corpus in matching)
    raise UserError(f"Two test sets called '{name}' have {direction} ({groups}). Give them different names.")
