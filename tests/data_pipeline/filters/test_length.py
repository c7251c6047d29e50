import pytest

from data_pipeline.filters.length import Length


@pytest.mark.parametrize(("row", "scores"), [
    ({"en": "two words", "de": "drei kurze Wörter"}, {"shortest": 2, "longest": 3, "characters": 17}),
    ({"en": "Hello there", "zh": "你好 世界"}, {"shortest": 2, "longest": 4, "characters": 11}),
    ({"en": "x", "ja": "一二三", "ko": "가 나"}, {"shortest": 1, "longest": 3, "characters": 3}),
])  # fmt: skip
def test_score(row: dict[str, str], scores: dict[str, float]) -> None:
    assert Length().score(row) == scores


@pytest.mark.parametrize(("options", "kept"), [
    ({}, True),
    ({"min_tokens": 2}, True),
    ({"min_tokens": 3}, False),
    ({"max_tokens": 4}, True),
    ({"max_tokens": 3}, False),
    ({"max_characters": 11}, True),
    ({"max_characters": 10}, False),
])  # fmt: skip
def test_accept(options: dict[str, int], kept: bool) -> None:
    assert Length(**options).keeps({"en": "Hello there", "zh": "你好世界"}) is kept
