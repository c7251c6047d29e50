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
@pytest.mark.parametrize("kind", OPTIONS)
def test_four_then_two_then_one_then_four_processes(
    kind: str, data: Path, uninterrupted: list[dict[str, Any]], tmp_path: Path
) -> None:
    updates: list[dict[str, Any]] = []
    for processes, until in LEGS:
        record = run(processes, until, data, tmp_path, *OPTIONS[kind])
        updates += [update_of(list(parts)) for parts in zip(*record, strict=True)]
    assert [u["ids"] for u in updates] == [u["ids"] for u in uninterrupted]
    for ours, theirs in zip(updates, uninterrupted, strict=True):
        assert ours["update"] == theirs["update"]
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=2e-5)
        assert ours["gnorm"] == pytest.approx(theirs["gnorm"], rel=2e-4)
