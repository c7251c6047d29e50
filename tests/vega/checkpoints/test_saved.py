"""Which checkpoints of a training are the newest and the best, whichever kind they are."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.vega.checkpoints.saving import tensors
from vega.checkpoints.retention import Retention, places_of_best
from vega.checkpoints.saved import best_checkpoints, best_file, keep_best_files, last_checkpoints, saved_checkpoints
from vega.checkpoints.store import CheckpointStore
from vega.errors import UserError

LOSSES = [3.0, 2.0, 2.5, 1.0, 2.0, None]


def file(path: Path, update: int, loss: float | None, highest: bool = False) -> None:
    path.parent.mkdir(exist_ok=True)
    state = {
        "cfg": {"checkpoint": {"maximize_best_checkpoint_metric": highest}},
        "optimizer_history": [{"num_updates": update}],
        "extra_state": {"val_loss": loss},
        "model": {"x": torch.tensor([float(update)])},
    }
    torch.save(state, path)


def folders(root: Path, losses: list[float | None], retention: Retention) -> None:
    keeper = CheckpointStore(root, retention)
    for update, loss in enumerate(losses, start=1):
        state = {"cfg": {}, "optimizer_history": [{"num_updates": update}], "extra_state": {}}
        summary = {"validation_loss": loss, "aliases": {}}
        keeper.save(update, tensors(update), state, summary, is_best=False, asynchronous=False)


@given(st.lists(st.none() | st.integers(0, 5) | st.just(math.nan), max_size=12), st.integers(0, 6))
def test_the_best_are_the_lowest_and_of_equals_the_first(losses: list[float | None], count: int) -> None:
    best = places_of_best(losses, count)
    judged = [place for place, loss in enumerate(losses) if loss is not None and loss == loss]
    assert len(best) == min(count, len(judged))
    found = [losses[place] for place in best]
    assert found == sorted(losses[place] for place in judged)[:count]  # type: ignore[type-var]
    assert all(a < b for a, b in pairwise(best) if losses[a] == losses[b])
    assert all(place in best for place in judged if best and losses[place] < losses[best[-1]])  # type: ignore[operator]


def test_files_of_the_best_few_stay_and_others_go(tmp_path: Path) -> None:
    (tmp_path / "checkpoint_best.pt").write_bytes(b"another's")
    for update, loss in enumerate(LOSSES[:-1], start=1):
        file(tmp_path / best_file(update), update, loss)
        keep_best_files(tmp_path, 2)
    left = {"checkpoint_best.pt", best_file(2), best_file(4)}
    assert {path.name for path in tmp_path.iterdir()} == left


def test_folders_of_the_best_few_stay_besides_the_newest(tmp_path: Path) -> None:
    folders(tmp_path / "low", LOSSES, Retention(1, best=2))
    assert [each.update for each in saved_checkpoints(tmp_path / "low")] == [2, 4, 6]
    folders(tmp_path / "high", LOSSES, Retention(1, best=2, largest=True))
    assert [each.update for each in saved_checkpoints(tmp_path / "high")] == [1, 3, 6]


def test_both_kinds_are_found_each_update_once(tmp_path: Path) -> None:
    folders(tmp_path, LOSSES[:3], Retention(3))
    for update, name in {3: "_1_3", 4: "_last", 1: "_best", 7: "_of_another", 8: "2"}.items():
        file(tmp_path / f"checkpoint{name}.pt", update, None if update == 8 else 10.0 - update)
    assert [each.update for each in saved_checkpoints(tmp_path)] == [1, 2, 3, 4, 8]
    assert [each.update for each in last_checkpoints(tmp_path, 2)] == [8, 4]
    assert [(each.update, each.loss) for each in best_checkpoints(tmp_path, 2)] == [(2, 2.0), (3, 2.5)]
    with pytest.raises(UserError, match=r"has 4 validated checkpoints, not 5\. Take fewer, or train with keep_best: 5"):
        best_checkpoints(tmp_path, 5)
    with pytest.raises(UserError, match=r"has 5 checkpoints, not 6"):
        last_checkpoints(tmp_path, 6)
    with pytest.raises(UserError, match="no checkpoints here"):
        saved_checkpoints(tmp_path / "nowhere")


def test_where_training_looks_for_the_highest_the_best_is_the_highest(tmp_path: Path) -> None:
    for update, score in enumerate((20.0, 30.0, 25.0), start=1):
        file(tmp_path / f"checkpoint_1_{update}.pt", update, score, highest=True)
    assert [each.update for each in best_checkpoints(tmp_path, 2)] == [2, 3]
