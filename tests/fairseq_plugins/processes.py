"""fairseq-train in processes of its own, started by torchrun, with the record of every update."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from vega.fairseq_command import program

RECORDING = str(Path(__file__).with_name("recording"))


def command(processes: int, arguments: list[str]) -> list[str]:
    """The command line; the recording plugins instead of the plain ones."""
    arguments = list(arguments)
    arguments[arguments.index("--user-dir") + 1] = RECORDING
    if processes == 1:
        return [program("fairseq-train"), *arguments, "--distributed-world-size", "1"]
    start = [program("torchrun"), "--standalone", "--nproc_per_node", str(processes), "--no-python"]
    return [*start, program("fairseq-train"), *arguments, "--distributed-world-size", str(processes)]


def environment(record: Path, **more: str) -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "OMP_NUM_THREADS": "1", "RECORD_TO": str(record), "PYTHONPATH": paths, **more}


def train(processes: int, arguments: list[str], record: Path, **more: str) -> list[list[dict[str, Any]]]:
    """Train to the end; the updates of each process."""
    done = subprocess.run(
        command(processes, arguments), capture_output=True, text=True, env=environment(record, **more), check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return records(record, processes)


def records(record: Path, processes: int) -> list[list[dict[str, Any]]]:
    return [
        [json.loads(line) for line in Path(f"{record}.{rank}").read_text().splitlines()] for rank in range(processes)
    ]
