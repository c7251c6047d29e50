"""`vega watch` of a submitted run: its jobs as SLURM and they themselves describe them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from eval.report.watch_state import FAILED, FINISHED, RUNNING, RunState, WatchedRun
from slurm import watched
from tests.slurm.submitted import SubmittedRun
from tests.slurm.test_status import Answers, slurm

__all__ = ["slurm"]


def look(submitted: SubmittedRun) -> RunState:
    run = submitted.run
    return WatchedRun(run, partial(watched.jobs, run), partial(watched.job_log, run)).look()


def test_a_requeued_training_is_shown_from_its_log_and_its_jobs_warnings(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.finish(["clean"])
    submitted.log_training(300, 0.5)
    submitted.write_log("train", "x | WARNING | gradient overflow\n")
    slurm.say(submitted.id("train"), "RUNNING", elapsed=170, left=3600, nodes="n1", restarts=2)
    state = look(submitted)
    rows = {row.name: row for row in state.stages}
    assert (rows["clean"].state, rows["train"].state, rows["train"].seconds) == ("finished", "running", 170)
    assert "time limit in 60.0 minutes" in rows["train"].detail
    (training,) = state.training
    assert training.update == 300 and training.left == (training.max_update - 300) * 0.5
    assert state.warnings == ["train: x | WARNING | gradient overflow"] and state.outcome == RUNNING


def test_a_failed_job_says_why_and_a_silent_slurm_is_said(tmp_path: Path, slurm: Answers) -> None:
    submitted = SubmittedRun(tmp_path)
    submitted.end("clean", "stop", node="n2")
    slurm.say(submitted.id("clean"), "FAILED", nodes="n2", exit_code=1)
    state = look(submitted)
    assert state.outcome == FAILED
    assert "Told so: stop. (exit status 1)" in state.stages[0].detail
    slurm.error = "no squeue here"
    assert look(submitted).warnings[0].endswith("no squeue here")
    submitted.finish([stage.name for stage in submitted.stages])
    assert look(submitted).outcome == FINISHED
