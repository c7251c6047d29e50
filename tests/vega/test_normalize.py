import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.normalize import normalize
from vega.settings import Form


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


FORMS = [Form(entities=e, width=w, punctuation=p) for e in (False, True) for w in (False, True) for p in (False, True)]
#: Pieces that are near one another's edge: entities in entities, in full width, cut by what is deleted.
pieces = st.lists(
    st.sampled_from(
        ["&", "amp", ";", "#38", "#x26", "lt", "＆", "ａ", "；", "\u200b", "«", " ", "»", "ﾊ", "ﾞ", "カ", "“", "…", "`"]
    )
    | st.text(max_size=3)
).map("".join)


@pytest.mark.parametrize("form", FORMS, ids=str)
@given(line=pieces, language=st.sampled_from(["", "de", "fr", "ja", "zh"]))
def test_twice_is_once_in_every_form(form: Form, line: str, language: str) -> None:
    result = normalize(line, form, language)
    assert normalize(result, form, language) == result
    assert normalize(result) == result


@given(st.text(), st.sampled_from(["de", "ja"]))
def test_the_form_that_asks_for_nothing_is_the_plain_one(line: str, language: str) -> None:
    assert normalize(line, Form(), language) == normalize(line)


@pytest.mark.parametrize(
    ("options", "language", "line", "plain"),
    [
        ("entities", "de", "Tom &amp; Jerry&nbsp;&#8211; &quot;x&quot;", 'Tom & Jerry – "x"'),
        ("entities", "de", "&amp;amp;lt;", "<"),
        ("entities", "en", "?a=1&copy=2 AT&T &nosuch; &;", "?a=1&copy=2 AT&T &nosuch; &;"),
        ("width", "zh", "ＡＢＣ１２３，（中文）。", "ABC123，（中文）。"),
        ("width", "ja", "ﾊﾞｯﾁ｡", "バッチ。"),
        ("width", "ja", "Ｃ＋＋", "C＋＋"),
        ("width", "de", "Ｃ＋＋！", "C++!"),
        ("punctuation", "de", "„So“ – sagte er’s …", '"So" - sagte er\'s ...'),
        ("punctuation", "fr", "« Oui » et «non»", '"Oui" et "non"'),
        ("punctuation", "de", "er »sagte« es", 'er "sagte" es'),
        ("punctuation", "zh", "“是”——…", "“是”——…"),
    ],
)
def test_forms(options: str, language: str, line: str, plain: str) -> None:
    assert normalize(line, Form(**{options: True}), language) == plain
    assert normalize(line, Form(), language) == line.replace("\u00a0", " ")
