"""The test cluster: its jobs run, its nodes die and come back, and nothing of it outlives it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from slurm.testing import Cluster, ClusterError, ClusterOptions
from slurm.testing import cluster as start_cluster
from slurm.testing.cluster import start
from vega.errors import UserError

pytestmark = pytest.mark.slurm
ROOT = Path(__file__).parents[2]
#: A step on every node that outlives its slurmd, and one process that has left its session.
SLEEPERS = "setsid sleep 600 & srun sleep 600"


def submit(running: Cluster, text: str, *options: str) -> str:
    """Submit a batch script; its job's id. Its output is in `ID.out` in the cluster's folder."""
    script = running.folder / "job.sh"
    script.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
    return running.submit(script, f"--output={running.folder}/%j.out", f"--chdir={running.folder}", *options)


def output(running: Cluster, job: str) -> str:
    return (running.folder / f"{job}.out").read_text(encoding="utf-8")


def processes(folder: Path) -> list[str]:
    """The command lines of all processes that know of the cluster in `folder`: its daemons, steps and jobs."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in environ.read_bytes():
                found.append(environ.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # ended meanwhile
            continue
    return found


def sleepers(folder: Path) -> int:
    """How many of `sleep 600` run, the task of a step or not: srun writes out the program's path."""
    return sum(line.split()[:1] in (["sleep"], ["/usr/bin/sleep"]) for line in processes(folder))


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slurm.testing", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def wait_until(reached: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not reached() and time.monotonic() < end:
        time.sleep(0.1)
    return reached()


def test_a_job_runs_on_two_nodes(cluster: Cluster) -> None:
    job = submit(cluster, "srun bash -c 'echo $SLURM_PROCID on $SLURMD_NODENAME'", "--nodes=2", "--ntasks=2")
    record = cluster.wait_for_job(job, "COMPLETED")
    assert record["NodeList"] == "n[1-2]"
    assert sorted(output(cluster, job).splitlines()) == ["0 on n1", "1 on n2"]


def test_waiting_for_a_job_that_fails_says_so_with_the_logs(cluster: Cluster) -> None:
    job = submit(cluster, "exit 3")
    with pytest.raises(ClusterError, match=rf"(?s)Job {job} is FAILED .*slurmctld\.log.*slurmd\.log"):
        cluster.wait_for_job(job, "COMPLETED")


def test_a_drained_node_takes_no_job_until_it_is_resumed(cluster: Cluster) -> None:
    cluster.drain("n1", "the test says so")
    try:
        job = submit(cluster, "echo $SLURMD_NODENAME")
        cluster.wait_for_job(job, "COMPLETED")
        assert output(cluster, job) == "n2\n"
        assert "the test says so" in cluster.run("sinfo", "-R")
    finally:
        cluster.resume("n1")
    assert wait_until(cluster.all_idle)


def test_a_dead_node_is_noticed_its_job_is_requeued_and_it_comes_back(slurm_folder: Path) -> None:
    with start_cluster(slurm_folder / "dying", nodes=2, slurmd_timeout=2, message_timeout=2, kill_wait=1) as running:
        job = submit(running, "srun sleep 600", "--nodes=2", "--ntasks=2", "--requeue")
        alone = submit(running, "exec sleep 600", "--nodelist=n2", "--no-requeue")
        assert wait_until(lambda: sleepers(running.folder) == 3)
        running.kill_slurmd("n2")
        assert sleepers(running.folder) == 3  # what runs on a node does not need its slurmd
        running.kill_node("n2")
        assert sleepers(running.folder) == 1  # not the one on n1
        assert wait_until(lambda: running.node_states()["n2"].startswith("down"))
        assert running.job(job)["Restarts"] == "1"
        running.wait_for_job(alone, "NODE_FAIL")  # nobody on n2 was left to report its end
        running.start_slurmd("n2")
        assert wait_until(running.all_idle)


def test_two_clusters_side_by_side(cluster: Cluster, slurm_folder: Path) -> None:
    """Also: the block ends what its jobs started, whatever they did to get away."""
    with start_cluster(slurm_folder / "beside", gpus=2) as other:
        jobs = [(cluster, submit(cluster, "echo $SLURM_CONF $CUDA_VISIBLE_DEVICES"))]
        jobs += [(other, submit(other, "echo $SLURM_CONF $CUDA_VISIBLE_DEVICES", "--gres=gpu:2"))]
        for running, job in jobs:
            running.wait_for_job(job, "COMPLETED")
        assert output(*jobs[0]) == f"{cluster.folder}/slurm.conf\n"
        assert output(*jobs[1]) == f"{other.folder}/slurm.conf 0,1\n"
        with pytest.raises(UserError, match="a cluster runs here already"):
            start(other.folder, ClusterOptions())
        submit(other, SLEEPERS, "--nodes=2", "--ntasks=2")
        assert wait_until(lambda: sleepers(other.folder) == 3)
    assert processes(other.folder) == []
    assert cluster.all_idle()


def test_the_command_starts_a_cluster_that_outlives_it_and_stops_it(slurm_folder: Path) -> None:
    folder = slurm_folder / "command"
    started = run_command("start", "--nodes", "2", "--folder", str(folder))
    assert started.stdout == f"export SLURM_CONF={folder}/slurm.conf\n", started.stderr
    running = Cluster(folder)
    job = submit(running, "true")
    running.wait_for_job(job, "COMPLETED")
    assert run_command("stop", "--folder", str(folder)).returncode == 0
    assert processes(folder) == []
    with start_cluster(folder, nodes=1) as anew:
        assert anew.job(job) == {}
    assert "no cluster was started here" in run_command("stop", "--folder", str(slurm_folder / "never")).stderr


def test_nothing_is_left_when_its_starter_is_killed(slurm_folder: Path) -> None:
    folder = slurm_folder / "orphan"
    code = (
        "import sys, time; from pathlib import Path; from slurm.testing import cluster\n"
        "with cluster(Path(sys.argv[1]), nodes=2): print('ready', flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert starter.stdout is not None and starter.stdout.readline() == b"ready\n"
        submit(Cluster(folder), SLEEPERS, "--nodes=2", "--ntasks=2")
        assert wait_until(lambda: sleepers(folder) == 3)
    finally:
        starter.kill()
        starter.communicate()
    assert wait_until(lambda: processes(folder) == []), processes(folder)


def test_a_cluster_that_does_not_start_says_why(slurm_folder: Path) -> None:
    folder = slurm_folder / "wrong"
    with (
        pytest.raises(ClusterError, match=r"(?s)the cluster has ended.*NoSuchOption"),
        start_cluster(folder, lines=("NoSuchOption=1",)),
    ):
        pass
    assert processes(folder) == []
