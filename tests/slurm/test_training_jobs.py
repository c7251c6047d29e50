"""Training on a real SLURM cluster: whatever ends it, the model is the one of an undisturbed run.

Two nodes with one process each. Training waits where the test wants it to, so what is disturbed does not depend on the
machine's speed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from slurm import cluster as cluster_file
from slurm.events import Event, read_events
from slurm.jobs import Job
from slurm.record import cluster_path, log_pattern, script_path
from slurm.script import render
from slurm.testing import Cluster
from tests.chaos.kills import prepare
from tests.slurm import small_training as small
from vega.atomic import write_text
from vega.checkpoints.newest import newest
from vega.checkpoints.sources import open_weights
from vega.settings import TrainSettings
from vega.stages import Stage
from vega.strict_yaml import dump

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(400)]
UPDATES = 12
#: Seconds for a start of training where two cores are shared by many.
START = 150.0


@dataclass
class Run:
    """A run with one job, `train`, on both nodes."""

    cluster: Cluster
    folder: Path
    id: str = ""

    @property
    def record(self) -> Path:
        return self.folder / "record"

    @property
    def log(self) -> str:
        pattern = log_pattern(self.folder, "train", 0)
        return pattern.with_name(pattern.name.replace("%j", self.id)).read_text(encoding="utf-8")

    def submit(self, settings: TrainSettings, gates: list[int], *options: str, **limits: Any) -> None:
        """As `vega submit` does."""
        folder = self.folder / "train"
        small.write_settings(folder, settings)
        environment = small.variables(self.record, gates)
        described = cluster_file.Cluster(
            interface="lo", environment=environment, nodes=settings.nodes, tasks_per_node=1, **limits
        )
        stage = Stage("train", "train", settings, folder)
        job = Job("train", "train", stage, described.resources(stage))
        log_pattern(self.folder, "train", 0).parent.mkdir(parents=True, exist_ok=True)
        write_text(cluster_path(self.folder), dump(described))
        write_text(script_path(self.folder, "train"), render(job, self.folder, described, small.ROOT))
        self.id = self.cluster.submit(script_path(self.folder, "train"), *options)

    def gate(self, update: int) -> list[int]:
        return small.wait_for_gate(self.record, update)

    def ends(self) -> list[Event]:
        return [event for event in read_events(self.folder) if event.event == "end"]

    def finish(self, state: str = "COMPLETED") -> None:
        self.cluster.wait_for_job(self.id, state, timeout=2 * START)

    def repeated(self) -> dict[int, int]:
        """Updates that were done more than once, with how often."""
        counts = Counter(line["update"] for line in small.lines(self.record, 0))
        return {update: times for update, times in counts.items() if times > 1}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def undisturbed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on one process, without SLURM."""
    run = tmp_path_factory.mktemp("undisturbed")
    settings = small.write_settings(run / "train", small.settings(data, UPDATES, processes=1))
    command = [sys.executable, "-m", "vega", "train", str(settings), "--output", str(run / "train")]
    environment = {**os.environ, **small.variables(run / "record")}
    done = subprocess.run(command, env=environment, cwd=small.ROOT, capture_output=True, text=True, timeout=2 * START)
    assert done.returncode == 0, done.stderr[-3000:]
    return run


@pytest.fixture
def run(cluster: Cluster, tmp_path: Path) -> Iterator[Run]:
    made = Run(cluster, tmp_path / "a run")
    yield made
    if made.id:
        cluster.run("scancel", made.id)
        if "drain" in cluster.node_states().get("n2", ""):
            cluster.resume("n2")
        cluster.wait_until(cluster.all_idle, 60, "both nodes idle again")


def settings(data: Path, **more: Any) -> TrainSettings:
    return small.settings(data, UPDATES, processes=2, nodes=2, **more)


def weights(run: Path) -> dict[str, torch.Tensor]:
    found = newest(run / "train/checkpoints")
    assert found is not None
    source = open_weights(found)
    return {name: source.tensor(name) for name in source.tensors()}


def check_same(run: Run, undisturbed: Path) -> None:
    """The same sentences and losses in every update, and the same model."""
    small.same_training(undisturbed / "record", run.record)
    expected, found = weights(undisturbed), weights(run.folder)
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        if name.endswith("k_proj.bias"):  # softmax takes no notice of it: its gradient, and so Adam's step, is rounding
            continue
        torch.testing.assert_close(found[name], tensor, rtol=1e-3, atol=1e-4)


