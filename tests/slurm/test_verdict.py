from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm.events import Event
from slurm.job_log import Told
from slurm.verdict import FAILURES, Ended, Limits, describe, judge, meaning

LIMITS = Limits()
KILLED = Told(failure="task 1: Killed", error="task 1: Killed", node="n2")
NODES = ("n1", "n2", "n3")

tolds = st.builds(
    Told,
    codes=st.frozensets(st.sampled_from([1, 2, 75, 79, 80, 137, 143])),
    failure=st.sampled_from(["", "task 1: Killed"]),
    error=st.sampled_from(["", "ValueError: 1", "ValueError: 2", "task 1: Killed"]),
    node=st.none() | st.sampled_from(NODES),
    stuck=st.sampled_from([[], [1]]),
    cancelled=st.sampled_from([None, "", "PREEMPTION", "TIME LIMIT", "NODE FAILURE"]),
)
ends = st.builds(
    Ended,
    job=st.just("train"),
    status=st.sampled_from([0, 1, 2, 75, 79, 80, 137, 138, 143]),
    told=tolds,
    update=st.none() | st.integers(0, 3),
    node=st.none() | st.sampled_from(NODES),
    cancelled=st.booleans(),
)


def event(ended: Ended, verdict: str) -> Event:
    """As slurm.job writes it."""
    failed = meaning(ended) in FAILURES
    known = Event("end", job=ended.job, task=ended.task, status=ended.status, verdict=verdict, update=ended.update)
    return replace(known, error=describe(ended), node=ended.node) if failed else known


def play(all_ends: list[Ended], limits: Limits = LIMITS) -> list[str]:
    """The verdicts on one end after the other."""
    history: list[Event] = []
    for ended in all_ends:
        verdict = judge(ended, history, limits).verdict
        history.append(event(ended, verdict))
    return [each.verdict for each in history]


def failure(update: int | None = 40, error: str = "ValueError: x", **more: Any) -> Ended:
    return Ended("train", 1, Told(error=error, failure="task 0: Exited with exit code 1"), update=update, **more)


@pytest.mark.parametrize(
    ("status", "told", "verdict"),
    [
        (0, Told(), "done"),
        (75, Told(), "again"),
        (138, Told(), "again"),
        (143, Told(), "again"),
        (79, Told(), "again"),
        (80, Told(), "stop"),
        (2, Told(), "stop"),
        (1, Told(), "again"),
        (143, Told(codes=frozenset({80, 143})), "stop"),  # srun's is the highest
        (137, Told(codes=frozenset({79})), "again"),
        (137, Told(cancelled="PREEMPTION"), "again"),
        (143, Told(cancelled=""), "stop"),
    ],
)
def test_what_an_end_means(status: int, told: Told, verdict: str) -> None:
    assert judge(Ended("train", status, told), [], LIMITS).verdict == verdict


@given(ended=ends)
def test_a_cancelled_job_never_goes_on(ended: Ended) -> None:
    verdict = judge(replace(ended, cancelled=True), [], LIMITS).verdict
    assert verdict == ("done" if ended.status == 0 else "stop")


@given(all_ends=st.lists(ends, max_size=8))
def test_verdicts_are_what_the_script_reads_and_reasons_are_sentences(all_ends: list[Ended]) -> None:
    history: list[Event] = []
    for ended in all_ends:
        decision = judge(ended, history, LIMITS)
        word, _, nodes = decision.verdict.partition(" without ")
        assert word in ("done", "again", "stop") and "\n" not in decision.verdict and " " not in nodes
        assert decision.reason[0].isupper() or decision.reason.startswith("train")
        assert decision.reason.endswith(".") and (ended.status == 0) == (word == "done")
        history.append(event(ended, decision.verdict))


@given(stops=st.lists(st.sampled_from([75, 138, 143]), max_size=12), update=st.none() | st.integers(0, 9))
def test_being_preempted_is_never_a_failure(stops: list[int], update: int | None) -> None:
    assert play([Ended("train", status, Told(), update=update) for status in stops]) == ["again"] * len(stops)


@given(limit=st.integers(1, 5), numbers=st.lists(st.integers(0, 10**9), min_size=5, max_size=5))
def test_the_same_failure_so_many_times_ends_the_job(limit: int, numbers: list[int]) -> None:
    """Numbers in an error, as of bytes or addresses, do not make it another."""
    crashes = [failure(error=f"MemoryError: {number} bytes at {number:#x}") for number in numbers[:limit]]
    assert play(crashes, Limits(same_failures=limit)) == ["again"] * (limit - 1) + ["stop"]


def test_the_reason_of_a_stop_names_update_error_and_log() -> None:
    history = [event(failure(), "again")] * 2
    decision = judge(failure(log="/r/slurm/log/train-7.txt"), history, LIMITS)
    assert decision.reason == (
        "train failed 3 times in a row after update 40 with the same error: ValueError: x. "
        "See /r/slurm/log/train-7.txt. `vega resume` tries again."
    )


def test_progress_success_and_another_error_start_the_count_anew() -> None:
    again = ["again"] * 2
    assert play([failure(40), failure(40), failure(60), failure(60)]) == ["again"] * 4
    assert play([failure(), failure(), failure(error="OSError: y"), failure()]) == ["again"] * 4
    assert play([failure(), failure(), Ended("train", 0, Told(), update=40), failure()]) == [*again, "done", "again"]
    assert play([failure(), failure(), Ended("train", 75, Told(), update=41), failure()])[-1] == "again"


def test_a_preemption_where_it_failed_does_not_hide_the_crash_loop() -> None:
    stop = Ended("train", 75, Told(), update=40)
    assert play([failure(), stop, failure(), stop, failure()])[-1] == "stop"
    early = Ended("train", 143, Told())  # before the first update was logged
    assert play([failure(None), early, failure(None), failure(None)])[-1] == "stop"


def test_a_hang_that_comes_back_at_the_same_update_ends_the_job() -> None:
    hang = Ended("train", 79, Told(stuck=[1]), update=7)
    assert play([hang] * 3) == ["again", "again", "stop"]


@given(all_ends=st.lists(ends, max_size=8))
def test_resuming_forgets(all_ends: list[Ended]) -> None:
    history = [event(ended, "again") for ended in all_ends]
    for ended in all_ends:
        assert judge(ended, [*history, Event("resume")], LIMITS) == judge(ended, [], LIMITS)


@given(all_ends=st.lists(ends, max_size=8))
def test_other_jobs_and_tasks_do_not_count_as_the_same_failure(all_ends: list[Ended]) -> None:
    others = [replace(event(ended, "again"), task=5, node=None) for ended in all_ends]
    for ended in all_ends:
        assert judge(ended, others, LIMITS) == judge(ended, [], LIMITS)


@given(nodes=st.lists(st.none() | st.sampled_from(NODES), max_size=9), limit=st.integers(1, 3))
def test_a_node_at_fault_so_often_is_left_out(nodes: list[str | None], limit: int) -> None:
    crashes = [failure(update, node=node) for update, node in enumerate(nodes)]
    verdicts = play(crashes, Limits(node_failures=limit))
    for number, verdict in enumerate(verdicts, start=1):
        bad = sorted(node for node in NODES if nodes[:number].count(node) >= limit)
        assert verdict == ("again without " + ",".join(bad) if bad else "again")
