"""fairseq's own files: further names of a checkpoint appear whole."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest
from fairseq import checkpoint_utils, file_io

from fairseq_plugins.training import checkpoints


def test_fairseq_still_makes_further_names_by_the_function_that_is_replaced() -> None:
    assert "PathManager.copy(" in inspect.getsource(checkpoints._stock_save)
    assert checkpoint_utils.PathManager is file_io.PathManager
    assert file_io.PathManager.copy is checkpoints.copy


@pytest.mark.parametrize("links", [True, False])
def test_the_old_content_stays_until_the_new_one_is_whole(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, last = tmp_path / "checkpoint_1_4.pt", tmp_path / "checkpoint_last.pt"
    new.write_text("new")
    last.write_text("old")
    (tmp_path / "checkpoint_last.pt.tmp").write_text("half of what a killed process wrote")

    def refused(*_: object) -> None:
        raise OSError("no hard links here")

    if not links:
        monkeypatch.setattr(os, "link", refused)
    seen = []
    replace = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda path, to: (seen.append((last.read_text(), path.read_text())), replace(path, to))[1]
    )
    assert checkpoints.copy(str(new), str(last), overwrite=True)
    assert seen == [("old", "new")] and last.read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint_1_4.pt", "checkpoint_last.pt"]
    new.unlink()  # as fairseq deletes old ones
    assert last.read_text() == "new"
