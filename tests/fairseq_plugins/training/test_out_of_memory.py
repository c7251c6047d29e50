"""A batch too large for one process is split and tried again; the update is the one it would have been."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from fairseq_plugins.training.out_of_memory import is_out_of_memory, merged
from tests.fairseq_plugins.processes import output, records, start, train, wait
from tests.fairseq_plugins.running import train_arguments

FAILING = str(Path(__file__).parents[1] / "failing")
FSDP = ("--ddp-backend", "vega_fsdp")
SIZE = ("--encoder-layers", "2", "--decoder-layers", "2", "--disable-validation", "--no-save")
UPDATES = 4


def arguments(data: Path, folder: Path, *more: str) -> list[str]:
    """Without dropout: pieces of a batch draw other masks than the whole."""
    return [*train_arguments(data, folder / "save", UPDATES, *more), *SIZE, "--dropout", "0"]


def failure(rank: int, layer: str, direction: str, tokens: int = 80) -> str:
    return json.dumps({"rank": rank, "layer": layer, "pass": direction, "tokens": tokens, "updates": [2, 3]})


@pytest.fixture(scope="module")
def undisturbed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    return {
        batches: train(1, arguments(data, folder, "--batches-per-update", str(batches)), folder / f"record{batches}")[0]
        for batches in (2, 4)
    }


#: Processes, batches per update, the layer and pass that fail, options.
CASES = {
    "one process": (1, 2, "decoder.layers.1", "backward", ()),
    "one process, sharded": (1, 2, "encoder.layers.1", "backward", FSDP),
    "legacy_ddp": (2, 4, "encoder.layers.0", "backward", ("--ddp-backend", "legacy_ddp")),
    "sharded, forward": (2, 4, "decoder.layers.0", "forward", FSDP),
    "sharded, first layer": (2, 2, "encoder.layers.0", "forward", FSDP),
    "sharded, backward": (2, 4, "encoder.layers.1", "backward", (*FSDP, "--prefetch-layers", "2")),
    "sharded, recomputed": (2, 2, "decoder.layers.1", "backward", (*FSDP, "--activation-checkpointing", "full")),
    "hybrid": (4, 4, "decoder.layers.0", "backward", (*FSDP, "--shard-size", "2")),
}


@pytest.mark.e2e
@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", CASES)
def test_the_update_is_as_if_memory_had_sufficed(
    name: str, data: Path, undisturbed: dict[int, list[dict[str, Any]]], tmp_path: Path
) -> None:
    processes, batches, layer, direction, options = CASES[name]
    command = arguments(data, tmp_path, "--batches-per-update", str(batches), *options)
    last = processes - 1
    found = train(processes, command, tmp_path / "record", FAILING, FAILURE=failure(last, layer, direction))
    for record in found:
        assert len(record) == UPDATES
        for ours, theirs in zip(record, undisturbed[batches], strict=True):
            assert ours["loss"] == pytest.approx(theirs["loss"], abs=5e-6)
            assert ours["gnorm"] == pytest.approx(theirs["gnorm"], rel=1e-4)
    said = output(tmp_path / "record")
    for update in (2, 3):
        line = next(x for x in said.splitlines() if f"out of memory in update {update} on process {last}" in x)
        named = json.loads(line[line.index("[", line.index("in pieces")) : line.rindex("]") + 1])
        assert set(named) <= {i for ids in found[last][update - 1]["ids"] for i in ids}


@pytest.mark.e2e
@pytest.mark.timeout(120)
@pytest.mark.parametrize("backend", ["legacy_ddp", "vega_fsdp"])
def test_a_sentence_that_never_fits_is_left_out_and_named(backend: str, data: Path, tmp_path: Path) -> None:
    command = arguments(data, tmp_path, "--batches-per-update", "2", "--ddp-backend", backend)
    found = train(2, command, tmp_path / "record", FAILING, FAILURE=failure(1, "decoder.layers.0", "forward", 34))
    assert [len(record) for record in found] == [UPDATES, UPDATES]
    said = output(tmp_path / "record")
    assert "does not fit into memory even alone and is left out" in said


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_where_others_cannot_wait_it_ends_with_advice(data: Path, tmp_path: Path) -> None:
    command = arguments(data, tmp_path, "--ddp-backend", "pytorch_ddp")
    told = failure(1, "decoder.layers.0", "backward")
    statuses = wait(start(2, command, tmp_path / "record", FAILING, FAILURE=told))
    assert statuses[1] == 1
    assert "use --ddp-backend legacy_ddp or vega_fsdp" in output(tmp_path / "record")
    assert len(records(tmp_path / "record", 2)[1]) == 1


def test_what_counts_as_out_of_memory() -> None:
    assert is_out_of_memory(torch.OutOfMemoryError("x")) and is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"))
    assert not is_out_of_memory(RuntimeError("shape mismatch")) and not is_out_of_memory(KeyError("out of memory"))


def test_results_of_pieces_add_up() -> None:
    one, two = (1.0, 3, {"loss": 1.0, "ntokens": 3}), (2.0, 4, {"loss": 2.0, "ntokens": 4})
    assert merged([one, two]) == (3.0, 7, {"loss": 3.0, "ntokens": 7})
    assert merged([one]) is one
