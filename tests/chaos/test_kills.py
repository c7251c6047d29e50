"""Training killed at random moments loses no sentence and repeats none; damage and mistakes would be noticed."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.chaos import kills
from tests.chaos.blows import DYING, KINDS
from tests.fairseq_plugins import processes

OFF_BY_ONE = str(Path(__file__).with_name("off_by_one"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kills.prepare(tmp_path_factory.mktemp("chaos"))


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_six_kills(data: Path, tmp_path: Path) -> None:
    summary = kills.run(data, tmp_path, 6, seed=65, updates=24, kills_per_run=3)
    assert summary["violations"] == []
    assert summary["kills"] == 6 and set(summary["runs"]) == {kills.SHARDED, kills.FILES}
    assert summary["updates_in_lineage"] == 24 * sum(summary["runs"].values())


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_a_hundred_kills(data: Path, tmp_path: Path) -> None:
    summary = kills.run(data, tmp_path, 100, seed=1, updates=48, kills_per_run=12)
    assert summary["violations"] == [], json.dumps(summary, indent=1)
    assert summary["kills"] == 100 and set(summary["kinds"]) == set(KINDS)
    assert summary["updates_executed"] > summary["updates_in_lineage"] == 48 * sum(summary["runs"].values())


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_an_iterator_that_resumes_one_batch_late_is_noticed(data: Path, tmp_path: Path) -> None:
    summary = kills.run(data, tmp_path, 1, seed=9, updates=12, kills_per_run=1, user_dir=OFF_BY_ONE)
    assert any("not the sentences of the uninterrupted run" in fault for fault in summary["violations"])


@pytest.mark.e2e
@pytest.mark.parametrize("operation", [7, 8])
def test_a_save_of_fairseqs_files_that_is_cut_off_is_no_obstacle(operation: int, data: Path, tmp_path: Path) -> None:
    """While the first checkpoint gets its further names."""
    save = tmp_path / "save"
    command = kills.arguments(data, save, 5, "--ddp-backend", kills.FILES)
    aim = {"rank": 0, "folder": str(save), "operation": operation, "delay": 0}
    killed = processes.wait(processes.start(1, command, tmp_path / "first", DYING, DIE_AT=json.dumps(aim)))
    assert killed == [-signal.SIGKILL]
    assert (save / "checkpoint_1_4.pt").exists() and not (save / "checkpoint_1_5.pt").exists()
    assert list(kills.damage(save)) == []
    again = processes.train(1, command, tmp_path / "second")[0]
    assert [line["update"] for line in again][-1] == 5
