import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.normalize import normalize


@given(st.text())
def test_twice_is_once(line: str) -> None:
    assert normalize(normalize(line)) == normalize(line)


@given(st.text())
def test_result_is_composed_without_controls_and_with_plain_single_spaces(line: str) -> None:
    result = normalize(line)
    assert unicodedata.is_normalized("NFC", result)
    assert not any(unicodedata.category(c) == "Cc" for c in result)
    assert result.split(" ") == result.split() or result == ""


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_no_letter_digit_or_mark_is_lost(line: str) -> None:
    assert normalize(line) == unicodedata.normalize("NFC", line)


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("  a\t b\u00a0c\u3000d ", "a b c d"),
        ("cafe\u0301", "café"),
        ("e\u200b\u0301", "é"),
        ("\ufeffbegin", "begin"),
        ("soft\u00adhyphen", "softhyphen"),
        ("bell\x07 and\x85next", "bell and next"),
        ("全角，标点。", "全角，标点。"),
        ("a\u200db", "a\u200db"),
        ("", ""),
    ],
)
def test_examples(line: str, plain: str) -> None:
    assert normalize(line) == plain
