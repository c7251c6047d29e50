"""fairseq-train in processes of its own, as torchrun would start them, with the record of every update."""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RECORDING = str(Path(__file__).with_name("recording"))


def environment(record: Path, **more: str) -> dict[str, str]:
    """Variables for a process: one thread, our packages, and where `recording` writes."""
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "RECORD_TO": str(record), "PYTHONPATH": paths, **more}


@functools.cache
def _zygote() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fairseq_plugins.zygote"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        env=environment(Path("none")),
    )  # fmt: skip
    atexit.register(process.kill)
    assert _answer(process) == {"ready": True}
    return process


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    while line and not line.startswith("{"):  # a library's greeting
        line = process.stdout.readline()
    answer: dict[str, Any] = json.loads(line)
    return answer


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    process = _zygote()
    assert process.stdin is not None
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    return _answer(process)


def start(processes: int, arguments: list[str], record: Path, user_dir: str = RECORDING, **more: str) -> list[int]:
    """Start training; the process ids. Output goes to RECORD.log.RANK."""
    arguments = [*arguments, "--distributed-world-size", str(processes)]
    arguments[arguments.index("--user-dir") + 1] = user_dir
    wanted = {"RECORD_TO": str(record), **more}
    request = {"arguments": arguments, "environment": wanted, "processes": processes, "log": f"{record}.log"}
    return list(_ask({"start": request})["pids"])


def ended(pids: list[int]) -> list[int]:
    """Those that run no more, whatever way they have gone."""
    return list(_ask({"ended": pids})["ended"])


def wait(pids: list[int], seconds: float = 300, grace: float = 10) -> list[int]:
    """Exit statuses, negative for signals; what still runs after `seconds`, or `grace` s after a failure, is killed."""
    return list(_ask({"wait": pids, "seconds": seconds, "grace": grace})["statuses"])


def output(record: Path) -> str:
    """What the processes printed."""
    return "\n".join(path.read_text() for path in sorted(record.parent.glob(f"{record.name}.log.*")))


def train(
    processes: int, arguments: list[str], record: Path, user_dir: str = RECORDING, **more: str
) -> list[list[dict[str, Any]]]:
    """Train to the end; the updates of each process."""
    statuses = wait(start(processes, arguments, record, user_dir, **more))
    assert set(statuses) == {0}, f"{statuses}: {output(record)[-4000:]}"
    return records(record, processes)


def records(record: Path, processes: int) -> list[list[dict[str, Any]]]:
    """The updates of each process, as `recording` wrote them."""
    return [
        [json.loads(line) for line in Path(f"{record}.{rank}").read_text().splitlines()] for rank in range(processes)
    ]
