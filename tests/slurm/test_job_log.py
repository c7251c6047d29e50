"""What srun, slurmstepd and training write (SLURM 22.05 and later), and what is read from it."""

from __future__ import annotations

from slurm.job_log import Told, last_start, marker, read_log

KILLED = """\
srun: error: n2: task 1: Killed
srun: launch/slurm: _step_signal: Terminating StepId=1.2
slurmstepd-n1: error: *** STEP 1.2 ON n1 CANCELLED AT 2026-11-24T12:39:44 ***
srun: error: n1: task 0: Exited with exit code 143
srun: Force Terminated StepId=1.2
"""
PREEMPTED = """\
slurmstepd-n1: error: *** JOB 6 ON n1 CANCELLED AT 2026-11-24T12:40:33 DUE TO PREEMPTION ***
srun: Job step aborted: Waiting up to 7 seconds for job step to finish.
slurmstepd-n1: error: *** STEP 6.0 ON n1 CANCELLED AT 2026-11-24T12:40:33 DUE TO PREEMPTION ***
srun: error: n1: task 0: Killed
"""
STUCK = """\
vega watchdog: process 0 exits with 79: no progress for 540 s
    process  host  pid  update  collectives  phase          no progress for
->  3        c7    222  48      310          backward       540 s
    0        c6    111  48      311          communication  540 s
process 3 (c7, pid 222): in backward, while others wait in a collective.
srun: error: n1: task 0: Exited with exit code 79
srun: launch/slurm: _step_signal: Terminating StepId=8.0
srun: error: n2: task 3: Killed
"""


def test_the_first_task_that_nobody_had_asked_to_end_is_at_fault() -> None:
    assert read_log(KILLED) == Told(frozenset({143}), "task 1: Killed", "task 1: Killed", "n2")


def test_a_signal_says_more_than_the_exit_codes_that_came_first() -> None:
    told = read_log(
        "RuntimeError: [gloo] Connection closed by peer\nsrun: error: n1: task 0: Exited with exit code 1\n" + KILLED
    )
    assert (told.node, told.error) == ("n2", "task 1: Killed")


def test_a_child_killed_below_task_0_is_a_signal_too() -> None:
    said = "vega: error: fairseq-train ended with status -9. See above."
    told = read_log(f"{said}\nsrun: error: n1: task 0: Exited with exit code 137\n")
    assert (told.node, told.error) == ("n1", "task 0: Exited with exit code 137")
    ends = ["n2: task 1: Exited with exit code 1", "n1: task 0: Exited with exit code 137"]
    assert read_log("".join(f"srun: error: {end}\n" for end in ends)).node == "n1"


def test_a_node_that_failed_counts_before_all_else() -> None:
    text = (
        "srun: error: n1: task 0: Exited with exit code 1\nsrun: error: Node failure on n2\nsrun: Job step aborted: x\n"
    )
    assert read_log(text).node == "n2" and read_log(text).error == "the node failed"


def test_what_every_node_meets_alike_is_no_nodes_fault() -> None:
    assert read_log("srun: error: n1: tasks 0-1: Exited with exit code 3\n").node == "n1"
    assert (
        read_log(
            "srun: error: n1: tasks 0-1: Exited with exit code 3\nsrun: error: n2: task 2: Exited with exit code 3\n"
        ).node
        is None
    )
    for error in ("vega: error: data: no such file.", "OSError: [Errno 28] No space left on device"):
        told = read_log(f"{error}\nsrun: error: n1: task 0: Exited with exit code 1\n")
        assert (told.node, told.error) == (None, error)


def test_the_last_error_counts_that_is_not_an_echo() -> None:
    text = (
        "ValueError: first\n[rank1]: torch.cuda.OutOfMemoryError: tried 2 GiB\n"
        "RuntimeError: Connection reset by peer\nvega: error: fairseq-train ended with status 1. See above.\n"
    )
    assert read_log(text).error == "torch.cuda.OutOfMemoryError: tried 2 GiB"
    assert read_log("RuntimeError: gloo: timeout\n").error == "RuntimeError: gloo: timeout"
    assert read_log("all is well: 3 Errors\n").error == ""


def test_who_has_ended_the_job() -> None:
    told = read_log(PREEMPTED)
    assert (told.cancelled, told.node, told.failure) == ("PREEMPTION", None, "")
    assert read_log(PREEMPTED.replace(" DUE TO PREEMPTION", "")).cancelled == ""
    assert read_log(KILLED).cancelled is None  # a step's end is not the job's


def test_the_watchdogs_processes() -> None:
    told = read_log(STUCK)
    assert told.stuck == [3] and 79 in told.codes
    assert read_log("->  3        c7    222\n").stuck == []


def test_tasks_that_were_asked_to_end_have_not_failed() -> None:
    for end in ("Terminated", "User defined signal 1", *(f"Exited with exit code {code}" for code in (75, 138, 143))):
        assert read_log(f"srun: error: n1: task 0: {end}\n").failure == ""


def test_only_the_last_start_counts() -> None:
    text = f"{marker('7', 0)}, now\n{KILLED}{marker('7', 1)}\nfine\n"
    assert last_start(text, "7") == f"{marker('7', 1)}\nfine\n"
    assert last_start("no marker", "7") == "no marker"
