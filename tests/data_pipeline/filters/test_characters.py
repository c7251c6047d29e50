import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from data_pipeline.filters import characters
from data_pipeline.filters.characters import MARKS, Census, census
from vega.languages import LANGUAGES
from vega.letters import ALPHABETS, CHARACTER_SETS, belongs, is_usual


@given(st.text(), st.sampled_from(sorted(LANGUAGES)))
def test_the_count_is_that_of_a_look_at_every_character(text: str, code: str) -> None:
    letters = [character for character in text if character.isalpha()]
    own = [letter for letter in letters if belongs(letter, code)]
    signs = [sign for sign in text if sign in MARKS or unicodedata.category(sign)[0] in "PS"]
    (counts,) = census([{code: text}])
    assert [number for (number,) in counts] == [*Census(
        visible=max(1, sum(not character.isspace() for character in text)),
        letters=len(letters),
        unusual=sum(not is_usual(letter, code) for letter in own),
        foreign=len(letters) - len(own),
        digits=sum(map(str.isdecimal, text)),
        signs=len(signs),
        marks=sum(sign in MARKS for sign in text),
    )]  # fmt: skip


def test_many_rows_are_counted_in_their_order() -> None:
    rows = [{"en": "a" * (number % 700), "de": "." * (number % 300)} for number in range(1500)]
    one, other = census(rows)
    assert one.letters.tolist() == [number % 700 for number in range(1500)]
    assert other.signs.tolist() == [number % 300 for number in range(1500)]


def test_lines_are_counted_once_as_long_as_they_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    count = characters._count

    def counting(lines: list[str], code: str) -> NDArray[np.int64]:
        counted.extend(lines)
        return count(lines, code)

    monkeypatch.setattr(characters, "_count", counting)
    monkeypatch.setattr(characters, "_known", {})
    monkeypatch.setattr(characters, "_REMEMBERED", 3)
    first, second = ([{"en": line} for line in text] for text in ("abca", "de"))
    for rows in (first, first, second, first):
        assert census(rows)[0].letters.tolist() == [1] * len(rows)
    assert "".join(counted) == "abc" + "de" + "abc"


def test_no_rows() -> None:
    assert census([]) == []


def test_every_language_has_an_alphabet() -> None:
    assert set(LANGUAGES) == {*ALPHABETS, *CHARACTER_SETS}


@pytest.mark.parametrize(("code", "usual", "unusual"), [
    ("de", "äÖßẞéÉ", "řıŁðș".replace("ı", "")),
    ("cs", "řŮďx", "ßğãő".replace("ã", "")),
    ("ru", "ёЩ", "їґђө"),
    ("uk", "їҐ", "ђө"),
    ("zh", "国國汉漢图", "働込"),
    ("ja", "働込ぁヴー々", "汉这们"),
    ("ko", "한글ㄱ", "ힷ"),
])  # fmt: skip
def test_usual_letters(code: str, usual: str, unusual: str) -> None:
    assert [letter for letter in usual if not is_usual(letter, code)] == []
    assert [letter for letter in unusual if is_usual(letter, code)] == []
