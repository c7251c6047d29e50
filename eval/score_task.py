"""Everything that is said of one test set in one direction: scores, tests, breakdowns, lines, warnings, analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from eval.breakdown import by_document, by_domain
from eval.order_check import OrderCheck
from eval.score import Measure, mean_measure, measure
from eval.significance import compare
from eval.test_set import Task, TestSet, read_test_set, read_translations

if TYPE_CHECKING:
    from eval.analysis.run import Analysis

Row = dict[str, Any]
#: System -> one number per line.
Segments = Mapping[str, Sequence[float]]


@dataclass
class Findings:
    """Rows of the files that the stage `evaluate` writes."""

    scores: list[Row] = field(default_factory=list)
    significance: list[Row] = field(default_factory=list)
    domains: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    segments: list[Row] = field(default_factory=list)
    warnings: list[Row] = field(default_factory=list)
    analysis: Analysis | None = None


@dataclass(frozen=True)
class Neural:
    """What a neural metric gave the systems of a task."""

    name: str
    signature: str
    segments: Segments


def score_task(task: Task, neural: Sequence[Neural] = ()) -> Findings:
    """All systems and metrics of one test set and direction. Lines must match the references', one for one."""
    test_set = read_test_set(task)
    outputs = read_translations(task, len(test_set.references[0]))
    measures = {name: _measure(task, test_set, outputs, name) for name in dict.fromkeys(task.options.metrics)}
    chrf = measures.get("chrf") or _measure(task, test_set, outputs, "chrf")
    means = [mean_measure(each.name, each.signature, each.segments) for each in neural]
    found = Findings(segments=[_segments(each) for each in (chrf, *means)], warnings=_warnings(test_set, outputs))
    for each in (*measures.values(), *means):
        _score(each, task, test_set, found)
    found.scores.sort(key=lambda row: list(outputs).index(row["system"]))  # by system, then as measured
    place = {"test_set": task.test_set, "direction": task.direction}
    for rows in (found.scores, found.significance, found.domains, found.documents, found.segments, found.warnings):
        rows[:] = [place | row for row in rows]
    if task.analysed:
        found.analysis = _analysis(task, test_set, outputs, chrf)
    return found


def _analysis(task: Task, test_set: TestSet, outputs: Mapping[str, Sequence[str]], chrf: Measure) -> Analysis:
    from eval.analysis.run import analyse  # here: its language model takes time to load

    segments = {system: scores.tolist() for system, scores in chrf.per_line().items()}
    reference = test_set.whole_references()[0]
    return analyse(
        task.test_set, task.direction, test_set.source, reference, outputs, segments, test_set.domains or None
    )


def _measure(task: Task, test_set: TestSet, outputs: Mapping[str, Sequence[str]], metric: str) -> Measure:
    return measure(
        outputs,
        test_set.references,
        metric=metric,
        target=task.target,
        tokenizers=task.options.tokenizers,
        spm_model=task.options.spm_model,
    )


def _score(measure: Measure, task: Task, test_set: TestSet, found: Findings) -> None:
    """Add what one metric says."""
    resamples, trials, seed = task.options.resamples, task.options.trials, task.options.seed
    drawn = measure.resampled(resamples, seed) if resamples > 1 else {}
    found.scores += [
        {"system": system, "metric": measure.metric} | asdict(score)
        for system, score in measure.with_intervals(drawn, seed).items()
    ]
    if drawn or trials:
        tested = {"metric": measure.metric, "resamples": len(next(iter(drawn.values()), ())), "trials": trials}
        found.significance.append(tested | asdict(compare(measure, drawn, trials=trials, seed=seed)))
    if test_set.domains:
        found.domains += by_domain(measure, test_set.domains, resamples=resamples, seed=seed)
    if test_set.documents:
        found.documents += by_document(measure, test_set.documents, test_set.domains)


def _segments(measure: Measure) -> Row:
    scores = {system: [round(float(score), 2) for score in lines] for system, lines in measure.per_line().items()}
    return {"metric": measure.metric, "scores": scores}


def _warnings(test_set: TestSet, outputs: Mapping[str, Sequence[str]]) -> list[Row]:
    """What looks like a mistake in the files, and is scored all the same."""
    order = OrderCheck(test_set.source, test_set.whole_references()[0])
    found = []
    for system, lines in outputs.items():
        disorder = order.check(lines)
        if disorder is not None:
            found.append({"system": system, "kind": "order", "message": disorder.message, "lines": disorder.lines})
        empty = [number for number, line in enumerate(lines, start=1) if not line.strip()]
        if empty:
            message = f"{len(empty)} of {len(lines)} lines are empty, the first is line {empty[0]}."
            found.append({"system": system, "kind": "empty", "message": message, "lines": empty})
    return found
