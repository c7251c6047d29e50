"""Which lines are tuned on: of every domain its quota, at random among those whose sides fit best.

Text that was given comes first. What occurs in a validation or test set is left out, as the leakage gate finds it, and
of equal pairs all but one. Draws hang on the text and the seed alone: the same lines for any number of workers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from data_pipeline.corpora import number_of_workers
from data_pipeline.executors import choose_executor
from data_pipeline.folding import fold, row_hash
from data_pipeline.leakage.matcher import Matcher
from data_pipeline.tuning.balance import quotas
from data_pipeline.tuning.pool import Candidate, Pool
from data_pipeline.tuning.scores import LEARNED, Row, e5_scores, length_scores
from vega.progress import track
from vega.settings.tuning import TextSelection

#: Rows of one job, and rows under which starting processes takes longer than they save.
JOB_ROWS, FEW_ROWS = 256, 20_000
#: More candidates than are needed: some are left out.
SPARE_SHARE, SPARE = 1.1, 50


@dataclass
class Chosen:
    """What was chosen of a domain in a group of languages."""

    rows: list[Row]
    quota: int
    size: int
    candidates: int
    scores: list[float]
    dropped: Counter[str] = field(default_factory=Counter)

    def repeated(self) -> Iterator[Row]:
        """All rows, and again until the quota is full."""
        for place in range(self.quota if self.rows else 0):
            yield self.rows[place % len(self.rows)]

    def facts(self) -> dict[str, Any]:
        """For the report."""
        scores = sorted(score for score in self.scores if not math.isnan(score))
        return {
            "lines": self.size,
            "candidates": self.candidates,
            "chosen": len(self.rows),
            "written": self.quota if self.rows else 0,
            "dropped": dict(sorted(self.dropped.items())),
            "median_score": round(scores[len(scores) // 2], 4) if scores else None,
        }


def choose(pool: Pool, score: str, index: Path, settings: TextSelection) -> dict[str, Chosen]:
    """Domain -> its text."""
    sound: dict[str, Sound] = {}
    for name in sorted({each.domain for each in pool.given}):
        sound[name] = Sound(index, settings)
        sound[name].add(_in_order([each for each in pool.given if each.domain == name]))
    usable = Counter({name: math.ceil(lines * settings.best_share) for name, lines in pool.sizes.items()})
    usable += Counter({name: len(text.candidates) for name, text in sound.items()})
    wanted = quotas(usable, settings.lines, settings.temperature, settings.repeat)
    return {
        name: _of_domain(pool, name, wanted[name], score, sound.get(name, Sound(index, settings)))
        for name in sorted({*wanted, *sound})
    }


def _of_domain(pool: Pool, name: str, quota: int, score: str, text: Sound) -> Chosen:
    given = sum(each.domain == name for each in pool.given)
    best = _best(pool, name, max(0, quota - len(text.candidates)), score, text.settings)
    text.add(best, quota)
    chosen = text.candidates[:quota]
    return Chosen(
        [each.row for each in chosen],
        min(quota, len(chosen) * text.settings.repeat),
        pool.sizes[name] + given,
        len(best) + given,
        [each.score for each in chosen],
        text.dropped,
    )


def _best(pool: Pool, domain: str, count: int, score: str, settings: TextSelection) -> list[Candidate]:
    """About `count` candidates of a domain: a random sample, of it the best share, in random order."""
    share = settings.best_share
    drawn = _in_order([each for each in pool.candidates if each.domain == domain])
    drawn = drawn[: math.ceil((count * SPARE_SHARE + SPARE) / share)] if count else []
    if score not in LEARNED:
        rows = [each.row for each in drawn]
        scores = spread(e5_scores, rows, settings) if score == "e5" else length_scores(rows)
        for each, value in zip(drawn, scores, strict=True):
            each.score = value
    ranked = sorted(_in_order(drawn), key=lambda each: math.inf if math.isnan(each.score) else -each.score)
    return _in_order(ranked[: math.ceil(len(ranked) * share)])


def _in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """By priority, and equal pairs together."""
    return sorted(candidates, key=lambda each: (each.priority, tuple(each.row.values())))


class Sound:
    """Candidates of a domain that are neither in a held-out set nor the same as one before."""

    def __init__(self, index: Path, settings: TextSelection) -> None:
        self.settings = settings
        self.candidates: list[Candidate] = []
        self.dropped: Counter[str] = Counter()
        self._lookup, self._seen = _Lookup(index), set[bytes]()

    def add(self, more: Sequence[Candidate], most: int | None = None) -> None:
        """Those of `more` that are sound, in order, until there are `most` in all."""
        place, most = 0, len(self.candidates) + len(more) if most is None else most
        while len(self.candidates) < most and place < len(more):
            some = more[place : place + math.ceil((most - len(self.candidates)) * SPARE_SHARE) + SPARE]
            place += len(some)
            matches = spread(self._lookup, [each.row for each in some], self.settings)
            for each, matched in zip(some, matches, strict=True):
                if len(self.candidates) < most:
                    self._judge(each, matched)

    def _judge(self, candidate: Candidate, matched: bool) -> None:
        key = row_hash({code: fold(text, code) for code, text in candidate.row.items()})
        if matched:
            self.dropped["held_out"] += 1
        elif key in self._seen:
            self.dropped["duplicate"] += 1
        else:
            self._seen.add(key)
            self.candidates.append(candidate)


# Many rows at once


@dataclass(frozen=True)
class _Lookup:
    """Whether rows match a held-out set."""

    index: Path

    def __call__(self, rows: Sequence[Row]) -> list[bool]:
        matcher = _matcher(self.index)
        return [matcher.find(row) is not None for row in rows]


@lru_cache(maxsize=1)
def _matcher(index: Path) -> Matcher:
    """Kept for the next rows in the same process."""
    return Matcher.load(index)


@dataclass(frozen=True)
class _Job:
    number: int
    function: Callable[[Sequence[Row]], Any]
    rows: Sequence[Row]


def _do(job: _Job) -> tuple[int, list[Any]]:
    return job.number, list(job.function(job.rows))


def spread(function: Callable[[Sequence[Row]], Any], rows: Sequence[Row], settings: TextSelection) -> list[Any]:
    """What `function` says of each row, in order; over processes where that pays. It sees the same rows together."""
    jobs = [
        _Job(number, function, rows[first : first + JOB_ROWS])
        for number, first in enumerate(range(0, len(rows), JOB_ROWS))
    ]
    workers = settings.workers if settings.address else number_of_workers(settings.workers)
    workers = 1 if len(rows) < FEW_ROWS and function is not e5_scores and not settings.address else workers
    done = choose_executor(workers, settings.address)(_do, jobs, workers)
    shown = track(done, "Looking at lines", total=len(jobs)) if len(jobs) > 1 else done
    results = dict(shown)
    return [each for number in range(len(jobs)) for each in results[number]]
