import pytest

from data_pipeline.filters.markup import Markup


@pytest.mark.parametrize("text", [
    "<b>bold</b>", "<a href='x.html' class=y>", "<br/>", "&lt;p&gt;", "&amp;", "&#8221;", "<!-- note -->",
    "<!DOCTYPE html>",
    "https://example.org/a?b=c", "me.you@example.org", "std::vector<int>", "max_value", "$HOME", "${x}", "a == b",
])  # fmt: skip
def test_markup_is_found(text: str) -> None:
    assert Markup().score({"en": f"some words {text} and more", "de": "x"})["share"] > 0


@pytest.mark.parametrize(
    "text", ["Profit & Loss", "3 < 5 and 7 > 6", "Really? (Yes!)", "10:30; 11:00", "and/or", "50 %"]
)
def test_text_is_not_markup(text: str) -> None:
    assert Markup().score({"en": text, "de": "x"}) == {"share": 0.0, "unmatched": 0}


def test_the_share_counts_no_spaces() -> None:
    assert Markup().score({"en": "<a b>cd ef</a>", "de": "x"})["share"] == pytest.approx(8 / 12)


@pytest.mark.parametrize(("first", "second", "unmatched"), [
    ("<b>bold</b> text", "<b>fetter</b> Text", 0),
    ("<B>bold</B> text", "<b class=x>fetter</b> Text", 0),
    ("<b>bold</b> text", "fetter Text", 2),
    ("<b>bold</b> text", "<i>fetter</i> Text", 4),
    ("a<br>b", "a<br/>b", 0),
    ("open <file>", "<Datei> öffnen", 0),
    ("&lt;p&gt;text", "Text", 1),
])  # fmt: skip
def test_tags_without_their_like(first: str, second: str, unmatched: int) -> None:
    assert Markup().score({"en": first, "de": second})["unmatched"] == unmatched
    assert Markup().score({"de": second, "en": first})["unmatched"] == unmatched


def test_words_that_are_marks_for_a_time_are_searched_in_line_time() -> None:
    Markup().score({"en": "<" * 5000, "de": "a." * 5000 + "@"})


@pytest.mark.parametrize(("options", "kept"), [
    ({}, False), ({"max_unmatched": 1}, True), ({"max_unmatched": 1, "max_share": 0.1}, False),
])  # fmt: skip
def test_accept(options: dict[str, float], kept: bool) -> None:
    assert Markup(**options).accept({"share": 0.2, "unmatched": 1}) is kept
