"""`vega report RUN RUN...`: several runs in one page, report.json and report.html.

The systems of all runs are scored together again, from their translations, so that differences between runs have
intervals and p-values as those within a run do. A system is called RUN/SYSTEM.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from eval.report.budget import budget
from eval.report.build import collect_versions, written
from eval.report.compare_page import render_several
from eval.report.page import links_below
from eval.report.read_run import Run, read_run
from eval.report.recipe_diff import recipe_diff
from eval.report.samples import samples
from eval.report.sentences import Facts, pack_all
from eval.report.summary import BASELINES, headline, order_systems, summarise
from eval.report.texts import read_tasks, tasks_of
from eval.report.traces import traces
from eval.score_task import Findings, Neural, score_task
from eval.test_set import Task, TestSet, read_test_set
from vega.atomic import write_json, write_text
from vega.errors import UserError
from vega.progress import track
from vega.settings import ReportOptions

#: Sections that are not from the runs' own files.
SCORED_AGAIN = ("scores", "significance", "domains", "warnings")

Runs = Mapping[str, Run]  # by the name that its systems carry


def run_several(folders: Sequence[Path], options: ReportOptions, output: Path, at: Path | None = None) -> None:
    """Write report.json and report.html that compare the runs in `folders`, in this order; `at` as in `build.run`."""
    runs = named(folders)
    tasks = merge_tasks(runs)
    found = [score_task(task, neural_of(runs, task)) for task in track(tasks, "compare", len(tasks))]
    report = build_comparison(runs, options, found)
    report["command"] = shlex.join(["vega", "report", *map(str, folders), "--output", str(at or output)])
    texts = list(read_tasks(tasks, report["systems"]))
    facts = Facts(segments=[row for each in found for row in each.segments])
    report["samples"] = samples(texts, options.samples)
    cells = pack_all(texts, facts, options.sentences)
    links = {name: links_below(run.folder, at or output) for name, run in runs.items()}
    write_json(output / "report.json", report)
    write_text(output / "report.html", render_several(report, cells, links))


def named(folders: Sequence[Path]) -> dict[str, Run]:
    """Runs by the names of their folders, with that of the folder above where two are alike."""
    resolved = [folder.resolve() for folder in folders]
    if len(set(resolved)) < len(resolved):
        raise UserError("The same run is named twice. Name each run once.")
    names = [folder.name for folder in resolved]
    if len(set(names)) < len(names):
        names = [f"{folder.parent.name}.{folder.name}" for folder in resolved]
    if len(set(names)) < len(names):
        raise UserError(f"Runs of the same name in folders of the same name: {', '.join(names)}. Rename one.")
    return {name: read_run(folder) for name, folder in zip(names, folders, strict=True)}


# Scoring together


def merge_tasks(runs: Runs) -> list[Task]:
    """One task per test set, direction and content: the systems of all runs that translated it.

    A test set that is not what an earlier run has under its name gets a name of its own, NAME.RUN. Of each baseline
    only that of the first run is taken.
    """
    merged: dict[tuple[str, str], tuple[Task, TestSet]] = {}
    for name, run in runs.items():
        for task in tasks_of(run):
            try:
                content = read_test_set(task)
            except UserError:
                continue
            key = (task.test_set, task.direction)
            files = {f"{name}/{system}": path for system, path in task.files.items()}
            if key in merged and _same(merged[key][1], content):
                first = merged[key][0]
                known = {system.rpartition("/")[2] for system in first.files} & set(BASELINES)
                new = {system: path for system, path in files.items() if system.rpartition("/")[2] not in known}
                merged[key] = (replace(first, files={**first.files, **new}), content)
            else:
                own = f"{task.test_set}.{name}" if key in merged else task.test_set
                merged[own, task.direction] = (replace(task, test_set=own, files=files), content)
    return [task for task, _ in merged.values()]


def _same(one: TestSet, other: TestSet) -> bool:
    return (one.source, one.references) == (other.source, other.references)


def neural_of(runs: Runs, task: Task) -> list[Neural]:
    """What neural metrics gave each system of the task, where every run has it: their models are not run again."""
    found: dict[str, dict[str, Any]] = {}
    signatures: dict[str, set[str]] = {}
    for system in task.files:
        name, _, own = system.rpartition("/")
        for metric, signature, numbers in _neural_rows(runs[name], task, own):
            found.setdefault(metric, {})[system] = numbers
            signatures.setdefault(metric, set()).add(signature)
    return [
        Neural(metric, next(iter(signatures[metric])), segments)
        for metric, segments in found.items()
        if len(segments) == len(task.files) and len(signatures[metric]) == 1
    ]


def _neural_rows(run: Run, task: Task, system: str) -> Iterator[tuple[str, str, Any]]:
    """(metric, signature, a number per line) of a system by all metrics with a model."""
    for row in run.scoring.segments:
        if (row["test_set"], row["direction"]) == (task.test_set, task.direction) and system in row["scores"]:
            signature = next(
                (
                    str(each["signature"]).partition("|bs:")[0]
                    for each in run.scores
                    if all(each[key] == row[key] for key in ("test_set", "direction", "metric"))
                    and each["system"] == system
                ),
                "",
            )
            if signature.startswith("model:"):
                yield row["metric"], signature, row["scores"][system]


# The report


def build_comparison(runs: Runs, options: ReportOptions, found: Sequence[Findings]) -> dict[str, Any]:
    """The content of report.json. Runs whose translations are gone have the scores that they had."""
    scores = [row for each in found for row in each.scores]
    kept = list(not_again(runs, scores))
    scores += kept
    systems = [f"{name}/{system}" for name, run in runs.items() for system in run.systems]
    return {
        "name": ", ".join(runs),
        **written(),
        "runs": [run_facts(name, run, options) for name, run in runs.items()],
        "recipe_diff": recipe_diff({name: run.recipe for name, run in runs.items()}),
        "systems": order_systems(scores, systems),
        "scores": scores,
        "summary": summarise(scores),
        "significance": [row for each in found for row in each.significance],
        "domains": [row for each in found for row in each.domains],
        "documents": [row for each in found for row in each.documents],
        "warnings": [row for each in found for row in each.warnings] + [_not_compared(row) for row in kept],
        "curves": {name: run.curves for name, run in runs.items()},
        "samples": [],
        "traces": {name: sources(run) for name, run in runs.items()},
    }


def sources(run: Run) -> dict[str, list[dict[str, str]]]:
    """Files behind each section; what was scored anew comes from test sets and translations."""
    found = traces(run.folder, run.manifests)
    return found | {section: found["sentences"] for section in SCORED_AGAIN if "sentences" in found}


def not_again(runs: Runs, scores: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of the runs' own scores for which there is none in `scores`; those of baselines are of no use."""
    keys = ("test_set", "direction", "system", "metric")
    again = {tuple(row[key] for key in keys) for row in scores}
    for name, run in runs.items():
        for row in run.scores:
            own = row | {"system": f"{name}/{row['system']}"}
            renamed = own | {"test_set": f"{row['test_set']}.{name}"}
            found = any(tuple(each[key] for key in keys) in again for each in (own, renamed))
            if not found and row["system"] not in BASELINES:
                yield own


def _not_compared(row: Mapping[str, Any]) -> dict[str, Any]:
    place = {key: row[key] for key in ("test_set", "direction", "system")}
    message = f"{row['metric']} is as it was scored then, and not tested: translations or test set are gone or changed."
    return {**place, "kind": "gone", "message": message, "lines": []}


def run_facts(name: str, run: Run, options: ReportOptions) -> dict[str, Any]:
    """A run in short: what it is, how it did, and what it took."""
    judged = headline(run.scores)
    points = [point for curves in run.curves.values() for point in curves["train"][-1:]]
    return {
        "name": name,
        "folder": str(run.folder.resolve()),
        "headline": asdict(judged) if judged else None,
        "updates": sum(point["updates"] for point in points) if points else None,
        "budget": budget(run.manifests, run.metrics, options.cost_per_hour),
        "translate": run.translate,
        "recipe": run.recipe,
        "versions": collect_versions(run),
    }
