"""Stopped and started again, on any number of processes: the same batches, masks and losses as without interruption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fairseq_plugins.processes import train
from tests.fairseq_plugins.running import train_arguments

#: Processes, and the update until which they train.
LEGS = ((4, 3), (2, 8), (1, 11), (4, 14))
OPTIONS = {
    "pt": ("--ddp-backend", "legacy_ddp"),
    "sharded": ("--ddp-backend", "vega_fsdp"),
}
#: The kind of each leg: training may change it, and goes on from the later checkpoint of either.
KINDS = {"pt": ("pt",) * 4, "sharded": ("sharded",) * 4, "changing": ("sharded", "pt", "sharded", "pt")}


def run(processes: int, updates: int, data: Path, folder: Path, *more: str) -> list[list[dict[str, Any]]]:
    """Four batches per update; epochs of six would end inside an update if they were not rounded to eight."""
    arguments = train_arguments(data, folder / "save", updates, "--disable-validation", *more)
    arguments[arguments.index("--dropout") + 1] = "0.3"
    size = ("--batches-per-update", "4", "--epoch-batches", "6", "--block-sentences", "200")
    return train(processes, [*arguments, *size], folder / f"record.{updates}")


def update_of(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """What all processes did in one update, as one process would have done it."""
    ids = [ids for micro in zip(*(part["ids"] for part in parts), strict=True) for ids in micro]
    return {**parts[0], "ids": ids}


@pytest.fixture(scope="module")
def uninterrupted(data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return run(1, LEGS[-1][1], data, tmp_path_factory.mktemp("whole"), "--no-save")[0]


@pytest.mark.e2e
@pytest.mark.parametrize("kinds", KINDS.values(), ids=KINDS)
def test_four_then_two_then_one_then_four_processes(
    kinds: tuple[str, ...], data: Path, uninterrupted: list[dict[str, Any]], tmp_path: Path
) -> None:
    updates: list[dict[str, Any]] = []
    for (processes, until), kind in zip(LEGS, kinds, strict=True):
        record = run(processes, until, data, tmp_path, *OPTIONS[kind])
        updates += [update_of(list(parts)) for parts in zip(*record, strict=True)]
    assert [u["ids"] for u in updates] == [u["ids"] for u in uninterrupted]
    for ours, theirs in zip(updates, uninterrupted, strict=True):
        assert ours["update"] == theirs["update"]
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=2e-5)
        assert ours["gnorm"] == pytest.approx(theirs["gnorm"], rel=2e-4)


@pytest.mark.e2e
def test_started_again_after_the_last_update_it_does_no_more(data: Path, tmp_path: Path) -> None:
    """As after a kill between the last save and the end."""
    first = run(1, 3, data, tmp_path)[0]
    arguments = train_arguments(data, tmp_path / "save", 3, "--batches-per-update", "4")
    again = train(1, [*arguments, "--epoch-batches", "6", "--block-sentences", "200"], tmp_path / "again")[0]
    assert len(first) == 3
    assert [line["ids"] for line in again] == [again[0]["ids"]] and "update" not in again[0]
