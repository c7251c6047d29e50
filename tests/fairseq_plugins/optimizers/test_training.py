"""fairseq-train with vega_adamw: it trains, saves, and goes on as if it had not stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fairseq_plugins.processes import train
from tests.fairseq_plugins.running import run_train, train_arguments

UPDATES, STOP = 6, 3
#: Embeddings of 256 numbers are whole blocks on any number of processes.
WIDTH = ("--encoder-embed-dim", "256", "--decoder-embed-dim", "256")


def arguments(data: Path, save: Path, updates: int, *more: str) -> list[str]:
    options = train_arguments(data, save, updates, "--disable-validation", *WIDTH, *more)
    options[options.index("--optimizer") + 1] = "vega_adamw"
    return options


def losses(data: Path, folder: Path, updates: int, *more: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    return [line["loss"] for line in run_train(arguments(data, folder / "save", updates, *more), folder / "log")]


RUNS = {
    "fp32": ("--adam-states", "fp32"),
    "bf16": ("--adam-states", "bf16"),
    "8bit": ("--adam-states", "8bit"),
    "8bit, sharded": ("--adam-states", "8bit", "--ddp-backend", "vega_fsdp"),
}


@pytest.mark.e2e
@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("run", RUNS)
def test_stopped_and_started_again_the_losses_are_those_of_one_run(run: str, data: Path, tmp_path: Path) -> None:
    whole = losses(data, tmp_path / "whole", UPDATES, "--no-save", *RUNS[run])
    assert len(whole) == UPDATES and float(whole[-1]) < float(whole[0])
    parts = losses(data, tmp_path / "parts", STOP, *RUNS[run])
    parts += losses(data, tmp_path / "parts", UPDATES, *RUNS[run])
    assert parts == whole


@pytest.mark.e2e
@pytest.mark.usefixtures("uncompiled")
def test_fp32_copies_of_fp16_weights_are_updated(data: Path, tmp_path: Path) -> None:
    """Resumed nearly the same only: fairseq stores the fp16 weights, and makes the copies from them again."""
    run = ("--adam-states", "8bit", "--fp16", "--fp16-no-flatten-grads")
    whole = losses(data, tmp_path / "whole", UPDATES, "--no-save", *run)
    parts = losses(data, tmp_path / "parts", STOP, *run) + losses(data, tmp_path / "parts", UPDATES, *run)
    assert float(whole[-1]) < float(whole[0]) - 5
    assert [float(loss) for loss in parts] == pytest.approx([float(loss) for loss in whole], abs=0.02)


@pytest.mark.e2e
@pytest.mark.parametrize("states", ["fp32", "8bit"])
def test_states_go_from_two_processes_to_one(states: str, data: Path, tmp_path: Path) -> None:
    def updates(processes: int, until: int, folder: str) -> list[float]:
        more = ("--adam-states", states, "--ddp-backend", "vega_fsdp", "--batches-per-update", "2")
        options = arguments(data, tmp_path / folder, until, *more)
        record = train(processes, options, tmp_path / f"{folder}.{until}", TORCHDYNAMO_DISABLE="1")
        return [float(update["loss"]) for update in record[0]]

    whole = updates(1, UPDATES, "whole")
    assert updates(2, STOP, "parts") + updates(1, UPDATES, "parts") == pytest.approx(whole, abs=1e-5)
