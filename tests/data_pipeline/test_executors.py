from collections.abc import Iterator
from typing import Any

from data_pipeline.executors import choose_executor, do_missing, run_local


def test_results_come_in_order_and_no_job_is_taken_early() -> None:
    taken = []

    def jobs() -> Iterator[int]:
        for number in range(3):
            taken.append(number)
            yield number

    results = run_local(lambda number: number * 10, jobs(), 1)
    assert next(results) == 0
    assert taken == [0]
    assert list(results) == [10, 20]


def test_finished_units_are_reported_between_jobs_and_no_worker_starts_without_one() -> None:
    finished: list[str] = []

    def jobs() -> Iterator[int]:
        for number in range(6):
            if number % 2:
                finished.append(f"had {number}")
            else:
                yield number

    found = list(do_missing(run_local, lambda number: f"did {number}", jobs(), finished, 1))
    assert sorted(found) == ["did 0", "did 2", "did 4", "had 1", "had 3", "had 5"]

    def never(function: Any, jobs: Any, workers: int) -> Iterator[Any]:
        raise AssertionError("started")

    assert list(do_missing(never, str, iter(()), ["had"], 2)) == ["had"]


def test_one_worker_without_an_address_is_this_process() -> None:
    assert choose_executor(1, "") is run_local
    assert choose_executor(2, "") is not run_local
    assert choose_executor(1, "auto") is not run_local
