from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.source_noise import BLANK, KINDS, noised

LINE = " ".join(f"word{i}" for i in range(200))
LINES = ["the old bird sings", "", "a", "the red house is near the tree", "家"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["en", "ja"])
def test_level_0_changes_nothing(kind: str, code: str) -> None:
    assert noised(LINES, kind, 0, code, 1) == LINES


@pytest.mark.parametrize("kind", KINDS)
def test_noise_depends_on_the_number_of_a_sentence_and_the_seed_alone(kind: str) -> None:
    """Whatever stands beside it, and however the text is cut into batches."""
    lines = [LINE, LINE, "a b c d e f", LINE]
    level = 4 if kind == "shuffle" else 0.3
    found = noised(lines, kind, level, "en", 1)
    assert noised(lines[:2], kind, level, "en", 1) == found[:2]
    assert found[0] != found[1] and found[0] != LINE
    assert noised(lines, kind, level, "en", 2)[0] != found[0]


@pytest.mark.parametrize(("kind", "left"), [("drop", 140), ("blank", 200)])
def test_about_the_share_of_words_is_hit(kind: str, left: int) -> None:
    words = " ".join(noised([LINE] * 20, kind, 0.3, "en", 1)).split()
    assert len(words) / 20 == pytest.approx(left, rel=0.05)
    assert words.count(BLANK) / 20 == pytest.approx(60 if kind == "blank" else 0, rel=0.1)


@pytest.mark.parametrize("kind", ["drop", "blank"])
def test_a_word_that_is_hit_stays_hit_at_higher_levels(kind: str) -> None:
    low, high = (Counter(noised([LINE], kind, share, "en", 1)[0].split()) for share in (0.1, 0.4))
    assert Counter(LINE.split()) & low > Counter(LINE.split()) & high


@given(length=st.integers(1, 30), window=st.floats(1.01, 10), seed=st.integers(0, 99))
def test_a_shuffled_word_stays_within_the_window(length: int, window: float, seed: int) -> None:
    words = [f"w{i}" for i in range(length)]
    found = noised([" ".join(words)], "shuffle", window, "en", seed)[0].split()
    assert sorted(found) == sorted(words)
    assert all(abs(found.index(word) - at) < window for at, word in enumerate(words))


def test_one_word_is_left_and_an_empty_line_stays_empty() -> None:
    lines = noised(["a b c", "d", ""], "drop", 1, "en", 1)
    assert [len(line.split()) for line in lines] == [1, 1, 0]
    assert all(noised([""], kind, 2 if kind == "shuffle" else 1, "en", 1) == [""] for kind in KINDS)


def test_where_there_are_no_spaces_characters_are_words() -> None:
    line = "古い家の近く"
    assert noised([line], "blank", 1, "ja", 1) == [BLANK * 6]
    assert sorted(noised([line], "shuffle", 9, "zh", 3)[0]) == sorted(line)
