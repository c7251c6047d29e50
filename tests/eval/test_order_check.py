"""Files in another order are noticed, and translations, however bad, are not taken for such."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from eval.order_check import OrderCheck
from vega.text_files import read_lines

DEMO = Path(__file__).parents[2] / "vega/recipes/demo_data"
WMT22 = Path(__file__).parents[3] / "shared" / "data" / "wmt22"
TARGETS = ["de", "cs", "ru", "ja", "zh"]

Lines = list[str]


def seeded() -> random.Random:
    return random.Random(3)


def words_of(lines: Sequence[str]) -> Lines:
    """Words, or characters where there are no blanks."""
    words = " ".join(lines).split()
    return words if len(words) > 4 * len(lines) else list("".join(lines))


def nonsense(lines: Sequence[str], known: Sequence[str] = ()) -> Lines:
    """As many lines of words thrown together, of a text that the system knows."""
    drawn, words = seeded(), words_of(known or lines)
    return ["".join(f"{word} " for word in drawn.choices(words, k=drawn.randint(2, 25))) for _ in lines]


#: Systems that are bad, and in order.
BAD: dict[str, Callable[[Lines, Lines], Lines]] = {
    "copies": lambda source, lines: source,
    "says one thing": lambda source, lines: [lines[5]] * len(lines),
    "is silent": lambda source, lines: [""] * len(lines),
    "repeats itself": lambda source, lines: [line[:6] * 5 for line in lines],
    "stops in the middle": lambda source, lines: [line[: len(line) // 2] for line in lines],
    "mixes words up": lambda source, lines: ["".join(seeded().sample(line, len(line))) for line in lines],
}
#: Mistakes with files.
MOVED: dict[str, Callable[[Lines], Lines]] = {
    "the first line is lost": lambda lines: [*lines[1:], ""],
    "a line is added": lambda lines: ["Title", *lines[:-1]],
    "a line is lost near the end": lambda lines: [*lines[:-60], *lines[-59:], ""],
    "two documents are swapped": lambda lines: lines[:30] + lines[50:70] + lines[30:50] + lines[70:],
    "sorted": sorted,
    "reversed": lambda lines: lines[::-1],
    "shuffled": lambda lines: seeded().sample(lines, len(lines)),
}


def demo(code: str) -> Lines:
    return list(read_lines(DEMO / f"test.{code}"))


@pytest.fixture(scope="module")
def checks() -> dict[str, OrderCheck]:
    return {target: OrderCheck(demo("en"), demo(target)) for target in TARGETS}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_system_is_not_taken_for_a_file_in_another_order(checks: dict[str, OrderCheck], name: str) -> None:
    for target in TARGETS:
        assert checks[target].check(BAD[name](demo("en"), demo(target))) is None, target


def test_nor_is_one_that_throws_words_of_its_training_text_together(checks: dict[str, OrderCheck]) -> None:
    for target in TARGETS:
        known = list(read_lines(DEMO / f"train.{target}"))
        assert checks[target].check(nonsense(demo(target), known)) is None, target


@pytest.mark.parametrize("name", MOVED)
def test_a_moved_file_is_noticed(checks: dict[str, OrderCheck], name: str) -> None:
    """Also of a system that translates half of each sentence."""
    for target in TARGETS:
        for lines in (demo(target), BAD["stops in the middle"]([], demo(target))):
            assert checks[target].check(MOVED[name](lines)) is not None, target


def test_the_warning_says_which_lines_are_whose(checks: dict[str, OrderCheck]) -> None:
    found = checks["de"].check([*demo("de")[:100], "", *demo("de")[100:-1]])
    assert found is not None and "1 line further up" in found.message
    assert all(line > 101 for line in found.lines) and len(found.lines) <= 20
    assert "sorted" in checks["de"].check(sorted(demo("de"))).message
    assert "shuffled" in checks["de"].check(MOVED["shuffled"](demo("de"))).message


def test_lengths_tell_of_a_shift_where_words_do_not() -> None:
    """As of a system that writes in a language of its own."""
    drawn = seeded()
    lengths = [drawn.randint(1, 40) for _ in range(300)]
    source, reference, own = (["".join(drawn.choices(letters, k=5 * each)) for each in lengths]
                              for letters in ("abcdefghi", "jklmnopqr", "stuvwxyz"))  # fmt: skip
    check = OrderCheck(source, reference)
    assert check.check(own) is None
    assert "1 line further down" in check.check(own[1:] + own[:1]).message


def test_the_source_need_not_be_known_and_small_or_empty_sets_are_no_error() -> None:
    reference = demo("de")
    assert OrderCheck([], reference).check(reference[1:] + reference[:1]) is not None
    assert OrderCheck([], reference).check(reference) is None
    for lines in ([""], ["a"], ["Ja.", "Nein."]):
        assert OrderCheck(lines, lines).check(lines) is None


@pytest.mark.skipif(not WMT22.exists(), reason="needs ../shared/data/wmt22")
@pytest.mark.parametrize("direction", ["en-ja", "zh-en"])
def test_official_translations_are_in_order_and_moved_ones_are_noticed(direction: str) -> None:
    source_code, target = direction.split("-")

    def lines(kind: str, name: str, code: str) -> Lines:
        return list(read_lines(WMT22 / kind / f"generaltest2022.{direction}.{name}.{code}.gz"))

    source, output = lines("sources", "src", source_code), lines("outputs", "hyp.Online-B", target)
    check = OrderCheck(source, lines("references", "ref.A", target))
    for name, spoil in BAD.items():
        assert check.check(spoil(source, output)) is None, name
    assert check.check(nonsense(output)) is None
    assert check.check(output) is None
    for name, move in MOVED.items():
        assert check.check(move(output)) is not None, name
