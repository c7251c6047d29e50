"""A log that grows is read once, in whole lines, however it is written and however often somebody looks."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vega.growing_log import GrowingLog


@given(st.lists(st.binary(max_size=12).map(lambda data: data.replace(b"b", b"\n")), max_size=12))
def test_looks_add_up_to_the_whole_lines_of_the_file(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        log, found = GrowingLog(path), []
        assert list(log.new_lines()) == []
        for piece in pieces:
            with path.open("ab") as file:
                file.write(piece)
            found += log.new_lines()
        whole = b"".join(pieces).split(b"\n")[:-1]
        assert found == [line.decode("utf-8", errors="replace") for line in whole]
        assert list(log.new_lines()) == []


def test_a_file_made_anew_or_cut_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\ntwo\nhal")
    log = GrowingLog(path)
    assert (list(log.new_lines()), log.starts) == (["one", "two"], 1)
    (tmp_path / "other").write_text("three\n")
    (tmp_path / "other").replace(path)
    assert (list(log.new_lines()), log.starts) == (["three"], 2)
    path.write_text("4\n")
    assert (list(log.new_lines()), log.starts) == (["4"], 3)
    path.unlink()
    assert list(log.new_lines()) == []
