"""What `vega watch` shows is what the run's files say at that moment, and it ends when the run does."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from eval.report.watch import watch
from eval.report.watch_state import BROKEN, FAILED, FINISHED, LEFT, RUNNING, RunState, WatchedRun, outcome
from eval.report.watch_text import PlainLines, screen
from tests.eval.report.watched import MadeRun
from tests.vega.tracking.made_log import write
from vega.errors import UserError
from vega.status import StageStatus


@pytest.fixture
def made(tmp_path: Path) -> MadeRun:
    return MadeRun(tmp_path)


def test_each_look_sees_what_the_log_has_had_since(made: MadeRun) -> None:
    run = WatchedRun(made.folder)
    with made.training():
        assert run.look().training == []
        write(made.log, 10, 90)
        (before,) = run.look().training
        assert (before.stage, before.update, before.max_update) == ("train", 90, 1000)
        assert before.figures["tps"] == 900.5 and before.figures["host_gib"] == 1.5
        assert before.directions == {"de-en": 5.0, "en-de": 5.0} and before.left == pytest.approx(0.5 * 910)
        write(made.log, 100, 120, loss=4.0)
        state = run.look()
    (after,) = state.training
    assert (after.update, after.figures["loss"], after.directions["en-de"]) == (120, 4.0, 4.0)
    assert [point["updates"] for point in after.curves["train"]] == list(range(10, 121, 10))
    assert state.outcome == RUNNING
    assert {row.name: row.state for row in state.stages}["train"] == "running"
    assert state.warnings == ["train: 2026-11-30 10:00:01 | WARNING | x | gradient <b>overflow</b> [red]"]


def test_a_log_begun_anew_shows_nothing_of_the_old_one(made: MadeRun) -> None:
    run = WatchedRun(made.folder)
    with made.training():
        write(made.log, 10, 500)
        run.look()
        made.log.unlink()
        write(made.log, 10, 20)
        (training,) = run.look().training
    assert training.update == 20 and len(training.curves["train"]) == 2 and training.curves["valid"] == []


@pytest.mark.parametrize(
    ("states", "in_use", "submitted", "expected"),
    [
        (["finished", "finished"], False, False, FINISHED),
        (["finished", "running"], False, False, RUNNING),
        (["finished", "interrupted"], True, False, RUNNING),
        (["finished", "interrupted", "waiting"], False, False, FAILED),
        (["finished", "waiting"], False, False, LEFT),
        (["waiting", "waiting"], False, False, RUNNING),  # it has not begun
        (["finished", "pending"], False, True, RUNNING),  # put back into the queue
        (["finished", "waiting"], False, True, RUNNING),
        *((["finished", state, "waiting"], False, True, FAILED) for state in BROKEN),
        (["failed", "running"], False, True, RUNNING),
        (["finished", "not submitted"], False, True, LEFT),
    ],
)
def test_a_run_has_ended_when_nobody_works_on_it(
    states: list[str], in_use: bool, submitted: bool, expected: str
) -> None:
    assert outcome(states, in_use, submitted) == expected


def test_slurm_is_asked_now_and_then_and_a_job_put_back_is_no_end(made: MadeRun) -> None:
    answers: Iterator[str] = iter(["running", "failed", "pending", "running", "finished"])
    asked = []

    def jobs() -> tuple[list[StageStatus], str]:
        asked.append(time.monotonic())
        return [StageStatus("train", next(answers))], ""

    run = WatchedRun(made.folder, jobs, lambda name: made.folder / "slurm.txt", seconds_per_question=0.05)
    assert watch(run, every=0.01) == 0
    assert len(asked) == 5
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(asked))


def test_lines_say_what_has_changed(made: MadeRun) -> None:
    run, plain = WatchedRun(made.folder), PlainLines()
    with made.training():
        write(made.log, 10, 50)
        first = plain.lines(run.look())
        write(made.log, 60, 60)
        second = plain.lines(run.look())
    assert [line.partition(":")[0] for line in first] == [
        "clean", "leakage", "vocab", "binarize", "train", "warning", "train",
    ]  # fmt: skip
    assert second == [
        "train: update 60 of 1,000, about 7 min 50 s left, loss 5.000, NLL 4.000, learning rate 0.001, tokens/s 900, "
        "MFU 25.0%, host memory 1.50 GiB, validation NLL 5.000, de-en 5.000, en-de 5.000"
    ]


def test_the_screen_shows_text_of_the_run_as_text(made: MadeRun) -> None:
    with made.training():
        write(made.log, 10, 50)
        state = WatchedRun(made.folder).look()
    terminal = Console(file=io.StringIO(), width=200, force_terminal=True)
    terminal.print(screen(state))
    drawn = terminal.file.getvalue()  # type: ignore[attr-defined]
    for part in ("small", "update 50 of 1,000", "tokens/s", "900", "en-de", "<b>overflow</b>", "[red]"):
        assert part in drawn, part


def command(made: MadeRun, *options: str) -> list[str]:
    return [sys.executable, "-m", "vega", "watch", str(made.folder), *options]


@pytest.mark.e2e
def test_the_command_follows_a_run_to_its_end(made: MadeRun) -> None:
    with made.training():
        write(made.log, 10, 50)
        process = subprocess.Popen(command(made, "--every", "0.1"), stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "clean: finished" in line
        write(made.log, 60, 70)
        while "update 70 of" not in line:
            line = process.stdout.readline()
    with made.used():
        made.finish()
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "train: finished" in rest and rest.splitlines()[-1] == "small: finished"


@pytest.mark.e2e
def test_ctrl_c_ends_the_command_and_leaves_the_run_alone(made: MadeRun) -> None:
    with made.training():
        write(made.log, 10, 50)
        before = {path: path.stat().st_mtime_ns for path in made.folder.rglob("*")}
        process = subprocess.Popen(
            command(made, "--serve", "--every", "0.1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs are deaf to it
        )
        assert process.stdout is not None and process.stdout.readline().startswith("http://127.0.0.1:")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
        assert {path: path.stat().st_mtime_ns for path in made.folder.rglob("*")} == before
    assert (process.returncode, error) == (130, "vega: stopped. The run goes on, if it was running.\n")


def test_a_run_whose_training_died_has_failed(made: MadeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.report.watch_state.SETTLING", 0.2)
    with made.training():
        write(made.log, 10, 50)
        run = WatchedRun(made.folder)
        codes: list[int] = []
        thread = threading.Thread(target=lambda: codes.append(watch(run, every=0.05)))
        thread.start()
        time.sleep(0.4)
        assert thread.is_alive()
    thread.join(timeout=20)
    assert codes == [1]


def test_a_folder_that_is_no_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no recipe.yaml"):
        WatchedRun(tmp_path).look()


def test_the_state_is_a_snapshot(made: MadeRun) -> None:
    with made.training():
        write(made.log, 10, 50)
        run = WatchedRun(made.folder)
        state: RunState = run.look()
        seen = len(state.training[0].curves["train"])
        write(made.log, 60, 90)
        run.look()
    assert len(state.training[0].curves["train"]) == seen
