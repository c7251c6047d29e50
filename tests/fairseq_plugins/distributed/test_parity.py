"""However training is spread over processes, every update has the same batches, masks, loss and gradient norm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fairseq_plugins.processes import train
from tests.fairseq_plugins.running import train_arguments

FSDP = ("--ddp-backend", "vega_fsdp")
UPDATES = 5
#: Batches per update, processes, options. Dropout is on: each batch has its own seed.
RUNS = {
    "ddp": (2, 2, ("--ddp-backend", "pytorch_ddp")),
    "legacy, accumulating four": (8, 2, ("--ddp-backend", "legacy_ddp")),
    "sharded": (2, 2, (*FSDP, "--no-reshard-after-forward")),
    "sharded, accumulating four, in host memory, half recomputed": (
        8, 2, (*FSDP, "--cpu-offload", "--activation-checkpointing", "selective", "--prefetch-layers", "2"),
    ),
    "hybrid, recomputed": (4, 4, (*FSDP, "--shard-size", "2", "--activation-checkpointing", "full")),
}  # fmt: skip


def run(processes: int, batches: int, data: Path, folder: Path, *more: str) -> list[list[dict[str, Any]]]:
    arguments = train_arguments(data, folder / "save", UPDATES, "--disable-validation", "--no-save", *more)
    arguments[arguments.index("--dropout") + 1] = "0.3"
    size = ("--encoder-layers", "2", "--decoder-layers", "3", "--batches-per-update", str(batches))
    return train(processes, [*arguments, *size], folder / "record")


@pytest.fixture(scope="module")
def alone(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[dict[str, Any]]]:
    return {batches: run(1, batches, data, tmp_path_factory.mktemp("alone"))[0] for batches in (2, 4, 8)}


@pytest.mark.e2e
@pytest.mark.parametrize("name", RUNS)
def test_the_same_as_one_process(name: str, data: Path, alone: dict[int, list[dict[str, Any]]], tmp_path: Path) -> None:
    batches, processes, options = RUNS[name]
    together = run(processes, batches, data, tmp_path, *options)
    for number, expected in enumerate(alone[batches]):
        parts = [record[number] for record in together]
        shared = [ids for micro in zip(*(part["ids"] for part in parts), strict=True) for ids in micro]
        assert shared == expected["ids"]
        for part in parts:
            assert part["loss"] == pytest.approx(expected["loss"], abs=5e-6)
            assert part["gnorm"] == pytest.approx(expected["gnorm"], rel=1e-4)
    assert len({line["loss"] for line in alone[batches]}) == UPDATES  # it moves


@pytest.mark.e2e
def test_bf16_computes_with_fp32_masters(data: Path, alone: dict[int, list[dict[str, Any]]], tmp_path: Path) -> None:
    record = run(2, 2, data, tmp_path, *FSDP, "--bf16")[0]
    differences = [abs(ours["loss"] - theirs["loss"]) for ours, theirs in zip(record, alone[2], strict=True)]
    assert 0 < max(differences) < 0.02
