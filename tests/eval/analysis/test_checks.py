"""Faults are found where they are planted, and nowhere in the reference."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import vega.recipes
from eval.analysis.check import Text
from eval.analysis.copies import Untranslated
from eval.analysis.digits import DigitsMissing
from eval.analysis.names import NamesMissing
from eval.analysis.run import analyse

PAIRS = ("en-de", "en-ru", "en-cs", "en-ja", "en-zh", "ja-en", "ru-en", "zh-ja")
RATES = (
    "copied", "untranslated", "wrong_language", "over_long", "under_long", "empty", "repeated", "digits_missing",
    "names_missing", "quotes_off", "punctuation_off",
)  # fmt: skip
FRENCH = "Ceci est une phrase assez longue, qui est écrite dans une autre langue que la bonne."


@cache
def lines(code: str) -> list[str]:
    """The test lines of the demo: real text, 200 lines."""
    folder = Path(str(vega.recipes.__path__[0])) / "demo_data"
    return (folder / f"test.{code}").read_text(encoding="utf-8").splitlines()


@cache
def text(direction: str) -> Text:
    source, target = direction.split("-")
    return Text(lines(source), lines(target), source, target)


def judge(direction: str, output: list[str], source: list[str] | None = None, reference: list[str] | None = None):
    """The one system's row of analysis.json."""
    of = text(direction)
    found = analyse("help", direction, source or of.source, reference or of.reference, {"ours": output}, {}, None)
    return found.systems[0]


@pytest.mark.parametrize("direction", PAIRS)
def test_the_reference_has_no_faults(direction: str) -> None:
    row = judge(direction, list(text(direction).reference))
    assert row["rates"].pop("length_ratio") == 1
    assert list(row["rates"]) == list(RATES)
    assert set(row["rates"].values()) <= {0.0, None}
    assert row["rates"]["copied"] == row["rates"]["empty"] == row["rates"]["wrong_language"] == 0
    assert not any(row["examples"].values())


@pytest.mark.parametrize("direction", PAIRS)
def test_the_source_is_copied_and_untranslated(direction: str) -> None:
    rates = judge(direction, list(text(direction).source))["rates"]
    assert rates["copied"] == 100
    assert rates["untranslated"] > 85
    assert rates["digits_missing"] in (0, None) and rates["names_missing"] in (0, None)


def test_a_copy_may_differ_in_case_and_punctuation() -> None:
    assert judge("en-de", [line.upper() + " !" for line in lines("en")])["rates"]["copied"] == 100


def longer(line: str) -> str:
    return f"{line} {' '.join(lines('de')[:4])}"


