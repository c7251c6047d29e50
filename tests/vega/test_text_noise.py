from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.text_noise import NEIGHBOURS, has_case, joined, with_case, with_typos

LINE = "Der alte Baum, 12 Häuser: это дом."
TEXT = st.text(st.sampled_from("abcXYZ äß дом 家木 12 .,"), max_size=60)


def test_case() -> None:
    assert with_case(LINE, "lower") == "der alte baum, 12 häuser: это дом."
    assert with_case(LINE, "upper") == "DER ALTE BAUM, 12 HÄUSER: ЭТО ДОМ."
    assert with_case("don't  stop «now»", "title") == "Don't  Stop «now»"
    assert [code for code in ("en", "ru", "ja", "zh", "ko") if has_case(code)] == ["en", "ru"]


def test_lines_are_joined_as_the_language_is_written() -> None:
    assert joined("Ja.", "Nein.", "de") == "Ja. Nein."
    assert joined("はい。", "いいえ。", "ja") == "はい。いいえ。"


@given(text=TEXT, rate=st.floats(0.01, 1), seed=st.integers())
def test_typos_touch_letters_only_and_depend_on_the_seed_alone(text: str, rate: float, seed: int) -> None:
    typed = with_typos(text, rate, random.Random(seed))
    assert typed == with_typos(text, rate, random.Random(seed))
    assert [c for c in typed if not c.isalpha()] == [c for c in text if not c.isalpha()]
    letters = sum(c.isalpha() for c in text)
    assert len(text) - letters <= len(typed) <= len(text) + letters


def test_a_line_with_typos_has_one_at_least_and_about_the_rate() -> None:
    changed = [with_typos("a" * 400, 0.1, random.Random(seed)) for seed in range(50)]
    # no letter can be swapped with its like; of drop, repeat and neighbour only the last leaves another letter
    other = sum(sum(c != "a" for c in text) for text in changed) / 50
    assert other == pytest.approx(400 * 0.1 / 3, rel=0.2)
    assert all(with_typos("ab", 1e-9, random.Random(seed)) != "ab" for seed in range(50))
    assert with_typos("12.", 1.0, random.Random(1)) == "12."


def test_every_kind_of_typo_occurs() -> None:
    found = Counter(with_typos("be", 1e-9, random.Random(seed)) for seed in range(400))
    assert {"eb", "e", "b", "bbe", "bee"} <= set(found)
    assert set(found) - {"eb", "e", "b", "bbe", "bee"} == {
        *(c + "e" for c in NEIGHBOURS["b"]), *("b" + c for c in NEIGHBOURS["e"])
    }  # fmt: skip
    assert all(key in NEIGHBOURS[near] for key, nears in NEIGHBOURS.items() for near in nears)
