"""A Ray cluster inside a job, on a real SLURM: the same bytes, no quarrel between jobs, and nothing left behind."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline import clean, filters
from data_pipeline.leakage.index import build_index
from slurm import ports
from slurm.meeting import Head, Meeting
from slurm.ports import END, FIRST, PER_TASK, free_ports
from slurm.ray_node import _who_is_missing, own_address, read_task
from slurm.testing import Cluster
from tests.chaos.test_clean_kills import SITE, outputs, published, settings, write_corpus
from vega.errors import UserError
from vega.settings import CleanSettings
from vega.strict_yaml import dump

ROOT = Path(__file__).parents[2]
JOB = """#!/bin/bash
trap : TERM USR1
cd {root}
export PYTHONPATH={path} POISON_GATE={gate} TMPDIR={temporary}
srun --kill-on-bad-exit=1 --input=none {python} -m slurm.ray_node {run} clean -- \\
    {python} -m vega clean {settings} --output {output}
"""


@dataclass
class Place:
    """Where the jobs of a test write, and Ray has its files."""

    folder: Path
    temporary: Path
    settings: CleanSettings
    reference: dict[str, bytes]

    def submit(self, cluster: Cluster, name: str) -> str:
        """A job on both nodes that cleans the text, and waits after its first units until the file `NAME.gate` is."""
        (file := self.folder / "settings.yaml").write_text(dump(self.settings), encoding="utf-8")
        words = {
            "root": ROOT, "path": f"{SITE}:{ROOT}", "gate": self.folder / f"{name}.gate", "python": sys.executable,
            "temporary": self.temporary, "run": self.run(name), "settings": file, "output": self.run(name) / "clean",
        }  # fmt: skip
        self.run(name).mkdir(exist_ok=True)
        script = self.folder / f"{name}.sbatch"
        script.write_text(JOB.format(**{key: shlex.quote(str(word)) for key, word in words.items()}), encoding="utf-8")
        options = ["--nodes=2", "--ntasks-per-node=1", "--cpus-per-task=1", f"--output={self.folder}/{name}.txt"]
        return cluster.submit(script, *options)

    def run(self, name: str) -> Path:
        return self.folder / f"run {name}"

    def open(self, name: str) -> None:
        (self.folder / f"{name}.gate").touch()

    def wait_for_units(self, cluster: Cluster, name: str) -> None:
        output = self.run(name) / "clean"
        cluster.wait_until(lambda: len(published(output)) >= 2, 120, f"units of {name}", self.said(name))

    def said(self, name: str) -> str:
        log = self.folder / f"{name}.txt"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    def left_behind(self, name: str) -> list[str]:
        """Processes that know the run, the files of its meeting, and Ray's folders."""
        found = [str(path) for path in (self.run(name) / "slurm").glob("*")]
        found += [command for command in processes() if str(self.run(name)) in command]
        return found


def processes() -> Iterator[str]:
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield file.read_bytes().replace(b"\0", b" ").decode(errors="replace")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("ray")
    chosen = settings(write_corpus(folder), workers=0, ignore=["*"])
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="v", dir="/tmp") as temporary:
        patch.setattr(clean, "build_index", partial(build_index, bundled=None))
        patch.syspath_prepend(str(SITE))
        for name, rule in importlib.import_module("poison_filters").register(filters).items():
            patch.setitem(filters.FILTERS, name, rule)
        clean.run(chosen.model_copy(update={"workers": 1}), folder / "reference")
        yield Place(folder, Path(temporary), chosen, outputs(folder / "reference"))


@pytest.mark.slurm
def test_of_two_jobs_side_by_side_one_is_cancelled_and_the_other_sees_nothing_of_it(
    cluster: Cluster, place: Place
) -> None:
    first, second = (place.submit(cluster, name) for name in ("first", "second"))
    for name in ("first", "second"):
        place.wait_for_units(cluster, name)
        (file,) = (place.run(name) / "slurm").glob("*/head.json")
        assert file.stat().st_mode & 0o77 == 0 and file.parent.stat().st_mode & 0o77 == 0
        (secret,) = secrets_of(json.loads(file.read_text(encoding="utf-8"))["address"])
        assert len(secret) == 64 and secret not in file.read_text(encoding="utf-8")
        assert not any(secret in command for command in processes())
    cluster.run("scancel", first)
    cluster.wait_for_job(first, "CANCELLED")
    cluster.wait_until(lambda: not place.left_behind("first"), 30, "nothing left", place.left_behind("first"))
    place.open("second")
    cluster.wait_for_job(second, "COMPLETED", 180)
    assert outputs(place.run("second") / "clean") == place.reference
    assert "2 nodes" in place.said("second")
    cluster.wait_until(lambda: not place.left_behind("second"), 10, "nothing left", place.left_behind("second"))
    assert list(place.temporary.iterdir()) == []


