from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data_pipeline.filters.repetition import Repetition


@pytest.mark.parametrize(("row", "share", "loop"), [
    ({"en": "every word is another", "de": "jedes Wort ist ein anderes"}, 0.0, 0),
    ({"en": "ha ha ha ha", "de": "x"}, 2 / 3, 0),
    ({"en": "the man and the woman", "de": "x"}, 0.0, 0),
    ({"en": "the man and the man", "de": "x"}, 0.25, 0),
    ({"en": "x", "ja": "ありがとうありがとう"}, 2 / 7, 0),
    ({"en": "x", "de": "hahahahahahahahahahaha"}, 0.0, 22),
    ({"en": "x" * 15, "de": "=" * 30}, 0.0, 30),
    ({"en": "Donaudampfschifffahrtsgesellschaft", "de": "x"}, 0.0, 0),
])  # fmt: skip
def test_score(row: dict[str, str], share: float, loop: int) -> None:
    assert Repetition(slack=0).score(row) == {"share": pytest.approx(share), "loop": loop}


def test_slack_is_lenient_with_short_lines() -> None:
    assert Repetition(slack=2).score({"en": "no no no"})["share"] == 0.25


@given(st.lists(st.text("abc", min_size=1, max_size=3), max_size=12))
def test_the_quick_way_counts_as_the_plain_one(words: list[str]) -> None:
    bigrams = list(pairwise(words))
    share = (len(bigrams) - len(set(bigrams))) / (len(bigrams) or 1)
    assert Repetition(slack=0).score({"en": " ".join(words)})["share"] == pytest.approx(share)


@given(st.text("abc", max_size=20))
@example("abcdabcd")
def test_the_quick_way_counts_characters_as_the_plain_one(text: str) -> None:
    grams = [text[start : start + 4] for start in range(len(text) - 3)]
    share = (len(grams) - len(set(grams))) / (len(grams) or 1)
    assert Repetition(slack=0).score({"zh": text})["share"] == pytest.approx(share)


@pytest.mark.parametrize("code", ["en", "zh"])
@given(st.text("xyz", max_size=3), st.text("abcdefgh", min_size=1, max_size=8), st.integers(16, 40))
@example("", "abcdefgh", 16)
def test_no_long_loop_is_overlooked(code: str, before: str, unit: str, length: int) -> None:
    loop = (unit * length)[: length // len(unit) * len(unit)]
    if len(loop) >= 16:
        assert Repetition().score({code: before + loop})["loop"] >= len(loop)


@pytest.mark.parametrize(("scores", "kept"), [
    ({"share": 0.5, "loop": 20}, True), ({"share": 0.51, "loop": 0}, False), ({"share": 0.0, "loop": 21}, False),
])  # fmt: skip
def test_accept(scores: dict[str, float], kept: bool) -> None:
    assert Repetition().accept(scores) is kept
