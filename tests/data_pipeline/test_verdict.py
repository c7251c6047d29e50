"""One verdict per row, whatever fails, and whatever rows stand beside it."""

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.dedup.keys import RowKeys
from data_pipeline.filters import Filter, Row, Scores
from data_pipeline.verdict import BATCH, CRASH, KEPT, Judge, Verdict
from vega.errors import UserError


class Letters(Filter):
    """Drops rows with `drops`, fails on rows with `fails`."""

    name: ClassVar[str] = "letters"
    drops: str = "d"
    fails: str = "f"

    def score(self, row: Row) -> Scores:
        text = row["en"]
        if self.fails in text:
            raise ValueError(text)
        return {"drops": float(self.drops in text), "length": float(len(text))}

    def accept(self, scores: Scores) -> bool:
        return not scores["drops"]


class Model(Letters):
    name: ClassVar[str] = "model"
    batched: ClassVar[bool] = True


def keys(rows: Sequence[Row]) -> list[RowKeys]:
    if any("k" in row["en"] for row in rows):
        raise RuntimeError("no key")
    return [RowKeys(row["en"].encode(), 2, (), ()) for row in rows]


def judge(score_all: bool = False) -> Judge:
    filters: list[Filter] = [Letters(drops="a", fails="b"), Model(drops="c", fails="e")]
    return Judge(filters, None, keys, score_all=score_all)


def rows(texts: Sequence[str]) -> list[Row]:
    return [{"en": text, "de": "x"} for text in texts]


def expected(text: str) -> str:
    """The steps in words."""
    text = text.strip()
    order = [("b", "error:letters"), ("a", "letters"), ("e", "error:model"), ("c", "model"), ("k", "error:duplicate")]
    if not text:
        return "empty"
    return next((outcome for letter, outcome in order if letter in text), KEPT)


def facts(verdict: Verdict) -> tuple[Any, ...]:
    return verdict.outcome, verdict.error, verdict.scores, verdict.margins, verdict.keys


@given(st.lists(st.text("abcekxyz ", max_size=4), max_size=12), st.booleans(), st.booleans())
def test_the_first_step_that_objects_decides(texts: list[str], score_all: bool, singly: bool) -> None:
    verdicts = judge(score_all)(rows(texts), singly=singly)
    assert [verdict.outcome for verdict in verdicts] == [expected(text) for text in texts]
    for verdict, text in zip(verdicts, texts, strict=True):
        alone = judge(score_all)(rows([text]), singly=True)[0]
        assert facts(verdict) == facts(alone)
        assert (verdict.error is None) == (not verdict.outcome.startswith("error:"))
        assert (verdict.keys is None) == (verdict.outcome != KEPT)


def test_score_all_measures_what_was_dropped_but_has_no_say() -> None:
    dropped, failed = judge(score_all=True)(rows(["a c", "a e"]))
    assert dropped.outcome == failed.outcome == "letters"
    assert set(dropped.scores) == {"letters.drops", "letters.length", "model.drops", "model.length"}
    assert set(failed.scores) == {"letters.drops", "letters.length"} and failed.error is None
    assert set(judge()(rows(["a c"]))[0].scores) == {"letters.drops", "letters.length"}


def test_poison_is_not_touched_and_every_line_is_announced() -> None:
    told: list[int] = []
    verdicts = judge()(rows(["x", "b", "y"]), 10, told.append, {11})
    assert [verdict.outcome for verdict in verdicts] == [KEPT, CRASH, KEPT]
    assert set(told) == {10, 12, BATCH}
    told.clear()
    judge()(rows(["x", "b", "y"]), 10, told.append, {11}, singly=True)
    assert set(told) == {10, 12}


def test_a_users_mistake_ends_the_work() -> None:
    class Missing(Letters):
        def score(self, row: Row) -> Scores:
            raise UserError("the model is not there")

    with pytest.raises(UserError, match="the model is not there"):
        Judge([Missing()], None, keys)(rows(["x"]))
