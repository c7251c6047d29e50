import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline import folding
from data_pipeline.folding import fold, fold_all, is_long, length, overlap_hashes, row_hash


@given(st.text(), st.sampled_from(["en", "zh"]))
def test_folding_ignores_case_of_ascii_spaces_and_punctuation_around(line: str, code: str) -> None:
    words = [*line.split(), "x"]
    plain = " ".join(words)
    assert fold(f" ¿{'  '.join(words)}。!", code) == fold(plain, code)


characters = st.sampled_from("aB1 ,.-_+。！Ａéßか中\u0301\u3099\u3000\u00a0\u2028\x1f\n\ud800😀¿") | st.characters()


@given(st.lists(st.text(characters, max_size=12), max_size=12), st.sampled_from(["en", "zh"]), st.integers(1, 5))
def test_many_lines_are_folded_as_each_is(lines: list[str], code: str, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "_BLOCK", block)
        assert fold_all(lines, code) == [fold(line, code) for line in lines]


@pytest.mark.parametrize(("first", "second", "code"), [
    ("Hello, World!", "hello world", "en"),
    ("Straße", "STRASSE", "de"),
    ("ＡＢＣ 全角", "abc全角", "zh"),
    ("你好，世界。", "你好 世界", "zh"),
    ("e-mail", "email", "en"),
])  # fmt: skip
def test_equal_lines(first: str, second: str, code: str) -> None:
    assert fold(first, code) == fold(second, code)


@pytest.mark.parametrize(("first", "second"), [("1 + 1", "1 = 1"), ("...", "!!!"), ("a b", "ab"), ("5", "6")])
def test_different_lines(first: str, second: str) -> None:
    assert fold(first, "en") != fold(second, "en")


@pytest.mark.parametrize(("text", "code", "tokens", "long"), [
    ("one two three", "en", 3, False),
    ("one two three four", "en", 4, True),
    ("一二三四五六七八九", "zh", 9, False),
    ("一二三四五 六七八九十", "zh", 10, True),
    ("안녕 하세요", "ko", 2, False),
])  # fmt: skip
def test_length_counts_words_or_characters(text: str, code: str, tokens: int, long: bool) -> None:
    assert length(text, code) == tokens
    assert is_long(text, code) is long


def test_row_hash_has_16_bytes_and_knows_sides_but_not_their_order() -> None:
    row = {"en": "a", "de": "b"}
    assert len(row_hash(row)) == 16
    assert row_hash(row) == row_hash({"de": "b", "en": "a"})
    assert row_hash(row) != row_hash({"en": "b", "de": "a"})
    assert row_hash({"en": "a\0de\0b"}) != row_hash({"de": "b"})


def test_rows_overlap_by_one_long_side_or_two_short_ones() -> None:
    def overlap(first: dict[str, str], second: dict[str, str]) -> bool:
        return not set(overlap_hashes(first)).isdisjoint(overlap_hashes(second))

    assert overlap({"en": "this line is long", "de": "x"}, {"en": "this line is long", "cs": "y"})
    assert not overlap({"en": "open", "de": "öffnen"}, {"en": "open", "de": "offen"})
    assert overlap({"en": "open", "de": "öffnen"}, {"cs": "otevřít", "de": "öffnen", "en": "open"})
    assert not overlap({"en": "this line is long", "de": "x"}, {"de": "this line is long", "en": "y"})
