"""What is particular to TSV and Parquet."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vega.corpus import read_rows
from vega.errors import UserError
from vega.settings import Corpus


def tsv(folder: Path, content: str | bytes, **more: object) -> Corpus:
    path = folder / "text.tsv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Corpus.model_validate({"name": "c", "languages": ["en", "de"], "files": str(path), **more})


@pytest.mark.parametrize(("content", "columns", "message"), [
    ("a\tb\nc\n", {}, r":2: the line has 1 columns, the first line 2"),
    ("a\tb\nc\td\te\n", {}, r":2: the line has 3 columns, the first line 2. Replace tabs"),
    ("a\tb\tc\n", {}, r":1: the line has 3 columns, the corpus 2 languages. Name the columns"),
    ("de\ten\nb\ta\n", {}, r":1: the line is a header, not text. Name the columns"),
    ("a\tb\n", {"en": 1, "de": 3}, r":1: there is no column 3, the line has 2"),
    ("x\ten\n1\t2\n", {"en": "en", "de": "de"}, r":1: no column is named 'de'. The header has: x, en"),
    ("en\tde\tde\n1\t2\t3\n", {"en": "en", "de": "de"}, r":1: two columns are named 'de'"),
    ("en\tde\n", {"en": "en", "de": "de"}, r"has a header, but no rows"),
    (b"a\tb\nc\t\xe4\n", {}, r":2: invalid UTF-8 at byte 3"),
    (b"a\tb\nc\0\td\n", {}, r":2: NUL byte at byte 2"),
])  # fmt: skip
def test_a_fault_in_a_tsv_is_named(tmp_path: Path, content: str | bytes, columns: object, message: str) -> None:
    with pytest.raises(UserError, match=f"{tmp_path}/text.tsv.*{message}|text.tsv{message}"):
        list(read_rows(tsv(tmp_path, content, columns=columns)))


def test_quotation_marks_are_text_and_empty_cells_empty(tmp_path: Path) -> None:
    rows = list(read_rows(tsv(tmp_path, '"a\t"b\r\n\t"\n')))
    assert rows == [{"en": '"a', "de": '"b'}, {"en": "", "de": '"'}]


def parquet(folder: Path, content: dict[str, object], **more: object) -> Corpus:
    pq.write_table(pa.table(content), folder / "text.parquet")
    return Corpus.model_validate(
        {"name": "c", "languages": ["en", "de"], "files": str(folder / "text.parquet"), **more}
    )


def test_nulls_are_empty_and_line_feeds_spaces(tmp_path: Path) -> None:
    content = {"en": ["a\nb", None, "c"], "translation": [{"de": None}, {"de": "d"}, None]}
    corpus = parquet(tmp_path, content, columns={"en": "en", "de": "translation.de"})
    assert list(read_rows(corpus)) == [{"en": "a b", "de": ""}, {"en": "", "de": "d"}, {"en": "c", "de": ""}]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_every_kind_of_string_is_read(tmp_path: Path, kind: pa.DataType) -> None:
    corpus = parquet(tmp_path, {"en": pa.array(["a", "b"], kind), "de": pa.array(["c", None], kind)})
    assert list(read_rows(corpus)) == [{"en": "a", "de": "c"}, {"en": "b", "de": ""}]


def test_the_name_of_a_column_may_have_a_dot(tmp_path: Path) -> None:
    corpus = parquet(tmp_path, {"x.en": ["a"], "de": ["b"]}, columns={"en": "x.en", "de": "de"})
    assert list(read_rows(corpus)) == [{"en": "a", "de": "b"}]


@pytest.mark.parametrize(("content", "message"), [
    ({"en": ["a"], "fr": ["b"]}, r"there is no column 'de' for 'de'. Columns: en, fr. Write `columns:"),
    ({"translation": [{"en": "a"}]}, r"there is no column 'de' for 'de'. Columns: translation.\{en\}"),
    ({"en": ["a"], "de": [1]}, r"column 'de' holds int64, not text"),
    ({"en": ["a"], "de": [{"x": "y"}]}, r"column 'de' holds struct<x: string>, not text"),
    ({"en": ["a", "b"], "de": ["c", "d\0"]}, r":2: NUL byte"),
    ({"en": pa.array([], pa.string()), "de": pa.array([], pa.string())}, r"the file has no rows"),
])  # fmt: skip
def test_a_fault_in_a_parquet_file_is_named(tmp_path: Path, content: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        list(read_rows(parquet(tmp_path, content)))


def test_what_is_no_utf8_is_named_by_row(tmp_path: Path) -> None:
    array = pa.StringArray.from_buffers(2, *pa.array([b"a", b"b\xff"], pa.binary()).buffers()[1:])
    with pytest.raises(UserError, match=r"text.parquet:2: invalid UTF-8 at byte 2"):
        list(read_rows(parquet(tmp_path, {"en": array, "de": ["x", "y"]})))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    corpus = tsv(tmp_path, "an English line of text\tund eine deutsche\n" * 15_000)
    tracemalloc.start()
    assert sum(1 for _ in read_rows(corpus)) == 15_000
    assert tracemalloc.get_traced_memory()[1] < 2**19
    tracemalloc.stop()
