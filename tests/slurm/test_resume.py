"""`vega resume` puts back what is missing, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slurm import queue, resume
from slurm.cancel import cancel
from slurm.cancelled import add_cancelled, cancelled_jobs
from slurm.events import RESUME, read_events
from slurm.jobs import Job
from slurm.queue import QueueState
from slurm.record import read_record
from slurm.submit import Submission
from slurm.testing import Cluster
from tests.slurm.submitted import SubmittedRun
from vega.errors import UserError
from vega.strict_yaml import dump

BEFORE = ["clean", "leakage", "vocab", "binarize"]
AFTER_TRAIN = ["finetune-x", "translate", "evaluate", "report"]
ROUND = ["synthesize-bt.prepare", "synthesize-bt.make", "synthesize-bt"]


class Slurm:
    """What is queued, and what was submitted and cancelled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.queued: list[QueueState] = []
        self.cancelled: list[str] = []
        self.jobs: dict[str, Job] = {}
        self.only_tasks: dict[str, list[int]] = {}
        monkeypatch.setattr(queue, "states", lambda jobs: self.queued)
        monkeypatch.setattr(queue, "scancel", self.cancelled.extend)
        monkeypatch.setattr(resume, "submit", self.submit)

    def submit(self, submission: Submission, only_tasks: dict[str, list[int]]) -> None:
        assert list(submission.scripts) == [job.name for job in submission.jobs]
        assert set(submission.reasons) == {job.stage.name for job in submission.jobs}
        self.jobs = {job.name: job for job in submission.jobs}
        self.only_tasks = only_tasks

    def say(self, job: str, state: str, reason: str = "", task: int | None = None) -> None:
        self.queued.append(QueueState(job, task, state, reason))


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> Slurm:
    return Slurm(monkeypatch)


def test_what_failed_comes_back_with_what_waited_for_it(tmp_path: Path, slurm: Slurm) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.finish(BEFORE)
    slurm.say(submitted.id("train"), "FAILED")
    for name in AFTER_TRAIN:
        slurm.say(submitted.id(name), "PENDING", "DependencyNeverSatisfied")
    resume.resume(submitted.run)
    assert list(slurm.jobs) == ["train", *AFTER_TRAIN]
    assert slurm.jobs["train"].after == ()
    assert slurm.jobs["translate"].after == ("train", "finetune-x")
    assert slurm.cancelled == [submitted.id(name) for name in AFTER_TRAIN]
    assert slurm.only_tasks == {}


def test_what_is_queued_stays_and_is_waited_for(tmp_path: Path, slurm: Slurm) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.finish([*BEFORE, "train"])
    slurm.say(submitted.id("finetune-x"), "RUNNING")
    slurm.say(submitted.id("translate"), "CANCELLED")
    said = resume.resume(submitted.run)
    assert said == ["finetune-x: queued or running"]
    assert list(slurm.jobs) == ["translate", "evaluate", "report"]
    assert slurm.jobs["translate"].after == ("finetune-x",)
    assert set(slurm.jobs["report"].after) == {"finetune-x", "translate", "evaluate"}
    assert slurm.cancelled == []


def test_a_job_that_would_wait_for_ever_comes_back(tmp_path: Path, slurm: Slurm) -> None:
    """Training failed, and was then done by hand."""
    submitted = SubmittedRun(tmp_path)
    submitted.finish([*BEFORE, "train"])
    slurm.say(submitted.id("finetune-x"), "PENDING", "DependencyNeverSatisfied")
    resume.resume(submitted.run)
    assert list(slurm.jobs) == AFTER_TRAIN
    assert slurm.cancelled == [submitted.id("finetune-x")]


def test_a_finished_run_has_nothing_to_resume(tmp_path: Path, slurm: Slurm) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.finish(list(submitted.jobs))
    assert resume.resume(submitted.run) == [f"{submitted.run}: nothing to resume."]
    assert slurm.jobs == {}
    assert read_events(submitted.run) == []


def test_stages_that_were_left_out_stay_out(tmp_path: Path, slurm: Slurm) -> None:
    submitted = SubmittedRun(tmp_path, only=["clean", "vocab"])
    resume.resume(submitted.run)
    assert list(slurm.jobs) == ["clean", "vocab"]


def test_failures_count_anew(tmp_path: Path, slurm: Slurm) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.end("clean", "stop")
    resume.resume(submitted.run)
    assert [event.event for event in read_events(submitted.run)][-1] == RESUME


def with_missing(monkeypatch: pytest.MonkeyPatch, parts: dict[str, list[int] | None]) -> None:
    monkeypatch.setattr(resume, "_missing_parts", lambda job: parts[job.name])


@pytest.mark.parametrize(
    ("prepare", "make", "again"),
    [([], [1, 3], ROUND[1:]), ([], [], ROUND[2:]), ([0], [0, 1, 2, 3], ROUND), (None, None, ROUND)],
)
def test_of_an_array_the_tasks_that_are_missing(
    tmp_path: Path,
    slurm: Slurm,
    monkeypatch: pytest.MonkeyPatch,
    prepare: list[int] | None,
    make: list[int] | None,
    again: list[str],
) -> None:
    submitted = SubmittedRun(tmp_path, synthesis=True)
    submitted.finish([*BEFORE, "train"])
    with_missing(monkeypatch, {ROUND[0]: prepare, ROUND[1]: make})
    resume.resume(submitted.run)
    assert [name for name in slurm.jobs if name.startswith("synthesize")] == again
    assert [slurm.jobs[name].after for name in again] == [(), *((name,) for name in again[:-1])]
    assert slurm.only_tasks == ({ROUND[1]: make} if make else {})


