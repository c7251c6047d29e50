"""What the rules are for: text with a known fault is dropped, the same text without it is kept.

The good text is the demo's: the same 2,000 lines of LibreOffice Help in six languages.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

import vega
from data_pipeline.filters import Row, build_filters
from vega.normalize import normalize
from vega.text_files import read_parallel

DEMO = Path(vega.__file__).with_name("recipes") / "demo_data"
PAIRS = ["en-de", "en-cs", "en-ru", "en-ja", "en-zh"]
#: In the order of a recipe; the learned ones have tests of their own.
RULES = ["length", "length_ratio", "copy", "script", "punctuation", "numbers", "repetition", "markup", "alphabet"]

SHARED = Path(__file__).parents[4] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")

Noise = Callable[[str, str, random.Random], str]


def lines(code: str) -> list[str]:
    return [normalize(line) for line in (DEMO / f"train.{code}").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def text() -> dict[str, list[str]]:
    return {code: lines(code) for code in ("en", "de", "cs", "ru", "ja", "zh")}


def rows(text: dict[str, list[str]], pair: str) -> list[Row]:
    first, second = pair.split("-")
    return [{first: one, second: two} for one, two in zip(text[first], text[second], strict=True)]


def dropped(rule: str, rows: list[Row]) -> float:
    (judge,) = build_filters({rule: {}})
    return sum(not judge.accept(scores) for scores in judge.score_all(rows)) / len(rows)


def numbered(text: str, numbers: list[int]) -> str:
    """The demo has next to no numbers."""
    return f"{text} ({', '.join(map(str, numbers))})"


def looped(source: str, target: str, generator: random.Random) -> str:
    """A hallucination: the end of the line over and over."""
    end = target.split()[-4:] if " " in target else [target[-12:]]
    return f"{target} {' '.join(end * 12)}" if " " in target else target + end[0] * 12


def one_word_looped(source: str, target: str, generator: random.Random) -> str:
    return target + generator.choice("aхの") * generator.randint(25, 60)


def with_tags(source: str, target: str, generator: random.Random) -> str:
    name = generator.choice(["div", "b", "span", "P"])
    return f'<{name} class="x">{target}</{name}>'


def mojibake(source: str, target: str, generator: random.Random) -> str:
    return normalize(target.encode().decode("cp1252", errors="replace"))


def copied(source: str, target: str, generator: random.Random) -> str:
    return source.upper() if generator.random() < 0.5 else f"{source} !"


def untranslated(source: str, target: str, generator: random.Random) -> str:
    return source


def ruler(source: str, target: str, generator: random.Random) -> str:
    return " ".join(generator.choices(["---", "12", "|", "3,4", "::", "57"], k=12))


def much_longer(source: str, target: str, generator: random.Random) -> str:
    return " ".join([target] * 5)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("rule", RULES)
def test_good_lines_are_kept(text: dict[str, list[str]], rule: str, pair: str) -> None:
    assert dropped(rule, rows(text, pair)) < 0.005


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(("rule", "noise", "recall"), [
    ("copy", copied, 1.0),
    ("repetition", looped, 0.99),
    ("repetition", one_word_looped, 1.0),
    ("markup", with_tags, 1.0),
    ("punctuation", ruler, 0.9),
    ("length_ratio", much_longer, 0.9),
])  # fmt: skip
def test_noise_is_dropped(text: dict[str, list[str]], pair: str, rule: str, noise: Noise, recall: float) -> None:
    generator = random.Random(1)
    first, second = pair.split("-")
    noisy = [{first: row[first], second: noise(row[first], row[second], generator)} for row in rows(text, pair)]
    assert dropped(rule, noisy) >= recall


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(("count", "recall"), [(1, 1.0), (2, 0.0), (3, 0.0)])
def test_one_number_less_is_not_a_changed_one(text: dict[str, list[str]], pair: str, count: int, recall: float) -> None:
    generator = random.Random(1)
    first, second = pair.split("-")
    lacking, changed = [], []
    for row in rows(text, pair):
        if any(map(str.isdecimal, "".join(row.values()))):
            continue
        numbers = [1000 * place + generator.randint(100, 900) for place in range(1, count + 1)]
        source, other = numbered(row[first], numbers), [numbers[0] + generator.randint(1, 9), *numbers[1:]]
        lacking.append({first: source, second: numbered(row[second], numbers[1:])})
        changed.append({first: source, second: numbered(row[second], other)})
    assert dropped("numbers", lacking) == 0.0
    assert dropped("numbers", changed) == recall


@pytest.mark.parametrize("pair", PAIRS)
@needs_shared
def test_numbers_tell_shuffled_lines(pair: str) -> None:
    first, second = pair.split("-")
    files = {code: SHARED / "free6" / f"valid.{pair}.{code}.xz" for code in (first, second)}
    real = [{code: normalize(text) for code, text in row.items()} for row in read_parallel(files)]
    real = [row for row in real if all(any(map(str.isdecimal, side)) for side in row.values())]
    targets = [row[second] for row in real]
    random.Random(1).shuffle(targets)
    assert dropped("numbers", real) < 0.005
    assert dropped("numbers", [row | {second: other} for row, other in zip(real, targets, strict=True)]) > 0.5


@pytest.mark.parametrize(("rule", "code", "other", "recall"), [
    ("script", "ru", "en", 0.99),
    ("script", "ja", "de", 0.99),
    ("script", "zh", "ru", 0.99),
    ("script", "en", "zh", 0.9),
    ("alphabet", "de", "cs", 0.5),
    ("alphabet", "en", "cs", 0.5),
    ("alphabet", "ja", "zh", 0.9),
])  # fmt: skip
def test_a_wrong_language_is_dropped(
    text: dict[str, list[str]], rule: str, code: str, other: str, recall: float
) -> None:
    first = "en" if code != "en" else "de"
    noisy = [{first: one, code: wrong} for one, wrong in zip(text[first], text[other], strict=True)]
    assert dropped(rule, noisy) >= recall


@pytest.mark.parametrize("pair", PAIRS)
def test_mojibake_is_dropped(text: dict[str, list[str]], pair: str) -> None:
    first, second = pair.split("-")
    noisy = [
        {first: row[first], second: mojibake(row[first], row[second], random.Random(1))}
        for row in rows(text, pair)
        if not row[second].isascii()
    ]
    assert dropped("alphabet", noisy) > 0.99


@pytest.mark.parametrize("pair", PAIRS)
def test_an_untranslated_line_is_dropped(text: dict[str, list[str]], pair: str) -> None:
    first, second = pair.split("-")
    noisy = [
        {first: row[first], second: untranslated(row[first], row[second], random.Random(1))} for row in rows(text, pair)
    ]
    assert dropped("copy", noisy) == 1.0
