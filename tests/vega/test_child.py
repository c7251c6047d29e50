from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vega.child import run_child

RUN = """
import sys
from pathlib import Path
from vega.child import run_child
from vega.interruption import graceful
with graceful("Start it again."):
    run_child(["sh", "-c", sys.argv[2]], Path(sys.argv[1]))
"""


def test_output_goes_to_the_terminal_and_is_added_to_the_log(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"before\n")
    assert run_child(["sh", "-c", "echo out; echo err >&2; exit 3"], log) == 3
    assert log.read_bytes() == b"before\nout\nerr\n"
    assert capfdbinary.readouterr().err == b"out\nerr\n"


def test_a_process_with_many_open_files_can_run_one(tmp_path: Path) -> None:
    """select() knows files up to number 1023 only."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 2048:
        pytest.skip(f"this system allows {most} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, 2048), most))
    many = [os.open(os.devnull, os.O_RDONLY) for _ in range(1030)]
    try:
        assert run_child([sys.executable, "-c", "print('out')"], tmp_path / "log") == 0
    finally:
        for each in many:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    assert (tmp_path / "log").read_text() == "out\n"


def test_a_killed_child_is_reported_by_its_signal(tmp_path: Path) -> None:
    assert run_child(["sh", "-c", "kill -9 $$"], tmp_path / "log.txt") == -9


def test_a_daemon_that_holds_the_output_does_not_hold_us(tmp_path: Path) -> None:
    started = time.monotonic()
    assert run_child(["sh", "-c", "setsid sleep 5 & echo done"], tmp_path / "log.txt") == 0
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_child_and_its_children_with_one_sentence(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    log = tmp_path / "log.txt"
    script = "sleep 50 & echo $! $$; trap 'echo cleaned; exit 0' INT TERM; wait"
    process = subprocess.Popen([sys.executable, "-c", RUN, str(log), script], stderr=subprocess.PIPE, text=True)
    while not log.exists() or not log.read_text():
        time.sleep(0.02)
    time.sleep(0.1)
    os.kill(process.pid, number)
    _, error = process.communicate(timeout=15)
    assert process.returncode == status
    assert error.splitlines()[1:] == ["vega: stopped. Start it again."]
    assert "cleaned" in log.read_text()
    for pid in map(int, log.read_text().splitlines()[0].split()):
        assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]