def test_a_round_waits_for_training_that_is_queued_whatever_is_left_of_it(
    tmp_path: Path, slurm: Slurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = SubmittedRun(tmp_path, synthesis=True)
    submitted.finish(BEFORE)
    slurm.say(submitted.id("train"), "RUNNING")
    with_missing(monkeypatch, {ROUND[0]: [], ROUND[1]: [2]})
    resume.resume(submitted.run)
    assert slurm.jobs[ROUND[1]].after == ("train",)


def test_an_array_that_still_runs_is_waited_for(tmp_path: Path, slurm: Slurm) -> None:
    submitted = SubmittedRun(tmp_path, synthesis=True)
    submitted.finish([*BEFORE, "train"])
    slurm.say(submitted.id(ROUND[1]), "FAILED", task=0)
    slurm.say(submitted.id(ROUND[1]), "RUNNING", task=1)
    slurm.say(submitted.id(ROUND[2]), "PENDING", "DependencyNeverSatisfied")
    with pytest.raises(UserError, match=r"synthesize-bt has failed in part, and synthesize-bt\.make still runs"):
        resume.resume(submitted.run)
    assert slurm.cancelled == []


def test_jobs_that_are_just_being_cancelled_are_not_waited_for(tmp_path: Path, slurm: Slurm) -> None:
    submitted = SubmittedRun(tmp_path)
    add_cancelled(submitted.run, ["clean", "vocab"])
    slurm.say(submitted.id("clean"), "COMPLETING")
    with pytest.raises(UserError, match=r"still stopping after vega cancel: clean\. Try again"):
        resume.resume(submitted.run)


def test_what_was_not_submitted_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="was not submitted"):
        resume.resume(tmp_path)


def test_parts_of_synthesis_are_asked_for_as_the_command_line_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a round that has not begun all are missing; of one that cannot be asked, nothing is known."""
    submitted = SubmittedRun(tmp_path, synthesis=True)
    submitted.finish([*BEFORE, "train"])
    make = submitted.jobs[ROUND[1]]
    assert resume._missing_parts(make) is None  # it has no settings.yaml
    make.stage.folder.mkdir()
    (make.stage.folder / "settings.yaml").write_text(dump(make.stage.settings), encoding="utf-8")
    assert resume._missing_parts(make) == [0, 1, 2, 3]
    assert resume._missing_parts(submitted.jobs[ROUND[0]]) == [0]


@pytest.fixture
def held(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SubmittedRun]:
    """A run whose jobs never start; BEFORE have finished."""
    monkeypatch.setenv("SLURM_CONF", cluster.environment["SLURM_CONF"])
    submitted = SubmittedRun(tmp_path, cluster={"sbatch": ["--hold", "--mem=10M"]})
    submitted.finish(BEFORE)
    yield submitted
    queue.scancel([job.id for job in read_record(submitted.run).jobs.values() if int(job.id) < 90_000])


def dependencies(cluster: Cluster, submitted: SubmittedRun, name: str) -> set[str]:
    """Ids of the jobs that a job waits for, as SLURM has them."""
    return {one.partition(":")[2].partition("(")[0] for one in _fields(cluster, submitted.id(name)).split(",")}


def _fields(cluster: Cluster, job: str) -> str:
    found: Any = cluster.job(job)["Dependency"]
    return str(found)


@pytest.mark.slurm
def test_a_cancelled_run_comes_back_on_a_real_cluster(cluster: Cluster, held: SubmittedRun) -> None:
    held.submit({name: str(90_000 + number) for number, name in enumerate(held.jobs)})  # SLURM knows none of them
    resume.resume(held.run)
    train = held.id("train")
    wanted = {held.id(name) for name in ("train", *AFTER_TRAIN)}
    assert queue.alive(sorted(wanted)) == wanted
    assert dependencies(cluster, held, "translate") == {train, held.id("finetune-x")}
    assert resume.resume(held.run)[-1] == f"{held.run}: nothing to resume."
    cancel(held.run)
    assert queue.alive(sorted(wanted)) == set()
    resume.resume(held.run)
    assert cancelled_jobs(held.run) == set()
    assert read_record(held.run).jobs["train"].earlier[-1] == train != held.id("train")


@pytest.mark.slurm
def test_part_of_a_run_comes_back_on_a_real_cluster(cluster: Cluster, held: SubmittedRun) -> None:
    held.submit({name: str(90_000 + number) for number, name in enumerate(held.jobs)})
    resume.resume(held.run)
    train, finetune = held.id("train"), held.id("finetune-x")
    cancel(held.run, ["translate"])
    assert resume.resume(held.run) == ["train: queued or running", "finetune-x: queued or running"]
    assert (held.id("train"), held.id("finetune-x")) == (train, finetune)
    assert dependencies(cluster, held, "translate") == {train, finetune}
