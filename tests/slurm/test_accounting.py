"""`vega status` on a real cluster with accounting, and on the same cluster as if it had none."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from slurm import queue
from slurm.status import Row, slurm_status
from slurm.testing import Cluster, ClusterOptions, accounting, configuration
from slurm.testing import cluster as start_cluster
from slurm.testing.supervisor import kill, pid_file
from tests.slurm.submitted import SubmittedRun
from tests.slurm.test_testing import processes, submit
from vega.errors import UserError

pytestmark = pytest.mark.slurm
ARRAY = "synthesize-bt.make"
#: Task 0 does its work, 1 fails.
TASK = "exit $((SLURM_ARRAY_TASK_ID * 4))"


@pytest.fixture
def no_sacct(tmp_path: Path) -> str:
    """A search path with SLURM's commands but sacct."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("squeue", "scontrol"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


def rows(run: Path) -> dict[str, Row]:
    status = slurm_status(run)
    assert status.note == ""
    return {row.name: row for row in status.rows if row.job}


def end_jobs(cluster: Cluster, submitted: SubmittedRun) -> None:
    """Let a job of the run fail and one end well, of an array both; one, and two tasks, are cancelled unbegun."""
    ids = {"train": submit(cluster, "true", "--hold"), ARRAY: submit(cluster, TASK, "--hold", "--array=0-3")}
    ids |= {"vocab": submit(cluster, "exit 3"), "clean": submit(cluster, "true")}
    submitted.submit(ids)
    submitted.finish(["clean"])
    cluster.run("scontrol", "release", f"{ids[ARRAY]}_0", f"{ids[ARRAY]}_1")
    cluster.wait_until(lambda: queue.alive(list(ids.values())) == {ids["train"], ids[ARRAY]}, 20, "jobs have ended")
    cluster.wait_until(lambda: sum(state.alive for state in queue.states({ids[ARRAY]: 4})) == 2, 20, "tasks have ended")
    cluster.run("scancel", ids[ARRAY], ids["train"])
    cluster.wait_until(lambda: not queue.alive(list(ids.values())), 20, "all has ended")


def test_an_end_is_known_after_the_controller_has_forgotten_it(
    slurm_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_sacct: str
) -> None:
    """While the controller knows of it, status is the same with and without accounting."""
    missing = [name for name in accounting.PROGRAMS if shutil.which(name, path=configuration.PATH) is None]
    if missing and not os.environ.get("VEGA_SLURM_TESTS"):
        pytest.skip(f"no {', '.join(missing)}: apt-get install {accounting.PACKAGES}")
    submitted = SubmittedRun(tmp_path, synthesis=True, only=[])
    folder = slurm_folder / "accounting"
    with start_cluster(folder, nodes=1, accounting=True, min_job_age=5, kill_wait=1) as running:
        monkeypatch.setenv("SLURM_CONF", running.environment["SLURM_CONF"])
        end_jobs(running, submitted)
        remembered = rows(submitted.run)
        with monkeypatch.context() as without:
            without.setenv("PATH", no_sacct)
            assert rows(submitted.run) == remembered
        running.wait_until(lambda: running.run("squeue", "--noheader", "--states=all") == "", 30, "all forgotten")
        recorded = rows(submitted.run)
        remembered["clean"] = replace(remembered["clean"], nodes="")  # nobody is asked about what has finished
        assert recorded == remembered
        assert {name: (row.state, row.reason) for name, row in recorded.items()} == {
            "clean": ("finished", ""), "vocab": ("failed", "exit status 3"), "train": ("cancelled", ""),
            ARRAY: ("failed", "exit status 4"),
        }  # fmt: skip
        assert recorded[ARRAY].tasks == {"done": 1, "running": 0, "pending": 0, "failed": 3, "total": 4}
        monkeypatch.setenv("PATH", no_sacct)
        assert {name: row.state for name, row in rows(submitted.run).items()} == {
            "clean": "finished", "vocab": "gone", "train": "gone", ARRAY: "gone",
        }  # fmt: skip
        supervisor = running.supervisor
        assert supervisor is not None and supervisor.poll() is None
        kill([int(pid_file(folder, "slurmdbd").read_text())])
        assert supervisor.wait(10) == 0  # as with slurmctld
    assert processes(folder) == []


def test_what_accounting_needs_is_named(slurm_folder: Path, monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> None:
    monkeypatch.setattr(accounting, "PROGRAMS", ("sh", "slurmnodbd"))
    configuration.check(slurm_folder, ClusterOptions())
    with pytest.raises(UserError, match=r"^slurmnodbd not found: apt-get install mariadb-server-core .* slurmdbd$"):
        configuration.check(slurm_folder, ClusterOptions(accounting=True))
