"""fairseq's own files: further names of a checkpoint appear whole. Of both kinds the best few stay."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest
from fairseq import checkpoint_utils, file_io
from fairseq_cli import train as fairseq_train

from fairseq_plugins.training import checkpoints
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.checkpoints.saved import best_checkpoints, saved_checkpoints


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


@pytest.mark.parametrize("highest", [False, True], ids=["lowest", "highest"])
@pytest.mark.parametrize("kind", ["pt", "sharded"])
def test_training_keeps_the_best_few_also_when_it_goes_on(
    kind: str, highest: bool, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Worse than the worst so far and yet among the best three: what fairseq's own --keep-best-checkpoints loses."""
    losses = {1: 1.0, 2: 3.0, 3: 2.0, 4: 5.0, 5: 2.5, 6: 4.0}
    monkeypatch.setattr(
        fairseq_train, "validate", lambda cfg, trainer, *_: [losses[trainer.get_num_updates()] * (-1 if highest else 1)]
    )
    more = ["--save-interval-updates", "1", "--validate-interval-updates", "1", "--keep-interval-updates", "1"]
    more += ["--keep-best", "3", "--checkpoint-format", kind]
    more += ["--maximize-best-checkpoint-metric"] if highest else []
    for updates in (3, 6):
        run_train(train_arguments(data, tmp_path / "save", updates, *more), tmp_path / "log")
    assert [each.update for each in saved_checkpoints(tmp_path / "save")] == [1, 3, 5, 6]
    assert [each.update for each in best_checkpoints(tmp_path / "save", 3)] == [1, 3, 5]
