import subprocess
import sys

import pytest

from vega.launch import cpu_environment, describe, find_jemalloc, threads_per_process


def test_jemalloc_is_found_beside_ray_and_really_loads() -> None:
    library = find_jemalloc()
    assert library is not None
    environment = cpu_environment(jemalloc=True, threads=1)
    mapped = subprocess.run(
        [sys.executable, "-c", "print(open('/proc/self/maps').read())"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert library.name in mapped.stdout
    assert "jemalloc" not in mapped.stderr  # it prints there when a setting is unknown


def test_it_can_be_told_not_to() -> None:
    assert cpu_environment(jemalloc=False, threads=3) == {"OMP_NUM_THREADS": "3"}
    assert "not preloaded" in describe({"OMP_NUM_THREADS": "3"})


def test_a_preload_of_the_users_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "/usr/lib/mine.so")
    assert "LD_PRELOAD" not in cpu_environment(jemalloc=True, threads=1)


def test_threads_are_shared_evenly_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert threads_per_process(0, 2) == 4
    assert threads_per_process(0, 16) == 1
    assert threads_per_process(3, 2) == 3
