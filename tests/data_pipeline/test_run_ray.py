"""Real Ray, started once."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_pipeline.executors import run_local
from data_pipeline.run_ray import IN_FLIGHT_PER_WORKER, run_ray
from vega.errors import UserError

pytestmark = pytest.mark.e2e


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Ray's sockets need a short path, which pytest's is not."""
    with tempfile.TemporaryDirectory(prefix="vega-test-", dir="/tmp") as folder:
        yield Path(folder)


def work(job: tuple[Path, int]) -> str:
    """Even jobs are slow, job 5 kills its process the first time, job 100 is a user's mistake."""
    folder, number = job
    if number == 100:
        raise UserError("line 100 is wrong")
    if number == 5 and not (folder / "died").exists():
        (folder / "died").touch()
        os._exit(1)
    time.sleep(0.1 * (number % 2 == 0))
    (folder / f"pid{os.getpid()}").touch()
    return f"result {number}"


def test_order_bounds_crashes_errors_and_nothing_left_behind(
    tmp_path: Path, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")  # another's cluster is left alone
    monkeypatch.setattr("data_pipeline.run_ray._short_folder", lambda: str(short_folder))
    taken = []

    def jobs() -> Iterator[tuple[Path, int]]:
        for number in [*range(12), 100]:
            taken.append(number)
            yield tmp_path, number

    results = run_ray(work, jobs(), 2)
    first = next(results)
    assert len(taken) == IN_FLIGHT_PER_WORKER * 2
    twelve = [first, *(next(results) for _ in range(11))]
    assert twelve == list(run_local(work, [(tmp_path, number) for number in range(12)]))
    with pytest.raises(UserError, match=r"^line 100 is wrong$"):
        next(results)
    workers = {path.name for path in tmp_path.glob("pid*")} - {f"pid{os.getpid()}"}
    assert len(workers) >= 2
    assert list(short_folder.iterdir()) == []
