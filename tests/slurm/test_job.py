"""`python -m slurm.job` without SLURM: the variables that SLURM sets are set by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slurm import events, job
from slurm.cancelled import add_cancelled
from slurm.events import read_events
from slurm.record import cluster_path
from vega.manifest import Manifest

TRAINED = '{"epoch": 1, "update": 0.5, "loss": "7.1", "num_updates": "40"}\n'
KILLED = "srun: error: n5: task 1: Killed\nsrun: launch/slurm: _step_signal: Terminating StepId=7.0\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run in job 7, which trains on n4 and n5."""
    for name, value in {"JOB_ID": "7", "JOB_NODELIST": "n[4-5]", "NTASKS_PER_NODE": "2"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    for name in ("RESTART_COUNT", "ARRAY_TASK_ID", "ARRAY_JOB_ID"):
        monkeypatch.delenv(f"SLURM_{name}", raising=False)
    for folder in ("train", "slurm/log"):
        (tmp_path / "a run" / folder).mkdir(parents=True)
    (tmp_path / "a run/train/train.log").write_text(TRAINED, encoding="utf-8")
    return tmp_path / "a run"


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[str, str]:
    assert job.main(list(map(str, arguments))) == 0
    captured = capsys.readouterr()
    return captured.out, captured.err


def play(run: Path, capsys: pytest.CaptureFixture[str], said: str, status: int) -> tuple[str, str]:
    """A start of the job that writes `said` and ends with `status`; the verdict and the reason."""
    _, marker = call(capsys, "begin", run, "train")
    with (run / "slurm/log/train-7.txt").open("a", encoding="utf-8") as log:
        log.write(marker + said)
    return call(capsys, "end", run, "train", status)


def test_begin_says_where_to_meet_in_words_that_bash_reads(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said, _ = call(capsys, "begin", run, "train", "--interface", "lo")
    shown = subprocess.run(["bash", "-c", f"{said}\necho $MASTER_ADDR $MASTER_PORT"], capture_output=True, text=True)
    address, port = shown.stdout.split()
    assert address == "127.0.0.1" and 1024 < int(port) < 65_536
    (event,) = read_events(run)
    assert (event.event, event.job, event.id, event.restart, event.nodes) == ("begin", "train", "7", 0, "n[4-5]")


def test_an_end_is_noted_with_all_that_is_known(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdict, reason = play(run, capsys, KILLED, 143)
    assert verdict == "again\n"
    assert reason == "vega: again. Failed after update 40: task 1: Killed. Time 1 of 3 that end the job.\n"
    event = read_events(run)[-1]
    assert (event.status, event.verdict, event.update) == (143, "again", 40)
    assert (event.error, event.node) == ("task 1: Killed", "n5")


def test_earlier_starts_in_the_same_log_do_not_count(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    play(run, capsys, KILLED, 143)
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert play(run, capsys, "", 143)[0] == "again\n"
    event = read_events(run)[-1]
    assert (event.restart, event.error, event.node) == (1, "", None)


@pytest.mark.parametrize(
    ("said", "node", "error"),
    [
        ("*** JOB 7 ON n4 CANCELLED AT 2026-11-24T13:00:09 DUE TO JOB REQUEUE ***\n", None, ""),
        ("srun: error: Node failure on n5\n", "n5", "the node failed"),
        (
            "*** JOB 7 ON n4 CANCELLED AT 2026-11-24T13:00:09 DUE TO NODE FAILURE, SEE LOG ***\n",
            None,
            "node failure, see log",
        ),
    ],
)
def test_a_start_without_an_end_is_noted_by_the_next(
    said: str,
    node: str | None,
    error: str,
    run: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, marker = call(capsys, "begin", run, "train")
    (run / "slurm/log/train-7.txt").write_text(marker + said, encoding="utf-8")
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    call(capsys, "begin", run, "train")
    first, end, second = read_events(run)
    assert (end.event, end.restart, end.verdict, end.node, end.error) == ("end", 0, "again", node, error)
    assert (first.event, second.event, second.restart) == ("begin", "begin", 1)


def test_limits_come_from_the_cluster_file(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cluster_path(run).write_text("node_failures: 1\nsame_failures: 2\n", encoding="utf-8")
    assert play(run, capsys, KILLED, 143)[0] == "again without n5\n"
    assert play(run, capsys, KILLED, 143)[0] == "stop\n"


def test_a_cluster_file_that_cannot_be_read_costs_only_its_limits(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster_path(run).write_text("no_such_key: 1\n", encoding="utf-8")
    verdict, said = play(run, capsys, KILLED, 143)
    assert verdict == "again\n" and "no_such_key" in said


def test_a_cancelled_job_stops(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_cancelled(run, ["train"])
    assert play(run, capsys, "", 143)[0] == "stop\n"


@pytest.mark.parametrize(("process", "node"), [("1", "n4"), ("2", "n5"), ("9", None)])
def test_the_node_of_a_stuck_process(
    process: str, node: str | None, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = f"vega watchdog: process 0 exits with 79: no progress for 5 s\n->  {process}   host  1\n"
    play(run, capsys, said, 79)
    assert read_events(run)[-1].node == node
    assert read_events(run)[-1].error == f"no progress, the others waited for process {process}"


def test_a_task_of_an_array_reads_its_own_log(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "6")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    log = (
        "vega: job 7 begins, restart 0\nvega: error: no such file.\nsrun: error: n4: task 0: Exited with exit code 1\n"
    )
    (run / "slurm/log/synthesize-bt.make-6_3.txt").write_text(log, encoding="utf-8")
    call(capsys, "end", run, "synthesize-bt.make", 1)
    event = read_events(run)[-1]
    assert (event.task, event.error, event.node, event.update) == (3, "vega: error: no such file.", None, None)


def test_a_full_disk_costs_the_note_but_not_the_verdict(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events.os, "write", lambda file, data: 0)
    verdict, said = call(capsys, "end", run, "train", 75)
    assert verdict == "again\n" and "cannot write (No space left on device)" in said


def test_without_slurm_it_says_what_it_is_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "slurm.job", "begin", str(tmp_path), "train"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={"PATH": "/usr/bin"}, cwd=Path(__file__).parents[2]
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == "vega: error: SLURM_JOB_ID is not set: slurm.job is for batch scripts. Submit the script with sbatch.\n"
    )


def finish(run: Path) -> None:
    """What a stage leaves when it has finished."""
    facts: dict[str, Any] = {key: {} for key in ("settings", "inputs", "outputs", "versions", "stats")}
    Manifest(stage="train", command=[], started="", finished="", seconds=1.0, key="", **facts).write(run / "train")


def test_events_are_lines_that_other_programs_read(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finish(run)
    play(run, capsys, "", 0)
    first, last = (json.loads(line) for line in events.events_path(run).read_text(encoding="utf-8").splitlines())
    assert first["event"] == "begin" and (last["status"], last["verdict"]) == (0, "done")


def test_a_status_of_0_is_not_believed_without_the_stage_s_manifest(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict, said = play(run, capsys, "srun: error: Node failure on n4\n", 0)
    assert verdict.startswith("again") and "has no manifest.json" in said
    assert read_events(run)[-1].node == "n4"
