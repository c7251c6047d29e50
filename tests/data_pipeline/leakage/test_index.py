"""Files of the index, and the bundled one."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.leakage.features import CHARACTERS, WORDS, covered, exact_key, gram_keys, pair_key, side_key, tokens
from data_pipeline.leakage.index import BUNDLED_FILE, build_index, read_index, without, write_index
from data_pipeline.leakage.matcher import Matcher
from data_pipeline.leakage.part import join
from data_pipeline.leakage.part_builder import PartBuilder
from data_pipeline.leakage.pieces import pieces
from vega.errors import UserError
from vega.settings import Corpus

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]

#: What is put into a wheel is small.
MAX_BUNDLED_BYTES = 1_500_000


def build(names: Sequence[str], hashed: bool = True) -> PartBuilder:
    builder = PartBuilder(hashed)
    for name in names:
        for number in range(1, 4):
            builder.add(name, number, [("en", f"{name} has {number} long lines of text in it"), ("de", f"kurz {name}"),
                                       ("fr", f"court {number}")])  # fmt: skip
    return builder


def test_the_same_sets_make_the_same_bytes(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    corpus = write_corpus("test", {"en": ["One long line of text", "Open"], "de": ["Eine Zeile", "Öffnen"]})
    build_index([corpus], tmp_path / "one")
    build_index([corpus], tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    parts = read_index(tmp_path / "one")
    assert parts["recipe"].sides_per_set() == {"test": 4}
    assert parts["recipe"].texts() == ["one long line of text", "eine zeile", "open", "öffnen"]


def test_no_test_set_at_all_leaves_the_bundled_ones(tmp_path: Path) -> None:
    build_index([], tmp_path / "index")
    assert set(read_index(tmp_path / "index")["bundled"].sides_per_set()) == {"newstest2021", "generaltest2022"}


def test_bundled_hashes_are_small_and_hold_no_text() -> None:
    assert BUNDLED_FILE.stat().st_size < MAX_BUNDLED_BYTES
    part = read_index(BUNDLED_FILE)["bundled"]
    assert not part.has_text and not part.texts()
    assert min(part.sides_per_set().values()) > 20_000


@pytest.mark.parametrize("hashed", [True, False])
def test_a_part_without_a_set_is_as_if_it_had_never_been_added(hashed: bool, tmp_path: Path) -> None:
    less = without(build(["one", "two", "three"], hashed).build(), ["tw*"])
    rest = build(["one", "three"], hashed).build()
    assert less.sets == ("one", "three")
    for name, array in rest.arrays("").items():
        if not name.endswith("grams"):  # those of a line are chosen by all sets
            np.testing.assert_array_equal(less.arrays("")[name], array, err_msg=name)
    with pytest.raises(UserError, match=r"no bundled test set matches 'four'.*one, two, three"):
        without(build(["one", "two", "three"]).build(), ["four"])


def test_joined_parts_answer_as_both(tmp_path: Path) -> None:
    other = PartBuilder(hashed=True)
    other.add("zh", 0, [("zh", "完全不同的语言里的一行很长的文字"), ("de", "noch kurz")])
    joined = join(build(["one"]).build(), join(build(["two"]).build(), other.build()))
    write_index({"bundled": joined}, tmp_path / "index", compress=True)
    matcher = Matcher.load(tmp_path / "index")
    for row, name in (
        ({"en": "Two has 3 long lines of text in it!"}, "two"),
        ({"de": "kurz one", "fr": "Court 2"}, "one"),
        ({"de": "kurz two", "fr": "Court 2"}, "two"),
        ({"zh": "完全不同的语言里的一行很长的文字"}, "zh"),
        ({"en": "Before it all: one has 2 long lines of text in it, and then some more"}, "one"),
    ):
        found = matcher.find(row)
        assert found is not None and found.test_set == name
    assert joined.sides_per_set() == {"one": 9, "two": 9, "zh": 2}
    assert [joined.languages[place] for place in joined.language_of[-4:]] == ["de", "fr", "zh", "de"]


def test_short_sides_have_no_key_of_their_own() -> None:
    """Only pairs of them are evidence."""
    part = build(["one"]).build()
    assert [bool(key) for key in part.key] == [True, False, False] * 3


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 damaged"])
def test_what_is_no_index(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "index"
    with pytest.raises(UserError, match="no such file"):
        read_index(path)
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a leakage index"):
        read_index(path)


def test_another_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_pipeline.leakage.index.FORMAT", 99)
    write_index({"bundled": build(["one"]).build()}, tmp_path / "index")
    monkeypatch.undo()
    with pytest.raises(UserError, match="format 99, not 1"):
        read_index(tmp_path / "index")


def test_keys_are_those_that_files_hold() -> None:
    """They must not change, or the bundled hashes find nothing."""
    assert gram_keys("one two three four", "en") == [2524821363, 4017063683]
    assert gram_keys("one two three four", "en")[0] == crc32(b"one two three", crc32(b"en"))
    assert gram_keys("日本abc日本語", "ja") == [1833404187, 3091949386]
    assert side_key("one", "en") == 13195453353233120517
    assert pair_key(("en", "a"), ("de", "b")) == pair_key(("de", "b"), ("en", "a")) == 5214523982577937088
    assert exact_key("one") == 2053932785
    assert pieces("one two three four five six seven", "en") == b"\xf1f\xf5}\xcb%"


@given(st.text())
def test_characters_are_tokens_and_latin_words_stay_whole(line: str) -> None:
    parts = tokens(line, "ja")
    assert b"".join(parts).decode() == line
    assert [part for part in parts if len(part.decode()) > 1] == [
        part for part in parts if part.isalnum() and part.isascii() and len(part) > 1
    ]


@pytest.mark.parametrize(("present", "unit", "count"), [
    ([], WORDS, 0),
    ([True] * 4, WORDS, 6),
    ([True, True, False, True, True], WORDS, 0),
    ([True] * 3 + [False] * 3 + [True] * 4, WORDS, 11),
    ([True] * 5, CHARACTERS, 0),
    ([True] * 6, CHARACTERS, 10),
])  # fmt: skip
def test_covered_counts_long_stretches(present: list[bool], unit: object, count: int) -> None:
    assert covered(present, unit) == count  # type: ignore[arg-type]
