"""Synthesis under attack: a worker killed, then the driver; the same bytes come out as without, and no line is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_pipeline.ledger import work_folder
from data_pipeline.synthesis import run as stage
from tests.data_pipeline.translation.conftest import (
    checkpoint,
    model,
    no_process_group_left_behind,
    one_thread,
    words,
)
from tests.data_pipeline.translation.test_engine import english
from vega.child_signals import descendants
from vega.settings import Corpus, SynthesizeSettings
from vega.strict_yaml import dump

__all__ = ["checkpoint", "model", "no_process_group_left_behind", "one_thread", "words"]

LINES, SHARD = 600, 20
PROGRAM = """
import sys
from pathlib import Path
from data_pipeline.synthesis.run import run
from vega.settings import SynthesizeSettings
from vega.strict_yaml import load
run(load(Path(sys.argv[1]), SynthesizeSettings), Path(sys.argv[2]))
"""


def start(settings: SynthesizeSettings, output: Path) -> subprocess.Popen[bytes]:
    file = output.with_suffix(".yaml")
    file.write_text(dump(settings), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", PROGRAM, str(file), str(output)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def published(output: Path) -> set[Path]:
    return {path.parent for path in work_folder(output).glob("*/units/make-*/unit.json")}


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[bytes]) -> Any:
    deadline = time.monotonic() + 300
    while not (found := condition()):
        assert process.poll() is None, process.communicate()[1].decode()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def workers_of(pid: int) -> list[int]:
    """Ray's processes that translate just now."""
    found = []
    for child in descendants(pid):
        with suppress(OSError):
            if b"ray::do" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def outputs(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "synthesize.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.e2e
def test_kills_change_no_byte_and_lose_no_line(model: Path, tmp_path: Path) -> None:
    (tmp_path / "mono.en").write_text("".join(f"{line}\n" for line in english(LINES)), encoding="utf-8")
    settings = SynthesizeSettings.model_validate({
        "name": "r1", "steps": [{"back_translation": {"method": "sampling", "n_best": 20, "noise": {}}}],
        "model": model, "data": model, "directions": ["en-de"], "shard_lines": SHARD, "max_tokens": 100,
        "mono": [Corpus(name="mono", languages=["en"], files=str(tmp_path / "mono.{lang}"))],
    })  # fmt: skip
    stage.run(settings.model_copy(update={"workers": 1}), tmp_path / "whole")
    two, output = settings.model_copy(update={"workers": 2}), tmp_path / "out"
    process = start(two, output)
    wait_for(lambda: len(published(output)) >= 2, process)
    os.kill(wait_for(lambda: workers_of(process.pid), process)[0], signal.SIGKILL)
    count = len(published(output))
    wait_for(lambda: len(published(output)) >= count + 4, process)
    process.kill()
    process.wait()
    assert not output.joinpath("synthesize.json").exists()
    before = {unit: (unit / "unit.json").stat().st_ino for unit in published(output)}
    assert 6 <= len(before) < LINES // SHARD
    process = start(two, output)
    seen = wait_for(lambda: len(published(output)) > len(before) and published(output), process)
    assert all((unit / "unit.json").stat().st_ino == before[unit] for unit in seen & set(before))
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    assert outputs(output) == outputs(tmp_path / "whole")
    counts = json.loads((output / "synthesize.json").read_text(encoding="utf-8"))["texts"]["r1_bt.de-en"]
    lines = pq.read_table(output / "provenance/r1_bt.de-en.parquet")["line"].to_pylist()
    assert counts["lines"] == LINES and sorted(set(lines)) == list(range(1, LINES + 1))
    assert not work_folder(output).exists()
