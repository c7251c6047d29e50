import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_pipeline import corpora
from vega import text_files
from vega.errors import UserError
from vega.settings import Corpus
from vega.text_files import MAX_LINE_BYTES, read_lines

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


def test_lines_are_counted_per_corpus(write_corpus: WriteCorpus) -> None:
    first = write_corpus("a", {"en": ["1", "", "3"], "de": ["x", "y", "z"]})
    second = write_corpus("b", {"en": ["1"], "de": ["x"]})
    assert corpora.count_lines([first, second]) == [3, 1]
    assert corpora.count_lines([]) == []
    assert corpora.stem(first) == "a.en-de"


def test_workers_are_as_asked_or_one_per_usable_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.setattr(corpora, "_container_limit", list)
    assert corpora.number_of_workers(0) == 8
    assert corpora.number_of_workers(3) == 3
    monkeypatch.setattr(corpora, "_container_limit", lambda: [2])
    assert corpora.number_of_workers(0) == 2
    monkeypatch.setattr(corpora, "_container_limit", lambda: [0])  # half a core
    assert corpora.number_of_workers(0) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\0", "ж".encode(), b"\xd0", b"\xb6", b"bc" * 40])).map(
        b"".join
    )
)
def test_counting_in_blocks_finds_what_reading_every_line_finds(tmp_path: Path, content: bytes) -> None:
    """For any size of block; what may have a fault counts as 0, and is then read line by line."""
    path = tmp_path / "text"
    path.write_bytes(content)
    for block in (1, 2, 7, MAX_LINE_BYTES // 2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text_files, "_BLOCK", block)
            found = text_files.count_sound_lines(path)
        try:
            expected = len(list(read_lines(path, longest=2 * block)))
        except UserError:
            assert found == 0
            continue
        assert found in (expected, 0)
        assert found == expected or block < 100


def test_what_is_read_for_nothing_else_is_not_read_line_by_line(
    write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write_corpus("a", {"en": ["1", "2"], "de": ["x", "y"]})
    monkeypatch.setattr(corpora, "read_rows", None)
    assert corpora.count_lines([corpus]) == [2]
