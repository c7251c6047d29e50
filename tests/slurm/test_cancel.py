"""`vega cancel` ends jobs for good, and only those that it is asked to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slurm import queue
from slurm.cancel import cancel
from slurm.cancelled import cancelled_jobs
from slurm.events import END, read_events
from slurm.testing import Cluster
from tests.slurm.submitted import SubmittedRun
from vega.errors import UserError

#: Every job of the small recipe that reads, directly or not, what `train` makes.
AFTER_TRAIN = ["train", "finetune-x", "translate", "evaluate", "report"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All jobs are alive; the ids that are cancelled."""
    found: list[str] = []
    monkeypatch.setattr(queue, "alive", set)
    monkeypatch.setattr(queue, "scancel", found.extend)
    return found


def test_all_jobs_are_cancelled_and_may_not_come_back(tmp_path: Path, cancelled: list[str]) -> None:
    submitted = SubmittedRun(tmp_path)
    lines = cancel(submitted.run)
    assert cancelled == [submitted.id(name) for name in submitted.jobs]
    assert cancelled_jobs(submitted.run) == set(submitted.jobs)
    assert lines[0] == "clean: job 1 cancelled"
    assert lines[-1] == f"Go on with: vega resume {submitted.run}"


def test_the_note_is_there_before_a_job_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = SubmittedRun(tmp_path)
    noted: list[set[str]] = []
    monkeypatch.setattr(queue, "alive", set)
    monkeypatch.setattr(queue, "scancel", lambda ids: noted.append(cancelled_jobs(submitted.run)))
    cancel(submitted.run)
    assert noted == [set(submitted.jobs)]


def test_a_stage_goes_with_what_waits_for_it(tmp_path: Path, cancelled: list[str]) -> None:
    submitted = SubmittedRun(tmp_path)
    cancel(submitted.run, ["finetune"])
    assert cancelled == [submitted.id(name) for name in AFTER_TRAIN[1:]]
    cancel(submitted.run, ["train"])
    assert cancelled_jobs(submitted.run) == set(AFTER_TRAIN)
    with pytest.raises(UserError, match="no stage 'trian'"):
        cancel(submitted.run, ["trian"])


def test_what_was_cancelled_before_stays_cancelled(tmp_path: Path, cancelled: list[str]) -> None:
    submitted = SubmittedRun(tmp_path)
    cancel(submitted.run, ["leakage"])
    cancel(submitted.run, ["vocab"])
    assert cancelled_jobs(submitted.run) == {"leakage", "vocab", "binarize", *AFTER_TRAIN}


def test_nothing_to_cancel_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = SubmittedRun(tmp_path)
    monkeypatch.setattr(queue, "alive", lambda ids: set())
    monkeypatch.setattr(queue, "scancel", lambda ids: None)
    assert cancel(submitted.run) == [f"{submitted.run}: no job is queued or running."]


def test_what_was_not_submitted_cannot_be_cancelled(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"was not submitted: it has no slurm/jobs\.json"):
        cancel(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_run_of_somebody_else(tmp_path: Path) -> None:
    submitted = SubmittedRun(tmp_path)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and folder != Path("/tmp") and folder.is_relative_to("/tmp"):
            folder.chmod(0o755)
    code = (
        "import os, sys; from pathlib import Path; from slurm.cancel import cancel; os.setuid(65534); "
        "cancel(Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(submitted.run)], capture_output=True, text=True, cwd=ROOT)
    assert "may not do that there (Permission denied). The run" in done.stderr


@pytest.mark.slurm
def test_a_job_that_would_put_itself_back_does_not(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends as a batch script of ours does: by asking slurm.job what follows."""
    monkeypatch.setenv("SLURM_CONF", cluster.environment["SLURM_CONF"])
    submitted = SubmittedRun(tmp_path)
    (submitted.run / "slurm/log").mkdir()
    asked, run = tmp_path / "asked", submitted.run
    script = tmp_path / "job.sh"
    script.write_text(
        f"""#!/bin/bash
#SBATCH --requeue --open-mode=append --mem=10M --output={run}/slurm/log/train-%j.txt
trap : TERM
cd {ROOT}
sleep 120 & wait
status=$?
wait
verdict=$({sys.executable} -m slurm.job end {run} train $status)
echo "$verdict" >{asked}
case $verdict in again*) scontrol requeue "$SLURM_JOB_ID" ;; esac
exit "$status"
""",
        encoding="utf-8",
    )
    job = queue.sbatch(script)
    later = queue.sbatch(script, [job])
    submitted.submit({"train": job, "translate": later})
    try:
        cluster.wait_for_job(job, "RUNNING")
        assert {line.partition(":")[0] for line in cancel(run, ["train"])} >= {"train", "translate"}
        cluster.wait_for_job(job, "CANCELLED")
        cluster.wait_until(lambda: not queue.alive([job, later]), 30, "both have ended")
    finally:
        queue.scancel([job, later])
    ends = [event for event in read_events(run) if event.event == END]
    assert [event.verdict for event in ends] == ["stop"]
    assert asked.read_text(encoding="utf-8") == "stop\n"
    assert cluster.job(job)["Restarts"] == "0"