def test_signals_requeues_kills_and_a_drained_node_change_nothing(run: Run, data: Path, undisturbed: Path) -> None:
    run.submit(settings(data), gates=[3, 6, 9])
    run.gate(3)
    run.cluster.drain("n2", "maintenance")
    for _ in range(2):  # the second one comes while training saves
        run.cluster.run("scancel", "--signal=USR1", run.id)
    small.wait_for(lambda: len(run.ends()) == 1)
    assert (run.ends()[0].status, run.ends()[0].verdict) == (75, "again")
    run.cluster.resume("n2")
    run.gate(6)
    run.cluster.run("scontrol", "requeue", run.id)
    pids = run.gate(9)
    assert run.repeated() == {}  # those who were asked to stop have lost nothing
    os.kill(pids[1], signal.SIGKILL)
    small.open_gate(run.record, 9)  # for what comes after
    run.finish()
    check_same(run, undisturbed)
    assert run.repeated() == {9: 2}  # since the last save
    killed, done = run.ends()[-2:]
    assert (killed.verdict, killed.node, killed.update) == ("again", "n2", 9)
    assert killed.error == "task 1: Killed" and (done.status, done.verdict) == (0, "done")


def test_a_crash_loop_ends_itself_and_says_so(run: Run, data: Path) -> None:
    run.submit(settings(data).model_copy(update={"processes": 4}), gates=[])
    run.finish("FAILED")
    assert [event.verdict for event in run.ends()] == ["again", "again", "stop"]
    said = [line for line in run.log.splitlines() if line.startswith("vega: error: srun has started 2 tasks, but")]
    assert len(said) == 3  # by task 0 only, once in each start
    assert "train failed 3 times in a row with the same error: vega: error: srun has started" in run.log


@pytest.mark.slow
def test_the_time_limit_costs_nothing(run: Run, data: Path, undisturbed: Path) -> None:
    run.submit(settings(data), [5], "--time=2", grace=20)  # SLURM sends the signal up to a minute earlier
    run.gate(5)  # goes on when the signal comes
    small.wait_for(run.ends)
    assert (run.ends()[0].status, run.ends()[0].verdict) == (75, "again")
    small.open_gate(run.record, 5)
    run.finish()
    check_same(run, undisturbed)
    assert run.repeated() == {}


def test_a_node_at_fault_is_left_out(run: Run, data: Path) -> None:
    run.submit(small.settings(data, UPDATES, processes=1), [3], "--nodelist=n1", node_failures=1)
    run.cluster.run("scontrol", "update", f"JobId={run.id}", "ReqNodeList=")  # for its second start
    os.kill(small.wait_for_gate(run.record, 3, processes=1)[0], signal.SIGKILL)
    small.open_gate(run.record, 3)
    run.finish()
    assert [(event.nodes, event.verdict) for event in run.ends()] == [("n1", "again without n1"), ("n2", "done")]


def test_preemption_costs_nothing(run: Run, data: Path, undisturbed: Path, tmp_path: Path) -> None:
    run.submit(settings(data), gates=[5])
    run.gate(5)  # goes on when the signal comes
    more_important = tmp_path / "more_important.sh"
    more_important.write_text("#!/bin/bash\nsleep 1\n", encoding="utf-8")
    other = run.cluster.submit(more_important, "--partition=high", "--nodes=2", "--exclusive", "--output=/dev/null")
    small.wait_for(run.ends)
    assert (run.ends()[0].status, run.ends()[0].verdict) == (75, "again")
    run.cluster.wait_for_job(other, "COMPLETED", timeout=START)
    small.open_gate(run.record, 5)
    run.finish()
    check_same(run, undisturbed)
    assert run.repeated() == {}


@pytest.mark.slow
def test_a_hang_is_found_and_its_node_named(run: Run, data: Path, undisturbed: Path) -> None:
    run.submit(settings(data, watchdog_seconds=4), gates=[5])
    pids = run.gate(5)
    os.kill(pids[1], signal.SIGSTOP)
    small.open_gate(run.record, 5)
    run.finish()
    check_same(run, undisturbed)
    stuck = run.ends()[0]
    assert (stuck.verdict, stuck.node) == ("again", "n2")
    assert stuck.error == "no progress, the others waited for process 1"


def test_a_node_that_dies_costs_what_was_not_saved(run: Run, data: Path, undisturbed: Path) -> None:
    run.submit(settings(data), gates=[5])
    run.gate(5)
    run.cluster.kill_slurmd("n2")
    small.wait_for(lambda: "down" in run.cluster.node_states().get("n2", ""))
    small.open_gate(run.record, 5)
    run.cluster.start_slurmd("n2")
    run.finish()
    check_same(run, undisturbed)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir(parents=True)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], capture_output=True
    ).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_said_and_training_goes_on_when_there_is_room(run: Run, data: Path, undisturbed: Path) -> None:
    with small_disk(run.folder, "16m"):
        run.submit(settings(data), gates=[5])
        run.gate(5)
        filler = run.folder / "filler"
        with pytest.raises(OSError), filler.open("wb") as stream:
            while True:
                stream.write(bytes(4096))
        os.truncate(filler, filler.stat().st_size - 65_536)  # for the log; a checkpoint needs more
        small.open_gate(run.record, 5)
        small.wait_for(lambda: run.cluster.job(run.id)["JobState"] == "PENDING")
        filler.unlink()
        run.finish()
        check_same(run, undisturbed)
        assert str(run.ends()[0].error).startswith("no space left: 0.")