@pytest.mark.slurm
def test_a_signal_keeps_what_is_done_and_a_lost_ray_node_changes_no_byte(cluster: Cluster, place: Place) -> None:
    job = place.submit(cluster, "third")
    place.wait_for_units(cluster, "third")
    cluster.run("scancel", "--signal=USR1", job)
    record = cluster.wait_for_job(job, "FAILED")
    assert record["ExitCode"] == f"{128 + signal.SIGUSR1}:0", place.said("third")
    assert "can simply be started again" in place.said("third")
    assert place.left_behind("third") == list(place.temporary.iterdir()) == []
    assert len(published(place.run("third") / "clean")) >= 2
    job = place.submit(cluster, "third")
    (head,) = wait_for_head(cluster, place)
    kill_ray(head, "n2")
    place.open("third")
    cluster.wait_for_job(job, "COMPLETED", 180)
    assert "n2: Ray has ended here" in place.said("third")
    assert outputs(place.run("third") / "clean") == place.reference


def secrets_of(address: str) -> set[str]:
    """Ray's secret in the environment of the nodes that joined at `address`."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if f"--address={address}".encode() in file.read_bytes().split(b"\0"):
                found |= set(re.findall(rb"RAY_AUTH_TOKEN=(\w+)", file.with_name("environ").read_bytes()))
    return {secret.decode() for secret in found}


def wait_for_head(cluster: Cluster, place: Place) -> list[Path]:
    found: list[Path] = []

    def working() -> bool:
        found[:] = (place.run("third") / "slurm").glob("*/head.json")
        return bool(found) and any("ray::filter_shard" in command for command in processes())

    cluster.wait_until(working, 120, "work on Ray", place.said("third"))
    return found


def kill_ray(head: Path, node: str) -> None:
    """SIGKILL Ray's main process of one node."""
    address = json.loads(head.read_text(encoding="utf-8"))["address"]
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = file.read_bytes().decode(errors="replace").split("\0")
            if any(word == f"--node-name={node}" for word in words) and f"--address={address}" in words:
                os.killpg(int(file.parent.name), signal.SIGKILL)
                return
    raise AssertionError(f"no Ray of {node} at {address}")


@given(st.integers(1, 10**7), st.integers(0, 9), st.sets(st.integers(0, 7), min_size=2, max_size=2))
def test_tasks_of_a_job_on_one_host_look_for_ports_at_different_places(job: int, restart: int, two: set[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ports, "_is_free", lambda port: True)
        first, second = (free_ports(PER_TASK, job, restart, task) for task in two)
        other = free_ports(PER_TASK, job + 1, restart, min(two))
    assert len(set(first)) == PER_TASK and all(FIRST <= port < END for port in first)
    assert not set(first) & set(second) and not set(first + second) & set(other)


def test_a_port_in_use_is_not_taken() -> None:
    wanted = free_ports(3, job=77)
    with socket.socket() as other:
        other.bind(("127.0.0.1", wanted[1]))
        assert wanted[1] not in free_ports(8, job=77)


def test_the_first_task_is_found_when_it_has_spoken_and_the_others_end_when_it_closes(tmp_path: Path) -> None:
    (tmp_path / "run/slurm/ray-1.0-0").mkdir(parents=True)  # of a step that was killed, and started again
    meeting, other = (Meeting(tmp_path / "run/slurm", "ray-1.0", 1) for _ in range(2))
    said: list[Head] = []

    def follow() -> None:
        said.append(other.find(30))
        other.log(1, "n2").touch()
        other.wait_while_open(lambda: True)
        other.log(1, "n2").unlink()

    assert [path.name for path in (tmp_path / "run/slurm").iterdir()] == ["ray-1.0-1"]
    follower = threading.Thread(target=follow)
    follower.start()
    meeting.announce(Head("10.0.0.1:20000", "secret"))
    while not meeting.begun():
        pass
    assert meeting.begun() == {1: meeting.folder / "1-n2.txt"}
    assert follower.is_alive()
    meeting.close()
    meeting.clear(30)
    follower.join(30)
    assert said == [Head("10.0.0.1:20000", "secret")] and not meeting.folder.exists()
    with pytest.raises(UserError, match="the first task has ended before"):
        other.find(30)
    with pytest.raises(UserError, match=r"said nothing within 0 s\. Do all nodes see this folder\?"):
        Meeting(tmp_path / "run/slurm", "ray-1.0", 2).find(0)


def test_missing_nodes_are_named_with_their_last_words(tmp_path: Path) -> None:
    meeting = Meeting(tmp_path, "ray-1.0", 0)
    for task, node in enumerate(("n1", "login-2", "n3")):
        meeting.log(task, node).touch()
    meeting.log(1, "login-2").write_text("Traceback\n\n  ValueError: no memory\n", encoding="utf-8")
    found = _who_is_missing(meeting, {"n1", "n3"}, 4, "10.0.0.1:20000")
    assert found.startswith("2 of 4 nodes joined Ray at 10.0.0.1:20000 within 180 s. login-2 is missing. ")
    assert "Ray says there: Traceback / ValueError: no memory" in found
    assert "Task 3 has not begun" in found and "n3" not in found


def test_outside_of_slurm_and_without_the_interface_there_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"SLURM_STEP_NUM_TASKS is not set: start this by `srun --ntasks-per-node=1`"):
        read_task({})
    with pytest.raises(UserError, match="A node has one Ray"):
        read_task({"SLURM_STEP_NUM_TASKS": "4", "SLURM_STEP_NUM_NODES": "2"})
    with pytest.raises(UserError, match="no network interface ib77"):
        own_address("ib77")
    assert own_address("lo") == own_address("", "127.0.0.1") == "127.0.0.1"
