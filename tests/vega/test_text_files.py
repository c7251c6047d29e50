import gzip
import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega import text_files
from vega.errors import UserError
from vega.text_files import MAX_LINE_BYTES, check_line, read_lines, read_parallel


def fault(path: Path) -> str:
    with pytest.raises(UserError) as error:
        list(read_lines(path))
    return str(error.value)


@given(st.text().filter(lambda line: "\n" not in line and "\0" not in line))
def test_a_line_is_decoded_as_it_is(line: str) -> None:
    assert check_line(line.encode(), Path("x"), 1) == line


@pytest.mark.parametrize(("ending", "pack"), [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress)])
def test_plain_and_compressed_files_read_alike(tmp_path: Path, ending: str, pack: type[bytes]) -> None:
    path = tmp_path / f"text.en{ending}"
    path.write_bytes(pack("a\nü\n\nlast".encode()))
    assert list(read_lines(path)) == ["a", "ü", "", "last"]


def outcome(lines: Iterator[str]) -> list[str]:
    """The lines up to a fault, and the fault."""
    found = []
    try:
        found.extend(lines)
    except UserError as error:
        return [*found, str(error)]
    return found


@given(st.lists(st.sampled_from([b"a", b"\xc3\xbc", b"\r", b"\n", b"\0", b"\xff"]), max_size=60).map(b"".join))
def test_blocks_are_read_as_lines_one_by_one(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("text") / "text.en"
    path.write_bytes(content)
    raw = content.removesuffix(b"\n").split(b"\n") if content else []
    one_by_one = (check_line(line.removesuffix(b"\r"), path, number, 9) for number, line in enumerate(raw, start=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "_BLOCK", 7)
        read = outcome(read_lines(path, longest=9))
    expected = outcome(one_by_one)
    assert read == expected


def test_crlf_is_accepted_and_dropped(tmp_path: Path) -> None:
    path = tmp_path / "text.en"
    path.write_bytes(b"one\r\ntwo\r\n")
    assert list(read_lines(path)) == ["one", "two"]


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    path = tmp_path / "text.en"
    path.write_bytes("a\u2028b\x0bc\rd\x85e\n".encode())
    assert list(read_lines(path)) == ["a\u2028b\x0bc\rd\x85e"]


def test_invalid_utf8_names_file_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "text.en"
    path.write_bytes(b"good\nbad \xff here\n")
    assert f"{path}:2: invalid UTF-8 at byte 5 of the line (0xff)" in fault(path)


def test_nul_names_file_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "text.en"
    path.write_bytes(b"good\ngood\na\0b\n")
    assert f"{path}:3: NUL byte at byte 2" in fault(path)


def test_a_megabyte_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.en"
    path.write_bytes(b"good\n" + b"x" * 1_000_000 + b"\n")
    assert f"{path}:2: the line is longer than 100,000 bytes" in fault(path)


def test_the_longest_line_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "text.en"
    path.write_bytes(b"x" * MAX_LINE_BYTES + b"\r\n" + b"y" * (MAX_LINE_BYTES + 1) + b"\n")
    assert f"{path}:2:" in fault(path)


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_cut_or_false_archive_is_named(tmp_path: Path, ending: str, pack: type[bytes]) -> None:
    path = tmp_path / f"text.en{ending}"
    path.write_bytes(pack(b"many lines\n" * 1000)[:-10])
    assert f"{path}: cannot be read to its end" in fault(path)
    path.write_bytes(b"plain text\n")
    assert f"{path}: cannot be read to its end" in fault(path)


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    assert "no such file" in fault(tmp_path / "none.en")
    assert f"{tmp_path}: cannot be opened" in fault(tmp_path)


def test_rows_come_together(tmp_path: Path) -> None:
    for code in ("en", "de"):
        (tmp_path / code).write_text(f"1{code}\n2{code}\n", encoding="utf-8")
    rows = list(read_parallel({"en": tmp_path / "en", "de": tmp_path / "de"}))
    assert rows == [{"en": "1en", "de": "1de"}, {"en": "2en", "de": "2de"}]


@pytest.mark.parametrize(("english", "german", "message"), [
    ("a\nb\n", "a\n", "de ends after line 1"),
    ("a\n", "a\nb\n", "en ends after line 1"),
    ("a\n", "", "de: the file is empty"),
    ("", "", "en: the file is empty"),
])  # fmt: skip
def test_differing_line_counts_and_empty_files(tmp_path: Path, english: str, german: str, message: str) -> None:
    (tmp_path / "en").write_text(english, encoding="utf-8")
    (tmp_path / "de").write_text(german, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        list(read_parallel({"en": tmp_path / "en", "de": tmp_path / "de"}))
