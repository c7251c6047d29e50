"""Scores on disk: what was written whole is read, by any process, whatever happened to others."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.errors import UserError
from vega.neural.cache import Known, ScoreCache, key_of

TEXT = st.text(max_size=6)


def write(folder: Path, first: int) -> None:
    cache = ScoreCache(folder, "content")
    for number in range(first, first + 200):
        cache.add({f"key{number}": Known(number / 7, "comet-1")})


def test_several_processes_lose_nothing_and_floats_come_back_exactly(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write, args=(tmp_path, first)) for first in (0, 200, 400)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    cache = ScoreCache(tmp_path, "content")
    assert all(cache[f"key{number}"] == Known(number / 7, "comet-1") for number in range(600))
    assert "key0" not in ScoreCache(tmp_path, "other content")


def test_a_file_cut_anywhere_gives_the_scores_before_the_cut(tmp_path: Path) -> None:
    whole = ScoreCache(tmp_path, "content")
    whole.add({"a": Known(0.123456789, "p"), "b": Known(-2.5, "p")})
    whole.close()
    (path,) = whole.folder.iterdir()
    content = path.read_bytes()
    first = content.index(b"\n")
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        cut = ScoreCache(tmp_path, "content")
        assert ("a" in cut) == (length >= first)
        assert ("b" in cut) == (length >= len(content) - 1)
        assert "a" not in cut or cut["a"].score == 0.123456789


@given(TEXT, TEXT, TEXT | st.none(), TEXT, TEXT, TEXT | st.none())
def test_different_texts_have_different_keys(a: str, b: str, c: str | None, d: str, e: str, f: str | None) -> None:
    assert (key_of(a, b, c) == key_of(d, e, f)) == ((a, b, c) == (d, e, f))
    assert key_of(a, b, None) != key_of(a, b, "")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/content: scores cannot be kept there .* Set `cache`"):
        ScoreCache(tmp_path / "file", "content").add({"a": Known(1.0, "p")})
