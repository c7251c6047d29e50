"""All formats say the same, whole and one language at a time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.vega.corpus.writing import write
from vega.corpus import read_rows, read_texts
from vega.errors import UserError
from vega.settings import Corpus

KINDS = [
    "text", "text.gz", "text.xz", "text.zst", "tsv", "tsv.gz", "tsv.xz", "tsv.zst", "tsv numbers", "tsv names",
    "tmx", "tmx.gz", "tmx.xz", "tmx.zst", "parquet", "parquet names", "parquet struct",
]  # fmt: skip

#: XML has no control characters, a TSV no tabs inside text; \r at the end of a line belongs to the line's end.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
ROW = st.tuples(TEXT, TEXT, TEXT).map(lambda texts: dict(zip(("en", "de", "zh"), texts, strict=True)))
#: A first line that is a header is said to be a mistake.
ROWS = st.lists(ROW, min_size=1, max_size=7).filter(lambda rows: set(rows[0].values()) != set(rows[0]))


@pytest.mark.parametrize("kind", KINDS)
@given(rows=ROWS)
@settings(max_examples=15, deadline=None)
def test_rows_come_back_as_they_were_written(kind: str, rows: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus = write(Path(folder), kind, rows)
        assert list(read_rows(corpus)) == rows
        assert list(read_rows(corpus, ["zh", "en"])) == [{"zh": row["zh"], "en": row["en"]} for row in rows]
        assert list(read_texts(corpus, "de")) == [row["de"] for row in rows]


@pytest.mark.parametrize("kind", KINDS)
def test_one_language_is_monolingual_text(tmp_path: Path, kind: str) -> None:
    rows = [{"en": "one"}, {"en": "two words"}]
    assert list(read_rows(write(tmp_path, kind, rows))) == rows


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_or_empty_or_false_file_is_named(tmp_path: Path, kind: str) -> None:
    corpus = write(tmp_path, kind, [{"en": "one", "de": "eins"}])
    path = corpus.paths()["en"]
    path.write_bytes(b"")
    with pytest.raises(UserError, match=str(path)):
        list(read_rows(corpus))
    path.write_bytes(b"\xff\xfe\x00 no text at all \xff" * 9)
    with pytest.raises(UserError, match=str(path)):
        list(read_rows(corpus))
    path.unlink()
    with pytest.raises(UserError, match=f"{path}: no such file"):
        list(read_rows(corpus))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "." in kind or "parquet" in kind])
def test_a_file_that_is_cut_off_is_named(tmp_path: Path, kind: str) -> None:
    rows = [{"en": f"line {i} {'x' * (i * 7919 % 97)}", "de": f"{i * i}"} for i in range(5000)]
    corpus = write(tmp_path, kind, rows)
    path = corpus.paths()["de"]
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=f"{path}: "):
        list(read_rows(corpus))


@pytest.mark.parametrize("kind", ["text", "tsv", "tmx", "parquet", "parquet struct"])
def test_a_text_that_is_too_long_is_named_with_its_place(tmp_path: Path, kind: str) -> None:
    rows = [{"en": "one", "de": "ä" * 50_000}, {"en": "two", "de": "ö" * 50_001}]
    with pytest.raises(UserError, match=r"text[^ ]*:(2|21): .* is longer than 100,000 bytes"):
        list(read_rows(write(tmp_path, kind, rows)))
    rows.pop()
    assert list(read_rows(write(tmp_path, kind, rows))) == rows


@pytest.mark.parametrize(("files", "kind"), [
    ("a.{lang}", "text"), ("a.{lang}.txt.gz", "text"), ("a.tsv", "tsv"), ("a.tsv.zst", "tsv"), ("b/a.tmx.xz", "tmx"),
    ("a.parquet", "parquet"),
])  # fmt: skip
def test_the_format_follows_the_end_of_the_path(files: str, kind: str) -> None:
    assert Corpus(name="c", languages=["en", "de"], files=files).kind == kind
    if kind == "text":
        assert Corpus(name="c", languages=["en"], files=files, format="tsv").kind == "tsv"


@pytest.mark.parametrize(("more", "message"), [
    ({"files": "a.txt"}, r"must contain \{lang\}"),
    ({"files": "a.{lang}.tsv"}, r"must not contain \{lang\}"),
    ({"files": "a.parquet.gz"}, "unpack"),
    ({"files": "a.{lang}", "columns": {"en": 1, "de": 2}}, "did you mean format: tsv"),
    ({"files": "a.tsv", "columns": {"en": 1}}, "each of the languages en, de"),
    ({"files": "a.tsv", "columns": {"en": 1, "de": 1}}, "the same column"),
    ({"files": "a.tsv", "columns": {"en": 0, "de": 1}}, "numbers from 1"),
    ({"files": "a.tsv", "columns": {"en": "x", "de": 1}}, "not both"),
    ({"files": "a.tmx", "columns": {"en": 1, "de": 2}}, "names, not numbers"),
    ({"files": "a.tsv", "mtdata": ["OPUS-x-1-deu-eng"]}, "mtdata"),
])  # fmt: skip
def test_settings_that_contradict_each_other_are_refused(more: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Corpus.model_validate({"name": "c", "languages": ["en", "de"], **more})
