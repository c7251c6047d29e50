"""What `vega status` says of a submitted run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from slurm import queue
from slurm.cancelled import add_cancelled
from slurm.events import BEGIN, Event, append
from slurm.log_tail import LINES, WIDTH, last_lines
from slurm.queue import QueueState
from slurm.reasons import why_it_waits
from slurm.status import Row, RunStatus, slurm_status
from slurm.status_text import render, render_status, status_json
from slurm.testing import Cluster
from tests.slurm.submitted import TASKS, SubmittedRun
from vega.errors import UserError
from vega.settings import TrainSettings

MAKE = "synthesize-bt.make"


class Answers:
    """Stands for SLURM: what it is to say of jobs."""

    def __init__(self) -> None:
        self.states: list[QueueState] = []
        self.error = ""
        self.settled: list[str] = []

    def say(self, job: str, state: str, task: int | None = None, **more: object) -> None:
        self.states.append(QueueState(job, task, state, **more))  # type: ignore[arg-type]

    def __call__(self, jobs: object, settled: list[str]) -> list[QueueState]:
        self.settled = settled
        if self.error:
            raise UserError(self.error)
        return self.states


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers()
    monkeypatch.setattr(queue, "states", answers)
    return answers


def rows(submitted: SubmittedRun) -> dict[str, Row]:
    return {row.name: row for row in slurm_status(submitted.run).rows}


@pytest.mark.parametrize(
    ("state", "reason", "ours", "words"),
    [
        ("RUNNING", "", "running", ""),
        ("COMPLETING", "", "running", "completing"),
        ("PENDING", "Resources", "pending", "for free nodes (Resources)"),
        ("PENDING", "ReqNodeNotAvail, UnavailableNodes:n2", "pending", "for nodes that are down or reserved (ReqNode"),
        ("PENDING", "QOSMaxJobsPerUserLimit", "pending", "your QOS is at its limit (QOSMaxJobsPerUserLimit)"),
        ("PENDING", "JobHeldUser", "pending", "scontrol release 1 "),
        ("PENDING", "SomethingNew", "pending", "SomethingNew"),
        ("PENDING", "Dependency", "waiting", ""),
        ("CANCELLED", "", "cancelled", ""),
        ("FAILED", "NonZeroExitCode", "failed", "exit status 3"),
        ("TIMEOUT", "TimeLimit", "failed", "its time limit was over"),
        ("NODE_FAIL", "", "failed", "a node failed"),
        ("OUT_OF_MEMORY", "", "failed", "it was out of memory"),
        ("COMPLETED", "", "failed", "the stage has not finished"),
    ],
)
def test_slurms_words_in_plain_ones(
    tmp_path: Path, slurm: Answers, state: str, reason: str, ours: str, words: str
) -> None:
    submitted = SubmittedRun(tmp_path)
    slurm.say("1", state, reason=reason, exit_code=3)
    row = rows(submitted)["clean"]
    assert row.state == ours
    assert words in row.reason
    assert (row.failure is not None) == (ours == "failed")


def test_a_finished_stage_is_finished_whatever_slurm_remembers(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.finish(["clean", "leakage"])
    slurm.say("1", "FAILED")
    found = rows(submitted)
    assert (found["clean"].state, found["leakage"].state) == ("finished", "finished")
    assert slurm.settled == ["1", "2"]


def test_a_stage_that_is_done_again_is_not_called_finished(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.finish(["clean"])
    slurm.say("1", "PENDING", reason="Priority")
    assert rows(submitted)["clean"].state == "pending"


def test_a_job_waits_for_those_that_have_not_finished(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.finish(["clean"])
    slurm.say(submitted.id("leakage"), "FAILED")
    slurm.say(submitted.id("vocab"), "RUNNING")
    slurm.say(submitted.id("binarize"), "PENDING", reason="DependencyNeverSatisfied")
    row = rows(submitted)["binarize"]
    assert (row.state, row.waits_for) == ("waiting", ["leakage", "vocab"])
    assert "for leakage (failed), vocab; SLURM will not start it any more\n" in render_status(submitted.run)


def test_time_left_of_training_is_updates_left_times_their_time(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.log_training(300, 0.5)
    slurm.say(submitted.id("train"), "RUNNING", elapsed=170, left=3600, nodes="n[1-2]", restarts=2)
    settings = next(stage.settings for stage in submitted.stages if stage.name == "train")
    assert isinstance(settings, TrainSettings)
    row = rows(submitted)["train"]
    assert row.left == (settings.max_update - 300) * 0.5
    assert (row.update, row.max_update, row.tokens_per_second) == (300, settings.max_update, 1200.0)
    assert (row.nodes, row.restarts, row.elapsed, row.limit_left) == ("n[1-2]", 2, 170, 3600)
    text = render_status(submitted.run)
    assert f"update 300 of {settings.max_update:,}, loss 5.1, tokens/s 1200; time limit in 60.0 minutes" in text


def test_a_failed_job_shows_where_and_why_and_the_end_of_its_log(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    log = submitted.write_log("train", "".join(f"line {number}\n" for number in range(30)))
    submitted.end("train", "stop", node="n2")
    slurm.say(submitted.id("train"), "FAILED", nodes="n[1-2]", exit_code=1)
    failure = rows(submitted)["train"].failure
    assert failure is not None
    assert (failure.node, failure.log, failure.reason) == ("n2", str(log), "Told so: stop. (exit status 1)")
    assert failure.lines == [f"line {number}" for number in range(20, 30)]
    text = render_status(submitted.run)
    assert "train failed on n2: Told so: stop." in text
    assert "  | line 29" in text
    assert f"vega resume {submitted.run}" in text


def test_what_a_job_wrote_counts_when_slurm_has_forgotten_it(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.end("clean", "stop")
    submitted.end("leakage", "again")
    found = rows(submitted)
    assert (found["clean"].state, found["clean"].reason) == ("failed", "Told so: stop.")
    assert (found["leakage"].state, found["vocab"].state) == ("gone", "gone")
    submitted.submit({"clean": "77"})  # what its earlier submission wrote says nothing of this one
    assert rows(submitted)["clean"].state == "gone"


def test_cancelled_jobs_are_cancelled_even_when_slurm_has_forgotten_them(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.end("clean", "stop", status=75)
    submitted.end("leakage", "stop", status=1)
    add_cancelled(submitted.run, ["clean", "leakage", "vocab"])
    found = rows(submitted)
    states = [found[name].state for name in ("clean", "leakage", "vocab", "train")]
    assert states == ["cancelled", "failed", "cancelled", "gone"]


def test_without_slurm_the_jobs_own_notes_are_shown_and_it_is_said(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.finish(["clean"])
    append(submitted.run, Event(BEGIN, job="vocab", id=submitted.id("vocab"), nodes="n1"))
    submitted.end("leakage", "stop")
    slurm.error = "squeue was not found"
    status = slurm_status(submitted.run)
    states = {row.name: row.state for row in status.rows}
    assert [states[name] for name in ("clean", "leakage", "vocab", "train")] == [
        "finished", "failed", "running", "pending",
    ]  # fmt: skip
    assert "squeue was not found" in status.note
    assert status.note in render(status)


def test_tasks_of_an_array_are_counted(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path, synthesis=True)
    job = submitted.id(MAKE)
    slurm.say(job, "RUNNING", 0, nodes="n1")
    slurm.say(job, "PENDING", 1, reason="JobArrayTaskLimit")
    slurm.say(job, "FAILED", 2, exit_code=4, nodes="n2")
    submitted.write_log(MAKE, "it broke\n", task=2)
    submitted.end(MAKE, "done", task=3, status=0)
    row = rows(submitted)[MAKE]
    assert row.state == "running"
    assert row.tasks == {"done": 1, "running": 1, "pending": 1, "failed": 1, "total": TASKS}
    assert row.failure is not None
    assert (row.failure.tasks, row.failure.node, row.failure.lines) == ([2], "n2", ["it broke"])
    text = render_status(submitted.run)
    assert "1/4 tasks done, 1 running, 1 pending, 1 failed" in text
    assert f"{MAKE} (tasks 2) failed on n2: exit status 4" in text


def test_tasks_that_were_not_submitted_again_are_done(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path, synthesis=True)
    submitted.submit({MAKE: "77"})
    slurm.say("77", "RUNNING", 3)
    assert rows(submitted)[MAKE].tasks == {"done": 3, "running": 1, "pending": 0, "failed": 0, "total": TASKS}


def test_a_stage_that_was_not_submitted_says_so(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    record = json.loads((submitted.run / "slurm/jobs.json").read_text(encoding="utf-8"))
    record["jobs"] = record["jobs"][:2]
    (submitted.run / "slurm/jobs.json").write_text(json.dumps(record), encoding="utf-8")
    assert rows(submitted)["train"].state == "not submitted"


def test_json_has_the_keys_that_are_written_down(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    slurm.say("1", "FAILED")
    content = json.loads(status_json(submitted.run))
    assert list(content) == ["run", "cluster", "note", "jobs"]
    documented = str(sys.modules["slurm.status"].__doc__)
    assert all(name in documented for name in content["jobs"][0])
    assert list(content["jobs"][0]) == [field.name for field in fields(Row)]
    assert [job["name"] for job in content["jobs"]] == list(submitted.jobs)


def test_lines_of_a_log_do_not_play_with_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"x\n" * 20 + b"10%\r50%\r100%\n\n\x1b[31mred\x1b[0m\x07\n\xff\n" + b"y" * 1000 + b"\n")
    shown = last_lines(log)
    assert len(shown) == LINES
    assert shown[-4:-1] == ["100%", "red", "\ufffd"]
    assert len(shown[-1]) < WIDTH + 5
    assert last_lines(tmp_path / "none") == []


def test_a_reason_names_its_job() -> None:
    assert "scontrol release 17 " in why_it_waits("launch failed requeued held", "17")


def test_a_long_list_of_nodes_leaves_the_table_readable() -> None:
    row = Row("train", "train", "running", nodes=",".join(f"node{number:04}" for number in range(99)))
    assert max(map(len, render(RunStatus(Path("run"), "", [row])).splitlines())) < 120


def test_the_command_line_shows_jobs_only_of_what_was_submitted(tmp_path: Path) -> None:
    submitted = SubmittedRun(tmp_path)

    def status(*more: str) -> str:
        command = [sys.executable, "-m", "vega", "status", str(submitted.run), *more]
        return subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": ""}).stdout

    assert "SLURM was not asked" in status()
    assert json.loads(status("--json"))["jobs"][0]["name"] == "clean"
    shutil.rmtree(submitted.run / "slurm")
    assert "clean       waiting" in status()
    assert json.loads(status("--json"))["stages"][0] == {
        "name": "clean",
        "state": "waiting",
        "seconds": None,
        "detail": "",
    }


@pytest.mark.slurm
def test_on_a_real_cluster(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounting is off there."""
    monkeypatch.setenv("SLURM_CONF", cluster.environment["SLURM_CONF"])
    submitted = SubmittedRun(tmp_path, synthesis=True)
    (submitted.run / "slurm/log").mkdir()
    script = tmp_path / "job.sh"
    ids: dict[str, str] = {}

    def submit(name: str, work: str, after: tuple[str, ...] = (), *options: str) -> None:
        log = str(submitted.run / "slurm/log" / (f"{name}-%A_%a.txt" if "." in name else f"{name}-%j.txt"))
        lines = [f"#SBATCH {option}" for option in ("--mem=10M", "--time=5", f"--output={log}", *options)]
        script.write_text("\n".join(["#!/bin/bash", *lines, work]), encoding="utf-8")
        ids[name] = queue.sbatch(script, [ids[one] for one in after])

    submit("clean", "echo started; echo it broke >&2; exit 3")
    submit("leakage", "sleep 60", (), "--nodes=2")
    submit("vocab", "true", ("clean",))
    submit("binarize", "true", ("leakage",))
    submit("train", "true", (), "--hold")
    submit(
        MAKE, "[ $SLURM_ARRAY_TASK_ID != 1 ] || exit 4; [ $SLURM_ARRAY_TASK_ID = 0 ] || sleep 60", (), "--array=0-3%2"
    )
    submitted.submit(ids)
    try:
        cluster.wait_for_job(ids["leakage"], "RUNNING")
        running = {"running": 2, "failed": 1, "done": 1, "pending": 0, "total": 4}
        cluster.wait_until(lambda: rows(submitted)[MAKE].tasks == running, 30, "two tasks have ended")
        found = rows(submitted)
        queue.scancel([ids["leakage"]])
        cluster.wait_until(lambda: rows(submitted)["leakage"].state == "cancelled", 30, "leakage cancelled")
    finally:
        queue.scancel(list(ids.values()))
    assert found["clean"].failure is not None
    assert found["clean"].failure.lines == ["started", "it broke"]
    assert (found["clean"].reason, found["clean"].failure.node in ("n1", "n2")) == ("exit status 3", True)
    assert (found["leakage"].state, found["leakage"].nodes) == ("running", "n[1-2]")
    assert 240 < (found["leakage"].limit_left or 0) <= 300
    assert (found["vocab"].state, found["vocab"].waits_for) == ("waiting", ["clean"])
    assert (found["binarize"].state, found["binarize"].waits_for) == (
        "waiting", ["clean", "leakage", "vocab"]
    )  # fmt: skip
    assert (found["train"].state, found["train"].reason[:5]) == ("pending", "held:")
    failure = found[MAKE].failure
    assert failure is not None
    assert (failure.tasks, failure.reason) == ([1], "exit status 4")
