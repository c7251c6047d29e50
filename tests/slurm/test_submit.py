"""`vega submit` on a real cluster, with jobs that are held: what SLURM was told, and what is refused."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slurm.record import read_record, script_path
from slurm.testing import Cluster
from tests.slurm.submitted import NASTY
from tests.vega.runs import RECIPE, make_data

pytestmark = pytest.mark.slurm
NOBODY = 65534


class Desk:
    """A folder with a recipe and a cluster file, and the command line."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster, self.folder = cluster, folder
        (folder / "small.yaml").write_text(f"{RECIPE}\ndata: {make_data(folder / 'data')}\n", encoding="utf-8")
        self.describe("partition: normal\nsbatch: [--hold]\n")

    def describe(self, text: str) -> None:
        (self.folder / "cluster.yaml").write_text(text, encoding="utf-8")

    def vega(self, *words: str | Path, user: int | None = None) -> subprocess.CompletedProcess[str]:
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        command = [*as_user, sys.executable, "-m", "vega", *map(str, words)]
        environment = {**self.cluster.environment, "PYTHONPATH": str(Path(__file__).parents[2])}
        return subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=120)

    def submit(self, run: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return self.vega("submit", "small.yaml", "--cluster", "cluster.yaml", "--run", run, *words)

    def queued(self) -> dict[str, str]:
        """Job id -> dependency."""
        lines = self.cluster.run("squeue", "--noheader", "--format=%A|%E").splitlines()
        return {job: dependency for job, _, dependency in (line.partition("|") for line in lines)}


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    found = Desk(cluster, tmp_path)
    yield found
    for job in found.queued():
        cluster.run("scancel", job)
    cluster.wait_until(lambda: not found.queued(), 30, "the queue is empty")


def test_jobs_wait_for_each_other_and_keep_every_name(desk: Desk) -> None:
    run = desk.folder / NASTY
    done = desk.submit(run)
    assert done.returncode == 0, done.stderr
    record = read_record(run)
    assert list(record.jobs) == [
        "clean", "leakage", "vocab", "binarize", "train", "finetune-x", "translate", "evaluate", "report",
    ]  # fmt: skip
    queued = desk.queued()
    for job in record.jobs.values():
        assert set(re.findall(r"afterok:(\d+)", queued[job.id])) == {record.jobs[name].id for name in job.after}
        shown = desk.cluster.run("scontrol", "show", "job", job.id)
        assert f" JobName={NASTY}.{job.name}\n" in shown
        assert f"Command={script_path(run, job.name)}\n" in shown
    assert not list(desk.folder.rglob("hit"))


def test_what_is_queued_is_not_submitted_again(desk: Desk) -> None:
    assert desk.submit(desk.folder / "run").returncode == 0
    before = desk.queued()
    again = desk.submit(desk.folder / "run")
    assert again.returncode == 1 and "still queued or running: clean (job" in again.stderr
    assert desk.queued() == before


def test_print_shows_all_and_does_nothing(desk: Desk) -> None:
    done = desk.submit(desk.folder / "run", "--print")
    assert done.stdout.count("#!/bin/bash") == 9 and "binarize    after clean, leakage, vocab" in done.stdout
    assert not (desk.folder / "run").exists() and desk.queued() == {}


def test_a_refused_job_withdraws_those_before_it(desk: Desk) -> None:
    desk.describe("partition: normal\nsbatch: [--hold]\nstages: {train: {partition: nowhere}}\n")
    done = desk.submit(desk.folder / "run")
    assert done.returncode == 1 and "nowhere" not in desk.queued() and "partition" in done.stderr
    desk.cluster.wait_until(lambda: desk.queued() == {}, 20, "nothing is left of it")


def test_a_run_of_somebody_else_is_one_clear_sentence(desk: Desk, tmp_path: Path) -> None:
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.is_relative_to("/tmp/") and folder.stat().st_uid == os.getuid():
            folder.chmod(0o755)
    run = desk.folder / "run"
    run.mkdir(mode=0o755)
    done = desk.vega("submit", "small.yaml", "--cluster", "cluster.yaml", "--run", run, user=NOBODY)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and f"{run}/slurm: you (nobody) may not" in done.stderr
    assert desk.queued() == {}


def test_a_run_that_nodes_cannot_see_is_refused(desk: Desk) -> None:
    desk.describe(f"shared: [{desk.folder / 'shared'}]\n")
    done = desk.submit(desk.folder / "run")
    assert done.returncode == 1 and "in no folder that all nodes of cluster see" in done.stderr
