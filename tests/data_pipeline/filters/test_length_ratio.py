import pytest

from data_pipeline.filters.length_ratio import LengthRatio


@pytest.mark.parametrize(("row", "kept"), [
    ({"en": "x" * 100, "de": "x" * 119}, True),
    ({"en": "x" * 100, "de": "x" * 400}, False),
    ({"en": "x" * 400, "de": "x" * 100}, False),
    ({"en": "x" * 100, "zh": "字" * 30}, True),
    ({"en": "x" * 100, "zh": "字" * 110}, False),
    ({"en": "x" * 100, "de": "x" * 30}, False),
    ({"zh": "字" * 30, "en": "x" * 100}, True),
    ({"ja": "字" * 50, "zh": "字" * 32}, True),
    ({"en": "OK", "cs": "V pořádku"}, True),
    ({"en": "x" * 100, "de": "x" * 119, "zh": "字" * 200}, False),
])  # fmt: skip
def test_rows(row: dict[str, str], kept: bool) -> None:
    assert LengthRatio().keeps(row) is kept


def test_expected_length_scores_one_in_both_orders() -> None:
    rule = LengthRatio(slack=0, expected={"en-zh": 0.25})
    assert rule.score({"en": "x" * 100, "zh": "字" * 25}) == {"zh": 1.0}
    assert rule.score({"zh": "字" * 25, "en": "x" * 100}) == {"en": 1.0}
    assert rule.score({"en": "x" * 100, "zh": "字" * 50}) == {"zh": 2.0}
    assert rule.score({"en": "x" * 100, "zh": ""}) == {"zh": float("inf")}


def test_each_side_is_measured_against_the_first() -> None:
    assert LengthRatio(slack=0).score({"en": "x" * 100, "de": "x" * 119, "ru": "x" * 206}) == {"de": 1.0, "ru": 2.0}
