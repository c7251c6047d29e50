"""A stage `train` that takes seconds, with the record of every update, and waiting where the test says."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.chaos.laws import TOLERANCE
from vega.atomic import write_text
from vega.settings import TrainSettings
from vega.strict_yaml import dump

ROOT = Path(__file__).parents[2]
GATED = str(Path(__file__).with_name("gated"))
SIZES = {
    f"{side}_{name}": value
    for side in ("encoder", "decoder")
    for name, value in {"layers": 1, "embed_dim": 32, "ffn_embed_dim": 64, "attention_heads": 2}.items()
}

Line = Mapping[str, Any]


def settings(data: Path, updates: int, processes: int, **more: Any) -> TrainSettings:
    """A save every two updates, a log line for each."""
    extra = {"user_dir": GATED, "disable_validation": True, "cpu": True, "block_sentences": 256, "epoch_batches": 48}
    return TrainSettings(
        data=data, directions=["en-de", "de-en", "ja-en"], arch="vega_tiny", max_tokens=200, batches_per_update=4,
        max_update=updates, lr=0.005, warmup_updates=10, precision="fp32", save_every=2, log_every=1, seed=7,
        processes=processes, threads=1, jemalloc=False, extra={**SIZES, **extra}, **more,
    )  # fmt: skip


def write_settings(folder: Path, wanted: TrainSettings) -> Path:
    """FOLDER/settings.yaml, as `vega submit` has it."""
    path = folder / "settings.yaml"
    write_text(path, dump(wanted))
    return path


def variables(record: Path, gates: Sequence[int] = ()) -> dict[str, str]:
    """For the processes: our packages, where they record, where they wait."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**threads, "PYTHONPATH": paths, "RECORD_TO": str(record), "GATES": ",".join(map(str, gates))}


def lines(record: Path, rank: int) -> list[Line]:
    """The updates that a process has done, in the order in which it has, whole lines only."""
    path = Path(f"{record}.{rank}")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def wait_for(condition: Callable[[], object], seconds: float = 150.0, what: str = "") -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what or "it did not come to pass"
        time.sleep(0.05)


def wait_for_gate(record: Path, update: int, processes: int = 2) -> list[int]:
    """Until every process waits after this update; their ids."""
    files = [Path(f"{record}.pid.{rank}") for rank in range(processes)]

    def there() -> bool:
        last = [lines(record, rank)[-1:] for rank in range(processes)]
        return all(line and line[0]["update"] == update for line in last) and all(map(Path.exists, files))

    wait_for(there, what=f"not all processes came to update {update}")
    pids = [int(file.read_text()) for file in files]
    for file in files:
        file.unlink()
    return pids


def open_gate(record: Path, update: int) -> None:
    Path(f"{record}.pass.{update}").touch()


def last_of_each(record: Path, rank: int) -> dict[int, Line]:
    """Of an update that was done again, the last line: that one is in the model."""
    return {line["update"]: line for line in lines(record, rank)}


def same_training(reference: Path, record: Path, processes: int = 2) -> None:
    """The same sentences in each update as on one process, in the same order, and the same losses to rounding."""
    expected = last_of_each(reference, 0)
    for rank in range(processes):
        done = last_of_each(record, rank)
        assert sorted(done) == sorted(expected)
        for update, line in done.items():
            assert line["ids"] == expected[update]["ids"][rank::processes], f"process {rank}, update {update}"
            assert abs(line["loss"] - expected[update]["loss"]) <= TOLERANCE, f"process {rank}, update {update}"
