import pytest

from data_pipeline.filters.punctuation import Punctuation


@pytest.mark.parametrize(("row", "punctuation", "digits"), [
    ({"en": "ab, c.", "de": "abcd"}, 0.4, 0.0),
    ({"en": "abcd", "zh": "中文，。"}, 0.5, 0.0),
    ({"en": "a_b", "de": "ab"}, 1 / 3, 0.0),
    ({"en": "a 1 2 3", "ja": "第１２回"}, 0.0, 0.75),
    ({"en": "+ = €", "de": "x"}, 1.0, 0.0),
])  # fmt: skip
def test_score(row: dict[str, str], punctuation: float, digits: float) -> None:
    assert Punctuation().score(row) == {"punctuation": pytest.approx(punctuation), "digits": pytest.approx(digits)}


@pytest.mark.parametrize(("options", "kept"), [
    ({}, True),
    ({"max_punctuation": 0.19}, False),
    ({"max_punctuation": 0.2, "max_digits": 0.4}, True),
    ({"max_digits": 0.39}, False),
])  # fmt: skip
def test_accept(options: dict[str, float], kept: bool) -> None:
    assert Punctuation(**options).accept({"punctuation": 0.2, "digits": 0.4}) is kept
