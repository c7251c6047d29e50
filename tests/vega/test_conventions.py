"""Conventions are learnt where text is clear, and restored without touching anything else."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vega.conventions import Clarity, Conventions, Rule, apply, choose, count, deviations, learn
from vega.conventions.protected import protected_spans
from vega.conventions.quotes import OUTER, PAIRS, find_pairs
from vega.settings import PostprocessOptions

LITERALS = (
    "https://example.org/a_(b)?c=1,2&d=e", "www.example.org/x", "me.you@mail.example.org", "#PRS_ORG#", "{name}", "%s",
    "%(count)d", "${HOME}", "`a \"b\" - c...`", '<a href="x">', "&amp;", "--option", "--style=\"x\"", "1'000",
    "f(\"x\", 1)", "/etc/fstab.d", "file.txt", "1,234.56", "3.14", "12:30", "２０２２", "1 000 000", "2020-2021",
)  # fmt: skip
#: What conventions are about, in two scripts, and everything that surrounds it.
PIECES = (
    '"', "“", "”", "„", "«", "»", "「", "」", "『", "』", "‘", "’", "‚", "'", "(", ")", "（", "）", ",", "，", "、",
    ".", "。", ":", "：", ";", "?", "？", "!", "！", "...", "…", "……", " - ", " – ", " — ", "-", " ", " ", " ",
    "\u00a0", "\u202f", "中文", "字", "カナ", "word", "Wort", "слово", "a", "5", "12", "O'Neil", "don’t",
)  # fmt: skip
LINES = st.lists(st.sampled_from(PIECES) | st.sampled_from([f" {each} " for each in LITERALS]), max_size=14).map(
    "".join
)

#: For each language the ways to write each thing of which one is chosen.
CHOICES = {
    "de": {
        "quotes": sorted(OUTER), "inner quotes": sorted(PAIRS), "ellipsis": [("...",), ("…",)],
        "dash between words": [("-",), ("–",), ("—",)], "apostrophe": [("'",), ("’",)],
        **{f"space before {mark}": [("",), (" ",), ("\u202f",)] for mark in ",.:;?!"},
        "space inside «»": [("", ""), (" ", " ")], 'space inside ""': [("", "")],
    },
    "zh": {
        "quotes": sorted(OUTER), "inner quotes": sorted(PAIRS), "ellipsis": [("...",), ("……",)],
        **{f"brackets around {kind} text": [("(", ")"), ("（", "）")] for kind in ("CJK", "other")},
        "mark ,": [(",",), ("，",), ("、",)], "mark .": [(".",), ("。",)], "mark :": [(":",), ("：",)],
        "mark ?": [("？",)],
        **{f"space after {mark}": [("",), (" ",)] for mark in "，。：？”」）"},
        **{f"space before {mark}": [("",), (" ",)] for mark in "“「（"},
        "space from CJK to Latin or digits": [("",), (" ",)], "space from Latin or digits to CJK": [("",), (" ",)],
        "space between CJK letters": [("",)],
    },
}  # fmt: skip


def by(language: str, choices: dict[str, tuple[str, ...]]) -> Conventions:
    """Conventions with these choices."""
    return Conventions(language, 0, {feature: Rule({}, {}, choice) for feature, choice in choices.items()})


@st.composite
def conventions(draw: st.DrawFn) -> Conventions:
    language = draw(st.sampled_from(sorted(CHOICES)))
    every = CHOICES[language]
    return by(
        language, {feature: draw(st.sampled_from(ways)) for feature, ways in every.items() if draw(st.booleans())}
    )


@settings(max_examples=150)
@given(conventions(), LINES)
@example(by("de", {"quotes": ("„", "“")}), 'a "b" "c')
@example(by("zh", {"space after ）": ("",), "mark ,": ("，",)}), "（字） ,字")  # takes two rounds
def test_applied_again_nothing_changes(found: Conventions, line: str) -> None:
    once = apply(line, found)
    assert apply(once, found) == once


@settings(max_examples=150)
@given(conventions(), st.lists(st.tuples(LINES, st.sampled_from(LITERALS)), min_size=1, max_size=4), LINES)
def test_numbers_addresses_code_and_placeholders_survive(
    found: Conventions, parts: list[tuple[str, str]], end: str
) -> None:
    line = "".join(f"{text} {literal} " for text, literal in parts) + end
    changed = apply(line, found)
    assert [span.text for span in protected_spans(changed)] == [span.text for span in protected_spans(line)]
    for _, literal in parts:
        assert literal in changed


def test_a_change_that_would_become_part_of_an_address_is_not_made() -> None:
    found = by("zh", {"brackets around other text": ("(", ")"), "brackets around CJK text": ("(", ")")})
    assert apply("见 https://x.org（abc）字", found) == "见 https://x.org（abc）字"
    assert apply("见 https://x.org（字）", found) == "见 https://x.org(字)"


@given(conventions(), LINES)
def test_letters_and_digits_stay_in_their_order(found: Conventions, line: str) -> None:
    assert [c for c in apply(line, found) if c.isalnum()] == [c for c in line if c.isalnum()]


@pytest.mark.parametrize("literal", LITERALS)
def test_each_kind_is_protected(literal: str) -> None:
    covered = "".join(span.text for span in protected_spans(f"a {literal} b"))
    assert covered == literal


@given(st.sampled_from(sorted(OUTER)), st.lists(st.sampled_from(["ja", "nein, doch", "ja"]), min_size=1, max_size=4))
def test_straight_pairs_become_the_convention_and_a_line_by_it_stays(marks: tuple[str, str], texts: list[str]) -> None:
    found = by("de", {"quotes": marks})
    right = " und ".join(f"{marks[0]}{text}{marks[1]}" for text in texts)
    straight = " und ".join(f'"{text}"' for text in texts)
    assert apply(straight, found) == right
    assert apply(right, found) == right
    assert not deviations(right, found)


@pytest.mark.parametrize(
    "line",
    [
        'Er sagte: "Das ist alles.',  # the end is in the next line
        'Das ist alles."',
        'ein 27" Monitor und ein "Wort"',
        'f("x") = ""',
        "rock 'n' roll, O'Neil, 'so'",
        'Wort"Wort" "',
        "„Das ist“ alles”",
        "«a„ b» c“",
    ],
)
def test_what_cannot_be_paired_is_left_alone(line: str) -> None:
    assert apply(line, by("de", {"quotes": ("»", "«"), "inner quotes": ("›", "‹")})) == line


def test_nested_pairs_have_their_own_convention() -> None:
    found = by("cs", {"quotes": ("„", "“"), "inner quotes": ("‚", "‘")})
    assert apply('Řekl: "Četl jsem "Proces" včera," a šel.', found) == "Řekl: „Četl jsem ‚Proces‘ včera,“ a šel."
    assert find_pairs("“It’s ‘so’,” he said; the dogs’ tails") == [(6, 9, 1, ("‘", "’")), (0, 11, 0, ("“", "”"))]


@pytest.mark.parametrize(
    ("language", "choices", "before", "after"),
    [
        ("zh", {"quotes": ("“", "”")}, '他说"好"，走了', "他说“好”，走了"),
        ("zh", {"brackets around CJK text": ("（", "）")}, "价格(不含税)和(VAT)", "价格（不含税）和(VAT)"),
        ("zh", {"mark ,": ("，",), "mark .": ("。",)}, "好,走.第3.5节,见a.b.", "好，走。第3.5节，见a.b."),
        ("zh", {"mark ,": ("，",), "space after ，": ("",)}, "好, 走", "好，走"),
        ("zh", {"mark ,": ("，",)}, "好、走", "好、走"),
        ("ja", {"space from CJK to Latin or digits": ("",)}, "私は iPhone 12を買う", "私はiPhone 12を買う"),
        ("zh", {"space from Latin or digits to CJK": (" ",)}, "用3个Python包", "用3 个Python 包"),
        ("fr", {"quotes": ("«", "»"), "space inside «»": (" ", " ")}, 'un "mot" ici', "un « mot » ici"),
        ("fr", {"space before ?": (" ",), "space before :": (" ",)}, "Oui? Note: 12:30", "Oui ? Note: 12:30"),
        ("en", {"space before .": ("",), "space before ,": ("",)}, "Yes , no ...", "Yes, no ..."),
        ("ru", {"dash between words": ("—",)}, "это - слово, 5 - 3, из-за", "это — слово, 5 - 3, из-за"),
        ("de", {"ellipsis": ("…",)}, "Na... ../x 1...2", "Na… ../x 1…2"),
        ("uk", {"apostrophe": ("’",)}, "п'ять 'слів'", "п’ять 'слів'"),
    ],
)  # fmt: skip
def test_each_convention_is_restored(
    language: str, choices: dict[str, tuple[str, ...]], before: str, after: str
) -> None:
    assert apply(before, by(language, choices)) == after


def test_only_what_is_clear_is_learnt() -> None:
    text = ["„a b“ ist"] * 66 + ['"a b" ist'] * 34
    assert learn(text, "de").choices["quotes"] == ("„", "“")
    assert "quotes" not in learn(text, "de", Clarity(share=0.67)).choices
    assert "quotes" not in learn(text, "de", Clarity(count=101)).choices
    assert "quotes" in learn(text, "de", Clarity(count=100)).choices
    assert learn(text, "de").rules["quotes"].counts == {("„", "“"): 66, ('"', '"'): 34}


def test_a_large_corpus_with_a_style_of_its_own_does_not_speak_for_the_others() -> None:
    manual = count(['Klicken Sie auf "OK" hier'] * 1000, "de")
    news = [count(["Er sagte „ja“ dazu"] * 40, "de") for _ in range(3)]
    few = count(['ein "Wort" da'] * 19, "de")
    rule = choose([manual, *news, few], "de").rules["quotes"]
    assert rule.shares == {("„", "“"): 0.75, ('"', '"'): 0.25}
    assert rule.choice == ("„", "“")
    assert choose([manual, news[0]], "de").rules["quotes"].choice is None


def test_code_in_training_text_is_not_learnt_from() -> None:
    assert learn(['=PROPER("a b")', '<a href="x">', '`"x"`', 'ein 5" Rohr'] * 100, "de").rules == {}


def test_conventions_are_read_as_they_were_written() -> None:
    found = learn(["„a b“ ist – so ...", "«a» und (b) ..."] * 60, "de")
    written = json.loads(json.dumps(found.as_json()))
    read = Conventions.from_json(written)
    assert read.choices == found.choices and found.choices
    assert read.as_json() == written


def test_the_recipe_asks_for_the_same_clarity_as_the_analysis() -> None:
    options = PostprocessOptions()
    assert Clarity(options.min_share, options.min_count) == Clarity()