#: Fault -> direction, what is added to source and reference so that it is possible, what becomes of a planted line.
PLANTED: dict[str, tuple[str, str, str, Callable[[str], str]]] = {
    "wrong_language": ("en-de", "", "", lambda _: FRENCH),
    "over_long": ("en-de", "", "", longer),
    "under_long": ("en-de", "", "", lambda line: line[:2]),
    "empty": ("en-de", "", "", lambda _: " "),
    "repeated": ("en-de", "", "", lambda _: "das ist " * 12),
    "repeated ja": ("en-ja", "", "", lambda line: line + "機械の" * 20),
    "repeated loop": ("en-ru", "", "", lambda line: f"{line} {'ха' * 15}"),
    "digits_missing": ("en-de", " 71,234", " 71.234", lambda line: line.replace("71.234", "71.324")),
    "digits_missing zh": ("en-zh", " 71,234", " 71234", lambda line: line.replace("71234", "七万一千二百三十五")),
    "names_missing": ("en-ru", " by Zyxel", " от Zyxel", lambda line: line.replace("Zyxel", "Зиксел")),
    "names_missing tag": ("en-ja", " #PRS_ORG#", "#PRS_ORG#", lambda line: line.replace("#PRS_ORG#", "#PRS ORG#")),
    "quotes_off": ("en-de", ' "a"', " „aha“", lambda line: line.replace("„aha“", '"aha"')),
    "quotes_off one": ("en-cs", ' "a"', " „aha“", lambda line: line.replace("„aha“", '"aha')),
    "quotes_off ja": ("en-ja", ' "a"', "「字」", lambda line: line.replace("「字」", "“字”")),
    "punctuation_off": ("en-de", " ...", " …", lambda line: line.replace("…", "...")),
    "punctuation_off zh": ("en-zh", " yes?", "是？", lambda line: line.replace("是？", "是?")),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_planted_faults_are_counted_exactly(fault: str) -> None:
    direction, to_source, to_reference, change = PLANTED[fault]
    of, name = text(direction), fault.split()[0]
    source = [line + to_source for line in of.source]
    reference = [line + to_reference for line in of.reference]
    long = sorted(range(200), key=lambda line: len(reference[line]))[-50:]
    planted = set(random.Random(fault).sample(long, 9))
    output = [change(line) if place in planted else line for place, line in enumerate(reference)]
    row = judge(direction, output, source, reference)
    assert row["examples"][name] == sorted(place + 1 for place in planted)
    judged = 100 * len(planted) / row["rates"][name]
    assert 9 <= round(judged, 2) <= 200
    assert round(judged, 2) == pytest.approx(round(judged), abs=0.05)
    if to_source:
        assert round(judged) == 200


def test_rates_do_not_depend_on_the_order_of_lines() -> None:
    of = text("en-de")
    output = [line if place % 3 else of.source[place] for place, line in enumerate(of.reference)]
    output[5], output[7] = "", "das das " * 9
    order = random.Random(1).sample(range(200), 200)
    moved = [[column[place] for place in order] for column in (output, list(of.source), list(of.reference))]
    assert judge("en-de", *moved)["rates"] == judge("en-de", output)["rates"]


@pytest.mark.parametrize(
    ("source", "reference", "output", "faulty"),
    [
        ("1,234 items", "1.234 Dinge", "1 234 Dinge", False),
        ("1,234 items", "1.234 Dinge", "1234 Dinge", False),
        ("1,234 items", "1.234 Dinge", "1243 Dinge", True),
        ("12 items", "12 個", "１２個", False),
        ("25 items", "二十五个", "25个", False),
        ("25 items", "25个", "二十五个", False),
        ("25 items", "25个", "二十六个", True),
        ("3.14 and 3.14", "3,14 und 3,14", "3,14", True),
        ("3 miles", "5 km", "nichts", False),  # the reference converts
        ("in 2022", "im Jahr 2022", "", True),
        ("no number", "keine Zahl", "7", False),
        ("9" * 5000, "9" * 5000, "1", True),  # more digits than Python takes
    ],
)
def test_numbers_by_value(source: str, reference: str, output: str, faulty: bool) -> None:
    check = DigitsMissing(Text([source], [reference], "en", "de"))
    assert bool(check.faulty([output])) is faulty


@pytest.mark.parametrize(
    ("source", "reference", "output", "faulty"),
    [
        ("I saw Berlin.", "Ich sah Berlin.", "Ich sah Wien.", True),
        ("I saw Berlin.", "Ich sah Berlin.", "Berlins Ansicht sah ich.", False),
        ("In Rome", "In Rom", "Zu Rom", False),  # the first word has a capital anyway
        ("Use the iPad", "Benutze das iPad", "Benutze das Ipad", True),
        ("See www.x.org/a.", "Siehe www.x.org/a.", "Siehe www.x.org/b.", True),
        ("Hello {name}", "你好 {name}", "你好 {姓名}", True),
        ("Write me@x.org", "写信给 me@x.org", "写信给me@x.org", False),
        ("the Danube", "die Donau", "die Elbe", False),  # translated in the reference
    ],
)
def test_names_that_both_sides_have(source: str, reference: str, output: str, faulty: bool) -> None:
    check = NamesMissing(Text([source], [reference], "en", "de"))
    assert bool(check.faulty([output])) is faulty


@pytest.mark.parametrize(
    ("direction", "source", "reference", "output", "faulty"),
    [
        ("en-de", "Open the small window", "Öffne das kleine Fenster", "Open the small window bitte", True),
        ("en-de", "Anna Berta Clara", "Anna Berta Clara", "Anna Berta Clara", False),
        ("ru-en", "Откройте окно", "Open the window", "Закройте дверь", True),
        ("ru-en", "Откройте окно", "Open the window", "Open окно", False),
        ("zh-ja", "请打开这个窗口并保存", "ウィンドウを開いて保存します", "请打开这个窗口", True),
        ("en-zh", "LibreOffice Writer", "LibreOffice Writer", "LibreOffice Writer", False),
        ("en-zh", "The window is open now", "窗口现在打开", "An old door is shut", True),
    ],
)
def test_untranslated(direction: str, source: str, reference: str, output: str, faulty: bool) -> None:
    check = Untranslated(Text([source], [reference], *direction.split("-")))
    assert bool(check.faulty([output])) is faulty


def test_an_empty_line_is_not_also_too_short() -> None:
    row = judge("en-de", [""] * 200)
    assert row["rates"]["empty"] == 100 and row["rates"]["under_long"] == 0
    assert judge("en-de", ["x"] * 200)["rates"]["under_long"] > 50
