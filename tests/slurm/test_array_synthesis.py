"""Synthesis as a job array on a real SLURM: a task that is killed loses no line, and repeats none."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_pipeline.ledger import work_folder
from data_pipeline.synthesis import run as stage
from slurm.testing import Cluster
from tests.chaos.test_synthesis_kills import outputs
from tests.data_pipeline.translation.conftest import checkpoint, one_thread, words
from tests.data_pipeline.translation.test_engine import english
from vega.settings import Corpus, SynthesizeSettings
from vega.strict_yaml import dump

__all__ = ["checkpoint", "one_thread", "words"]

ROOT = Path(__file__).parents[2]
LINES, SHARD, PARTS = 900, 10, 3


@pytest.fixture
def chosen(checkpoint: Path, words: Path, tmp_path: Path) -> SynthesizeSettings:
    (tmp_path / "mono.en").write_text("".join(f"{line}\n" for line in english(LINES)), encoding="utf-8")
    return SynthesizeSettings.model_validate({
        "name": "r1", "steps": [{"back_translation": {"method": "sampling", "n_best": 20, "noise": {}}}],
        "model": checkpoint, "data": words, "directions": ["en-de"], "shard_lines": SHARD, "max_tokens": 100,
        "mono": [Corpus(name="mono", languages=["en"], files=str(tmp_path / "mono.{lang}"))], "workers": 1,
    })  # fmt: skip


def units(output: Path) -> dict[str, int]:
    """The units of pairs that are there, each with the inode of its record."""
    found = work_folder(output).glob("*/units/make-*/unit.json")
    return {file.parent.name: file.stat().st_ino for file in found}


def part(unit: str) -> int:
    return int(unit.split("-")[-2]) // SHARD % PARTS


def kill(*wanted: str) -> None:
    """SIGKILL the process of `vega` that has these words on its command line; srun has them, too."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = file.read_bytes().decode(errors="replace").split("\0")
            if set(wanted) <= set(words) and words[1:3] == ["-m", "vega"]:
                os.kill(int(file.parent.name), signal.SIGKILL)


@pytest.mark.slurm
def test_an_array_with_a_killed_task_gives_the_bytes_of_one_process(
    cluster: Cluster, chosen: SynthesizeSettings, tmp_path: Path
) -> None:
    stage.run(chosen, tmp_path / "whole")
    output, settings = tmp_path / "out", tmp_path / "settings.yaml"
    settings.write_text(dump(chosen), encoding="utf-8")
    vega = [sys.executable, "-m", "vega", "synthesize", str(settings), "--output", str(output)]
    subprocess.run([*vega, "--part", "prepare"], cwd=ROOT, check=True)
    script = tmp_path / "array.sbatch"
    script.write_text(
        f'#!/bin/bash\ncd {shlex.quote(str(ROOT))}\n'
        f'srun --input=none {shlex.join(vega)} --part make:"$SLURM_ARRAY_TASK_ID"/{PARTS}\n',
        encoding="utf-8",
    )  # fmt: skip

    def submit(tasks: str) -> str:
        return cluster.submit(script, f"--array={tasks}", f"--output={tmp_path}/%a.txt")

    job = submit(f"0-{PARTS - 1}")
    cluster.wait_until(lambda: any(part(unit) == 1 for unit in units(output)), 120, "a unit of part 1")
    kill(str(output), f"make:1/{PARTS}")
    cluster.wait_for_job(f"{job}_1", "FAILED")
    for task in (0, 2):
        cluster.wait_for_job(f"{job}_{task}", "COMPLETED", 120)
    before = units(output)
    there = [sum(part(unit) == number for unit in before) for number in range(PARTS)]
    each = LINES // SHARD // PARTS
    assert there[0] == there[2] == each and 0 < there[1] < each
    asked = subprocess.run([*vega, "--part", f"make:?/{PARTS}"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    assert asked.stdout == b"1\n"
    cluster.wait_for_job(f"{submit('1')}_1", "COMPLETED", 120)
    after = units(output)
    assert len(after) == PARTS * each and before.items() <= after.items()  # nothing was done twice
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "do", lambda job: pytest.fail(f"{job.unit} was left to the join"))
        stage.run(chosen, output)
    assert outputs(output) == outputs(tmp_path / "whole")
    counts = json.loads((output / "synthesize.json").read_text(encoding="utf-8"))["texts"]["r1_bt.de-en"]
    rows = pq.read_table(output / "provenance/r1_bt.de-en.parquet").to_pydict()
    assert counts["lines"] == LINES and sorted(set(rows["line"])) == list(range(1, LINES + 1))
    assert len(set(zip(rows["line"], rows["rank"], strict=True))) == len(rows["line"])
