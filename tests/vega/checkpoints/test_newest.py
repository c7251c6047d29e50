"""One folder of checkpoints may hold both kinds: the later one counts, and the best is written once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.vega.checkpoints.saving import save, store, tensors
from vega.checkpoints.newest import newest, provide_best, update_of
from vega.errors import UserError


def save_file(path: Path, update: int) -> None:
    """As stock fairseq writes it."""
    model = {name.removeprefix("model."): t for name, t in tensors(update).items() if name.startswith("model.")}
    torch.save({"optimizer_history": [{"num_updates": update}], "model": model}, path)


def weights(path: Path) -> Any:
    return torch.load(path, weights_only=True)["model"]["a.weight"]


def expected(update: int) -> torch.Tensor:
    return tensors(update)["model.a.weight"]


@pytest.mark.parametrize(("folder", "file"), [(5, 3), (3, 5), (4, 4), (None, 2), (2, None)])
def test_training_goes_on_from_the_later_of_both_kinds(tmp_path: Path, folder: int | None, file: int | None) -> None:
    if folder is not None:
        save(store(tmp_path), folder)
    if file is not None:
        save_file(tmp_path / "checkpoint_last.pt", file)
    found = newest(tmp_path)
    assert found is not None
    assert update_of(found) == max(folder or 0, file or 0)
    assert found.is_dir() == ((folder or 0) >= (file or 0))


def test_an_empty_folder_has_no_newest(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    with pytest.raises(UserError, match="ended without a checkpoint"):
        provide_best(tmp_path)


def test_the_best_folder_becomes_a_file_once(tmp_path: Path) -> None:
    checkpoints = store(tmp_path)
    save(checkpoints, 1, is_best=True)
    save(checkpoints, 2)
    file = provide_best(tmp_path)
    state = torch.load(file, weights_only=True)
    assert torch.equal(weights(file), expected(1)) and torch.equal(state["model"]["c.weight"], expected(1))
    assert state["vega_made_from"]["checkpoint"] == "update_00000001" and state["vega_made_from"]["update"] == 1
    before = file.stat()
    assert provide_best(tmp_path).stat().st_ino == before.st_ino  # not written again
    save(checkpoints, 3, is_best=True)
    assert torch.equal(weights(provide_best(tmp_path)), expected(3))


def test_the_same_update_saved_again_after_a_roll_back_is_another_checkpoint(tmp_path: Path) -> None:
    checkpoints = store(tmp_path)
    save(checkpoints, 1, is_best=True)
    inode = provide_best(tmp_path).stat().st_ino
    shutil.rmtree(tmp_path / "update_00000001")  # not kept: the name is free again
    save(checkpoints, 1, is_best=True)
    assert provide_best(tmp_path).stat().st_ino != inode


def test_without_validation_the_last_is_the_best(tmp_path: Path) -> None:
    checkpoints = store(tmp_path)
    for update in (1, 2):
        save(checkpoints, update)
        assert torch.equal(weights(provide_best(tmp_path)), expected(update))


def test_without_validation_fairseqs_last_file_is_the_best(tmp_path: Path) -> None:
    for update in (1, 2):
        save_file(tmp_path / "checkpoint_last.pt", update)
        assert torch.equal(weights(provide_best(tmp_path)), expected(update))


def test_a_best_file_that_training_wrote_later_stays(tmp_path: Path) -> None:
    save(store(tmp_path), 1, is_best=True)
    save_file(tmp_path / "checkpoint_best.pt", 2)
    assert torch.equal(weights(provide_best(tmp_path)), expected(2))
    save(store(tmp_path), 3)  # sharded again, but no better
    assert torch.equal(weights(provide_best(tmp_path)), expected(2))
    save(store(tmp_path), 4, is_best=True)
    assert torch.equal(weights(provide_best(tmp_path)), expected(4))


def test_what_a_killed_export_left_is_removed(tmp_path: Path) -> None:
    save(store(tmp_path), 1)
    (tmp_path / ".export-x").mkdir()
    (tmp_path / ".export-x" / "0").write_bytes(b"half")
    provide_best(tmp_path)
    assert not list(tmp_path.glob(".export-*"))
