"""Reading a model tensor by tensor does not take the memory of the model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: 60 tensors of 4 MiB, each read and dropped, with something small kept of each: peak private memory, in MiB.
READ = """
import sys, torch
from pathlib import Path
from vega.checkpoints.heap import giving_back
def private():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))
before, peak, kept = private(), 0, []
for number in giving_back(range(60)) if sys.argv[1] == "given" else range(60):
    tensor = torch.full((1024, 1024), float(number))
    kept.append(torch.zeros(1000))
    peak = max(peak, private())
print(peak - before)
"""


def grown(kind: str) -> int:
    return int(subprocess.run([sys.executable, "-c", READ, kind], capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says how much memory a process has")
def test_dropped_tensors_take_no_memory() -> None:
    assert grown("given") < 60
