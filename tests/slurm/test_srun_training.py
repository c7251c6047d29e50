"""Real training by tasks as srun starts them, without SLURM."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.kills import prepare
from tests.slurm.small_training import ROOT, lines, settings, variables, write_settings

#: No daemon is needed, but 40 s of processor time: it belongs to `make slurm-test`.
pytestmark = [pytest.mark.slurm, pytest.mark.timeout(300)]
UPDATES = 6


def run_all(commands: list[list[str]], environments: list[dict[str, str]]) -> list[str]:
    """Start all, wait for all; what they said. All must succeed."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "vega", *command], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            cwd=ROOT, env={**os.environ, **environment},
        )
        for command, environment in zip(commands, environments, strict=True)
    ]  # fmt: skip
    said = [process.communicate(timeout=240)[1] for process in started]
    assert [process.returncode for process in started] == [0] * len(started), said[0][-3000:]
    return said


def tasks(folder: Path, record: Path, count: int = 2) -> list[str]:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = str(probe.getsockname()[1])
    shared = {"SLURM_STEP_NUM_TASKS": str(count), "SLURM_STEP_TASKS_PER_NODE": str(count), "SLURM_JOB_ID": "7"}
    shared |= {"MASTER_ADDR": "localhost", "MASTER_PORT": port, **variables(record)}
    command = ["train", str(folder / "settings.yaml"), "--output", str(folder), "--srun"]
    numbers = [{"SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank)} for rank in range(count)]
    return run_all([command] * count, [{**shared, **number} for number in numbers])


def test_tasks_of_srun_train_as_torchruns_processes_do(tmp_path: Path) -> None:
    wanted = settings(prepare(tmp_path / "data"), UPDATES, processes=2)
    torchrun, srun = tmp_path / "torchrun", tmp_path / "srun"
    for folder in (torchrun, srun):
        write_settings(folder, wanted)
    command = ["train", str(torchrun / "settings.yaml"), "--output", str(torchrun)]
    run_all([command], [variables(tmp_path / "by_torchrun")])
    tasks(srun, tmp_path / "by_srun")
    for rank in range(2):
        done = lines(tmp_path / "by_srun", rank)
        assert [line["update"] for line in done] == list(range(1, UPDATES + 1))
        assert done == lines(tmp_path / "by_torchrun", rank)  # losses, norms and sentences
    assert {path.name for path in srun.iterdir()} == {path.name for path in torchrun.iterdir()}
    said = tasks(srun, tmp_path / "again")  # finished: all end at once, and none trains
    assert "already finished" in said[0] and said[1] == ""
    assert not list(tmp_path.glob("again.*"))
