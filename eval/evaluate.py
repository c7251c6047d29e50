"""The stage `evaluate`: score every system's translations of every test set, into scores.json.

Input: `{translations}/{system}/{test name}.{source}-{target}.{target}`, one detokenised line per source line.
Output: scores.json, a list of {system, direction, test_set, metric, score, low, high, signature}, in the order
test set (as in the settings), direction, system, metric. The same numbers for any number of processes.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.score import score_systems
from vega.atomic import write_json
from vega.corpus import read_texts
from vega.directions import parse_direction
from vega.errors import UserError
from vega.metrics import METRICS
from vega.progress import track
from vega.settings import Corpus, EvaluateSettings
from vega.text_files import read_lines

TRANSLATION_FILE = re.compile(r"(?P<test>[A-Za-z0-9_]+)\.(?P<direction>[a-z]+-(?P<target>[a-z]+))\.(?P=target)")


@dataclass(frozen=True)
class Task:
    """One test set in one direction: all systems share the reference, so they are scored together."""

    test_set: str
    direction: str
    reference: Corpus
    files: dict[str, Path]  # system -> its translation
    metrics: tuple[str, ...]
    resamples: int
    seed: int


def run(settings: EvaluateSettings, output: Path) -> None:
    """Score everything found under `settings.translations`; write `output/scores.json`."""
    tasks = list_tasks(settings)
    rows = score_tasks(tasks, processes=len(os.sched_getaffinity(0)))
    write_json(output / "scores.json", rows)


def score_tasks(tasks: Sequence[Task], *, processes: int) -> list[dict[str, Any]]:
    """Rows of scores.json, in the order of `tasks`, from up to `processes` processes."""
    return [row for rows in track(_scored(tasks, processes), "evaluate", len(tasks)) for row in rows]


def _scored(tasks: Sequence[Task], processes: int) -> Iterator[list[dict[str, Any]]]:
    processes = min(processes, len(tasks))
    if processes <= 1:
        yield from map(score_task, tasks)
        return
    # Not fork: the caller may hold threads (Ray, torch), and a forked lock never opens.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_interrupts_to_the_parent) as pool:
        yield from pool.map(score_task, tasks)


def _leave_interrupts_to_the_parent() -> None:
    """On Ctrl-C the parent cancels what waits; without this every process would print a traceback of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def score_task(task: Task) -> list[dict[str, Any]]:
    """All systems and metrics of one test set and direction. Lines must match the reference's, one for one."""
    target = parse_direction(task.direction).target
    file, reference = task.reference.paths()[target], list(read_texts(task.reference, target))
    if not reference:
        raise UserError(f"{file}: the file is empty; the reference needs one sentence per line.")
    hypotheses = {system: list(read_lines(path)) for system, path in task.files.items()}
    for system, lines in hypotheses.items():
        if len(lines) != len(reference):
            raise UserError(
                f"{task.files[system]} has {len(lines):,} lines, its reference {file} has "
                f"{len(reference):,}. Line i of both must be the same sentence; run `vega translate` again."
            )
    scores = {
        metric: score_systems(
            hypotheses, reference, metric=metric, target=target, resamples=task.resamples, seed=task.seed
        )
        for metric in task.metrics
    }
    return [
        {"system": system, "direction": task.direction, "test_set": task.test_set, "metric": METRICS[metric]}
        | asdict(scores[metric][system])
        for system in hypotheses
        for metric in task.metrics
    ]


def list_tasks(settings: EvaluateSettings) -> list[Task]:
    """What there is to score: one task per test set and direction that some system translated."""
    files: dict[tuple[str, str], dict[str, Path]] = {}
    for system in system_folders(settings.translations):
        for path in sorted(path for path in system.iterdir() if not path.name.startswith(".")):
            match = TRANSLATION_FILE.fullmatch(path.name)
            if not match:
                raise UserError(
                    f"{path}: not the name of a translation, which is TEST.SOURCE-TARGET.TARGET as in "
                    "news.en-de.de. Move it out of the folder."
                )
            files.setdefault((match["test"], match["direction"]), {})[system.name] = path
    if not files:
        raise UserError(f"{settings.translations}: no translations in any system's folder. Run `vega translate`.")
    order = [corpus.name for corpus in settings.test]
    found = {key: find_corpus(settings.test, *key, next(iter(systems.values()))) for key, systems in files.items()}
    return [
        Task(
            test_set=test_set,
            direction=direction,
            reference=found[test_set, direction],
            files=files[test_set, direction],
            metrics=tuple(dict.fromkeys(settings.metrics)),
            resamples=settings.resamples,
            seed=settings.seed,
        )
        for test_set, direction in sorted(files, key=lambda key: (order.index(key[0]), key[1]))
    ]


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
