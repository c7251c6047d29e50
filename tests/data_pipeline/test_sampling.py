import random
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.sampling import count_text, draw, is_blank, line_quotas, lines_of
from vega.normalize import normalize
from vega.settings import Corpus

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


@given(st.integers(1, 200), st.integers(0, 600), st.integers())
def test_draw_yields_the_quota_evenly_and_in_order(count: int, quota: int, seed: int) -> None:
    items = [f"{i:03}" for i in range(count)]
    drawn = list(draw(iter(items), count, quota, random.Random(seed)))
    assert len(drawn) == quota
    assert drawn == sorted(drawn)
    times = [drawn.count(item) for item in items]
    assert max(times) - min(times) <= 1


def test_draw_is_uniform() -> None:
    hits = [0] * 10
    generator = random.Random(1)
    for _ in range(2000):
        for item in draw(iter("0123456789"), 10, 3, generator):
            hits[int(item)] += 1
    assert all(abs(h - 600) < 100 for h in hits)  # 600 expected, standard deviation 20


def test_draw_notices_a_wrong_count() -> None:
    with pytest.raises(ValueError):
        list(draw(iter("ab"), 3, 3, random.Random(1)))


def test_quotas_follow_the_temperature_and_the_limit() -> None:
    lines = {"en": 1000, "ja": 10}
    assert line_quotas(lines, 1.0, 10_000) == lines
    assert line_quotas(lines, 1.0, 101) == {"en": 100, "ja": 1}
    even = line_quotas(lines, 1e9, 500)
    assert even == {"en": 250, "ja": 250}
    between = line_quotas(lines, 5.0, 500)
    assert 1 < between["en"] / between["ja"] == pytest.approx(100 ** (1 / 5), rel=0.02)


@given(st.text("a \t\x85\u3000\u200b\xad\x07é", max_size=5))
def test_blank_is_what_normalising_leaves_nothing_of(line: str) -> None:
    assert is_blank(line) == (normalize(line) == "")


def test_lines_are_counted_as_they_are_drawn(write_corpus: WriteCorpus) -> None:
    """Monolingual text too."""
    pairs = write_corpus("pairs", {"en": ["a", " ", "b"], "de": ["x", "y", "\u200b"]})
    mono = write_corpus("mono", {"de": ["", "z"]})
    counted = count_text([pairs, mono])
    assert counted == {"de": 3, "en": 2}
    assert [list(lines_of([pairs, mono], code)) for code in counted] == [["x", "y", "z"], ["a", "b"]]
