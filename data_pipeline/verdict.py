"""What becomes of rows: normalised, measured, and kept, dropped by a rule, or set aside with an error."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import NamedTuple

from data_pipeline.dedup.keys import RowKeys
from data_pipeline.filters import Filter, Row, Scores
from data_pipeline.folding import fold, fold_all
from data_pipeline.leakage.matcher import Match
from vega.errors import UserError
from vega.normalize import normalize

KEPT = "kept"
#: Outcomes that begin with it are of rows that are set aside: a step failed on them.
ERROR = "error:"
#: The outcome of a row that killed its process.
CRASH = f"{ERROR}crash"
#: Said in place of a line before work on many lines at once.
BATCH = -1
#: Characters of an error's message that are kept.
MESSAGE = 300


@dataclass(slots=True)
class Verdict:
    """`outcome` is KEPT, the rule that dropped the row, or ERROR and the step that failed.

    `row` is normalised as far as it got. For the filters that were asked, `scores` is by `filter.measure` and
    `margins` by filter (see Filter.margin).
    """

    row: Row
    outcome: str = KEPT
    scores: dict[str, float] = field(default_factory=dict)
    margins: dict[str, float] = field(default_factory=dict)
    error: str | None = None
    match: Match | None = None
    folded: Row | None = None
    keys: RowKeys | None = None

    def measured(self, name: str, scores: Scores, margin: float) -> bool:
        """Note what a filter found; returns whether the row passes it."""
        for measure, score in scores.items():
            self.scores[_column(name, measure)] = score
        self.margins[name] = margin
        return margin >= 0

    def drop_unless(self, passed: bool, rule: str) -> None:
        """Note what a rule says; the first that drops the row counts."""
        if not passed and self.outcome == KEPT:
            self.outcome = rule

    def fail(self, step: str, error: Exception) -> None:
        """Note that a step failed, unless the row was dropped before."""
        if self.outcome == KEPT:
            self.outcome = f"{ERROR}{step}"
            self.error = f"{type(error).__name__}: {error}"[:MESSAGE]


class Step(NamedTuple):
    """A check of one row, or where that is faster of many at once; `together` changes nothing if it fails."""

    name: str
    check: Callable[[Verdict], bool]
    together: Callable[[Sequence[Verdict]], list[bool]] | None = None


class Judge:
    """Gives verdicts; the same row always gets the same one, whatever rows stand beside it.

    The steps in order: normalise, "empty", the filters, "held_out" by `find`, and "duplicate": the `keys` by which
    duplicates are found later, for many folded rows at once. With `score_all` filters after one that drops a row
    measure it too, without a say.
    """

    def __init__(
        self,
        filters: Sequence[Filter],
        find: Callable[[Row], Match | None] | None,
        keys: Callable[[Sequence[Row]], list[RowKeys]],
        *,
        score_all: bool = False,
    ) -> None:
        self._filters = frozenset(rule.name for rule in filters)
        self._score_all = score_all
        steps = [
            Step("normalize", _normalized),
            Step("empty", lambda verdict: all(verdict.row.values())),
            *map(_measuring, filters),
            *([_searching(find)] if find else []),
            Step("duplicate", _folded, _folded_together),
            _keying(keys),
        ]
        # A row goes through quick steps in one go; what is faster together judges all rows that are left at once.
        self._stretches = [list(group) for _, group in groupby(steps, key=lambda step: step.together is not None)]

    def __call__(
        self, rows: Sequence[Row], first: int = 1, at: Callable[[int], None] = lambda line: None,
        poison: Container[int] = (), *, singly: bool = False,
    ) -> list[Verdict]:  # fmt: skip
        """The verdicts on rows as they were read. UserErrors of a step pass, any other error is the row's.

        The rows are lines `first` and following. Those in `poison` are not looked at. `at` is told the line before
        work on it, or BATCH before work on many; with `singly` there is no such work.
        """
        verdicts = [Verdict(raw) for raw in rows]
        for line, verdict in enumerate(verdicts, start=first):
            if line in poison:
                verdict.outcome, verdict.error = CRASH, "every process that worked on this line was killed"
        for steps in self._stretches:
            if steps[0].together is None or singly:
                self._one_by_one(steps, verdicts, first, at)
                continue
            for step in steps:
                at(BATCH)
                if not self._judge_together(step, verdicts):
                    self._one_by_one([step], verdicts, first, at)
        return verdicts

    def _one_by_one(
        self, steps: Sequence[Step], verdicts: Sequence[Verdict], first: int, at: Callable[[int], None]
    ) -> None:
        for line, verdict in enumerate(verdicts, start=first):
            if verdict.outcome != KEPT and not self._score_all:
                continue
            at(line)
            for step in steps:
                if verdict.outcome == KEPT or self._measured_anyway(step, verdict):
                    _take(step, verdict)
                elif not self._score_all:
                    break

    def _judge_together(self, step: Step, verdicts: Sequence[Verdict]) -> bool:
        """Whether a step could judge many rows at once; if not, nothing is changed."""
        assert step.together is not None
        concerned = [v for v in verdicts if v.outcome == KEPT or self._measured_anyway(step, v)]
        try:
            passed = step.together(concerned)
        except UserError:
            raise
        except Exception:  # the rows are judged one by one then, and the one that caused it gets the error
            return False
        for verdict, kept in zip(concerned, passed, strict=True):
            if not kept:
                verdict.drop_unless(kept, step.name)
        return True

    def _measured_anyway(self, step: Step, verdict: Verdict) -> bool:
        return self._score_all and step.name in self._filters and verdict.outcome in self._filters


def _take(step: Step, verdict: Verdict) -> None:
    try:
        passed = step.check(verdict)
    except UserError:
        raise
    except Exception as error:
        verdict.fail(step.name, error)
    else:
        verdict.drop_unless(passed, step.name)


def _normalized(verdict: Verdict) -> bool:
    verdict.row = {code: normalize(text) for code, text in verdict.row.items()}
    return True


def _folded(verdict: Verdict) -> bool:
    verdict.folded = {code: fold(text, code) for code, text in verdict.row.items()}
    return True


def _folded_together(verdicts: Sequence[Verdict]) -> list[bool]:
    # Rows of one corpus have the same languages.
    codes = list(verdicts[0].row) if verdicts else []
    columns = [fold_all([verdict.row[code] for verdict in verdicts], code) for code in codes]
    for verdict, sides in zip(verdicts, zip(*columns, strict=True), strict=True):
        verdict.folded = dict(zip(codes, sides, strict=True))
    return [True] * len(verdicts)


def _measuring(rule: Filter) -> Step:
    def check(verdict: Verdict) -> bool:
        scores = rule.score(verdict.row)
        return verdict.measured(rule.name, scores, rule.margin(scores))

    def together(verdicts: Sequence[Verdict]) -> list[bool]:
        found = rule.score_all([verdict.row for verdict in verdicts])
        margins = list(map(rule.margin, found))
        columns = {measure: _column(rule.name, measure) for measure in (found[0] if found else ())}
        for verdict, scores, margin in zip(verdicts, found, margins, strict=True):
            verdict.margins[rule.name] = margin
            for measure, score in scores.items():
                verdict.scores[columns[measure]] = score
        return [margin >= 0 for margin in margins]

    return Step(rule.name, check, together if rule.batched else None)


def _searching(find: Callable[[Row], Match | None]) -> Step:
    def check(verdict: Verdict) -> bool:
        verdict.match = find(verdict.row)
        return verdict.match is None

    return Step("held_out", check)


def _keying(keys: Callable[[Sequence[Row]], list[RowKeys]]) -> Step:
    def together(verdicts: Sequence[Verdict]) -> list[bool]:
        found = keys([verdict.folded or {} for verdict in verdicts])
        for verdict, key in zip(verdicts, found, strict=True):
            verdict.keys = key
        return [True] * len(verdicts)

    return Step("duplicate", lambda verdict: all(together([verdict])), together)


@cache
def _column(name: str, measure: str) -> str:
    return f"{name}.{measure}"


def column_order(filters: Iterable[str]) -> Callable[[str], tuple[int, str]]:
    """Sorts columns `filter.measure`: filters in their own order, their measures by name."""
    places = {name: place for place, name in enumerate(filters)}
    return lambda column: (places[filter_of(column)], column)


def filter_of(column: str) -> str:
    """The filter whose score a column holds."""
    return column.split(".", 1)[0]
