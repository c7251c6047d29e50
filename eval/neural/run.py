"""Every neural metric of every system's translation of every test set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vega.errors import UserError
from vega.neural.assets import find_assets
from vega.neural.cache import Known
from vega.neural.process import Segment
from vega.neural.scorer import NeuralScorer
from vega.settings.neural import NeuralMetric

#: Tables show COMET, mostly 0 to 1, as papers do: beside scores of 0 to 100. MetricX counts errors and stays.
PERCENT = 100


class Job(NamedTuple):
    """One system's translation of one test set; each of `references` has as many lines as `source`.

    An empty line of a reference, where another has text, means that this one lacks the line.
    """

    test_set: str
    direction: str
    system: str
    source: Sequence[str]
    hypothesis: Sequence[str]
    references: Sequence[Sequence[str]]


class NeuralScores(NamedTuple):
    """Of a metric and a job: one number per line, higher is better; the score of the whole is their mean.

    COMET's (and Marian's) times 100, minus MetricX's errors, 0 to 25; the signature says so.
    """

    name: str
    signature: str
    segments: list[float]


def score(metrics: Sequence[NeuralMetric], jobs: Sequence[Job]) -> list[list[NeuralScores]]:
    """For each metric one list with the scores of each job, both in the order given.

    With several references a line's score is the mean of its scores against each. UserError where a model's file is
    missing or its process fails; scores that were finished by then are kept for the next try.
    """
    for job in jobs:
        _check(job)
    names = [find_assets(metric).name for metric in metrics]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"neural: two metrics are named {repeated}. Give one of them another `name`.")
    return [_score_all(metric, jobs) for metric in metrics]


def _score_all(metric: NeuralMetric, jobs: Sequence[Job]) -> list[NeuralScores]:
    with NeuralScorer(metric) as scorer:
        by_job = [list(_segments(job, scorer)) for job in jobs]
        flat = [segment for lines in by_job for line in lines for segment in line]
        known = iter(scorer.score(flat, progress=scorer.name))
        return [
            _scores(scorer, job, [[next(known) for _ in line] for line in lines])
            for job, lines in zip(jobs, by_job, strict=True)
        ]


def _segments(job: Job, scorer: NeuralScorer) -> Iterator[list[Segment]]:
    """For each line, what is scored: with each reference that has it."""
    takes = scorer.assets.with_references
    if takes and not job.references:
        raise UserError(f"{job.test_set} {job.direction}: no reference, which {scorer.name} needs.")
    for number, texts in enumerate(zip(job.source, job.hypothesis, strict=True)):
        there = [each[number] for each in job.references]
        used = [text for text in there if text] or there[:1]
        yield [Segment(*texts, reference) for reference in (used if takes else [None])]


def _scores(scorer: NeuralScorer, job: Job, known: Sequence[Sequence[Known]]) -> NeuralScores:
    errors = scorer.metric.kind.startswith("metricx")
    facts = {
        "model": scorer.name,
        "sha256": scorer.assets.sha256[:12],
        "package": "+".join(sorted({each.package for line in known for each in line})),
        "refs": str(len(job.references)) if scorer.assets.with_references else "none",
        **({"sign": "negated"} if errors else {"scale": str(PERCENT)}),
    }
    signature = "|".join(f"{key}:{value}" for key, value in facts.items())
    scale = 1 if errors else PERCENT
    return NeuralScores(
        scorer.name, signature, [scale * sum(each.score for each in line) / len(line) for line in known]
    )


def _check(job: Job) -> None:
    lengths = {len(job.source), len(job.hypothesis), *(len(each) for each in job.references)}
    if len(lengths) != 1:
        raise UserError(
            f"{job.test_set} {job.direction} {job.system}: source, output and references must have as many lines as "
            f"one another; they have {len(job.source)}, {len(job.hypothesis)} and "
            f"{', '.join(str(len(each)) for each in job.references)}."
        )
