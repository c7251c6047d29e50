from collections.abc import Iterator

from data_pipeline.executors import run_local


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
