"""All processes find together what fits into memory, and training is as if nothing had been tried."""

from __future__ import annotations

import gc
import json
import math
import random
import shutil
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from fairseq.logging import metrics
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from fairseq_plugins.tasks.multidirectional import MultidirectionalConfig, MultidirectionalTask
from fairseq_plugins.training.fit_batches import (
    FILE,
    _leaving_no_trace,
    _make_optimizer_state,
    bucket_edges,
    largest_that_fits,
)
from tests.fairseq_plugins.processes import output, records, train
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.errors import UserError

FAILING = str(Path(__file__).parents[1] / "failing")
FIT = ("--fit-batches", "--memory-limit-gib", "1000", "--disable-validation")
SHORT = ("--max-source-positions", "32", "--max-target-positions", "32")


def budgets_in(save: Path) -> dict[int, int]:
    return {int(edge): tokens for edge, tokens in json.loads((save / FILE).read_text())["budgets"].items()}


# The search


@given(st.integers(1, 5000), st.integers(0, 200), st.integers(0, 10**6), st.integers(10**5, 10**7), st.integers(0, 5))
def test_the_answer_fits_and_little_more_would(start: int, per_row: int, fixed: int, limit: int, bend: int) -> None:
    """Peaks with a floor, rising in a straight line or, as attention does, faster; some passes fail outright."""
    tried = []

    def peak_of(rows: int) -> float:
        tried.append(rows)
        peak = max(fixed, fixed / 2 + per_row * rows * (1 + bend * rows / 3000))
        return math.inf if peak > 2 * limit else peak

    top = 3000
    found = largest_that_fits(peak_of, start, top, limit)
    assert len(tried) == len(set(tried)) <= 35
    if found.rows:
        assert found.rows in tried and found.peak == peak_of(found.rows) <= limit
        most = max(rows for rows in range(1, top + 1) if peak_of(rows) <= limit)
        assert found.rows >= int(0.85 * most) or found.peak > 0.95 * limit
    else:
        assert peak_of(1) > limit
    assert found.failed is None or peak_of(found.failed) > limit


@given(st.integers(1, 100), st.integers(1, 2000))
def test_a_limit_that_no_peak_announces_is_found_in_few_passes(start: int, most: int) -> None:
    tried = []

    def peak_of(rows: int) -> float:
        tried.append(rows)
        return 5.0 if rows <= most else math.inf

    found = largest_that_fits(peak_of, start, 2000, 10)
    assert int(0.9 * most) <= found.rows <= most
    assert len(tried) <= 20


@given(st.integers(1, 1000))
def test_where_everything_fits_the_limit_is_tried_in_the_end(start: int) -> None:
    assert largest_that_fits(lambda rows: 5.0, start, 1000, 10).rows == 1000
    assert largest_that_fits(lambda rows: 5.0, start, 0, 10).rows == 0


@given(st.integers(1, 3000))
def test_buckets_cover_all_lengths_and_grow_by_half_at_most(longest: int) -> None:
    edges = bucket_edges(longest)
    assert edges[-1] == longest and edges == sorted(set(edges))
    assert all(after / before <= 1.5 for before, after in pairwise(edges))


# Options and the file


def refused(data: Path, folder: Path, *options: str, without: str = "") -> str:
    arguments = train_arguments(data, folder / "save", 2, "--fit-batches", *options)
    if without:
        at = arguments.index(without)
        del arguments[at : at + 2]
    with pytest.raises(UserError) as error:
        run_train(arguments, folder / "log")
    return str(error.value)


def test_what_cannot_be_fitted_is_one_sentence(data: Path, tmp_path: Path) -> None:
    assert "needs --memory-limit-gib" in refused(data, tmp_path)
    assert "needs --max-tokens" in refused(data, tmp_path, *FIT, "--batch-size", "4", without="--max-tokens")
    assert "Not even a sentence of 16 tokens" in refused(data, tmp_path, *FIT, "--memory-limit-gib", "0.001")
    (tmp_path / "save").mkdir(exist_ok=True)
    kept = {"budgets": {"16": 32, "24": 24, "32": 32}, "max_tokens": 100, "batch_size": None, "max_positions": [32, 32]}
    for text in (json.dumps(kept), "{"):
        (tmp_path / "save" / FILE).write_text(text)
        assert "delete the file" in refused(data, tmp_path, *FIT, *SHORT)


def test_more_memory_gives_larger_batches(data: Path, tmp_path: Path) -> None:
    """With what this process really takes: some 6 kB per token here, above what it has already."""
    one_bucket = ("--max-source-positions", "16", "--max-target-positions", "16")
    run_train(train_arguments(data, tmp_path / "warm", 1, *FIT, *one_bucket), tmp_path / "log")  # loads libraries
    found = []
    for room in (2**27, 2**28):
        gc.collect()
        resident = int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) * 1024
        limit = str((resident + room) / 2**30)
        command = train_arguments(data, tmp_path / str(room), 1, *FIT, *one_bucket, "--memory-limit-gib", limit)
        command[command.index("--max-tokens") + 1] = "100000"
        run_train(command, tmp_path / "log")
        found.append(budgets_in(tmp_path / str(room))[16])
        assert room / 20_000 < found[-1] < room / 2_000
    assert found[1] > 1.4 * found[0]


# Nothing is left of the trials

FP16 = ("--fp16", "--fp16-no-flatten-grads", "--criterion", "label_smoothed_cross_entropy")


@pytest.mark.parametrize("options", [("--ddp-backend", "vega_fsdp"), FP16, ("--update-freq", "2")])
def test_training_is_bit_for_bit_as_without_trials(
    options: tuple[str, ...], data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Dropout is on; the other run reads the budgets that the first has found."""
    logs, tensors = [], []
    for name in ("tried", "read"):
        save = tmp_path / name
        caplog.clear()
        arguments = train_arguments(data, save, 4, *FIT, *SHORT, *options)
        logs.append([(line["loss"], line["gnorm"], line["lr"]) for line in run_train(arguments, tmp_path / "log")])
        assert (" passes" in caplog.text) == (name == "tried")
        tensors.append(_saved(save))
        (tmp_path / "read").mkdir(exist_ok=True)
        shutil.copy(save / FILE, tmp_path)
        shutil.copy(tmp_path / FILE, tmp_path / "read")
    assert logs[0] == logs[1] and len(logs[0]) == 4
    assert tensors[0] and tensors[0] == tensors[1]


def test_random_numbers_buffers_gradients_and_meters_are_put_back() -> None:
    model, meters = nn.BatchNorm1d(2), metrics.get_meters("default")
    sgd = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    trainer = SimpleNamespace(
        model=model, criterion=nn.Identity(), optimizer=SimpleNamespace(optimizer=sgd), cuda=False,
        zero_grad=sgd.zero_grad,
    )  # fmt: skip

    def state() -> list[Any]:
        generators = [torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()]
        gradients, buffers = [p.grad for p in model.parameters()], [b.tolist() for b in model.buffers()]
        return [generators, gradients, buffers, dict(sgd.state), model.training, list(meters)]

    before = state()
    with _leaving_no_trace(trainer):
        model(torch.rand(3, 2)).sum().backward()
        sgd.step()
        np.random.rand()
        random.random()
        metrics.log_scalar("left_behind", 1)
        model.eval()
    assert state() == before


def _saved(save: Path) -> dict[str, bytes]:
    if (save / "checkpoint_last.pt").exists():
        state = torch.load(save / "checkpoint_last.pt", weights_only=True)["model"]
        return {name: value.float().numpy().tobytes() for name, value in state.items()}
    return {path.name: path.read_bytes() for path in (save / "last").glob("*.distcp")}


@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.SGD, torch.optim.Adagrad])
def test_making_optimizer_state_changes_neither_parameters_nor_options(kind: type[torch.optim.Optimizer]) -> None:
    model = nn.Linear(3, 2)
    before = [p.clone() for p in model.parameters()]
    optimizer = kind(model.parameters(), lr=0.5, weight_decay=0.1)  # type: ignore[call-arg]
    optimizer.state.clear()
    options = dict(optimizer.param_groups[0])
    if kind is not torch.optim.Adagrad:  # it makes its state at once
        _make_optimizer_state(optimizer)
        assert bool(optimizer.state) == (kind is torch.optim.AdamW)
    assert optimizer.param_groups[0] == options
    assert all(torch.equal(p, b) and p.grad is None for p, b in zip(model.parameters(), before, strict=True))


def test_batches_that_are_tried_have_the_lengths_asked_for_and_a_little_padding(data: Path) -> None:
    config = MultidirectionalConfig(data=str(data), directions="en-de,ja-en", train_subset="train", seed=1)
    task = MultidirectionalTask.setup_task(config)
    task.load_dataset("train")
    for rows, source, target in ((1, 2, 2), (5, 9, 7)):
        batch = task.synthetic_batch(rows, source, target)
        inputs = batch["net_input"]
        assert inputs["src_tokens"].shape == (rows, source)
        assert batch["target"].shape == inputs["prev_output_tokens"].shape == (rows, target)
        assert [int((x == 1).sum()) for x in (inputs["src_tokens"], batch["target"])] == [int(rows > 1)] * 2


# Several processes


def injected(direction: str) -> str:
    """80 tokens fit into one layer on the second process; 200 are allowed."""
    told = {"rank": 1, "layer": "decoder.layers.0", "pass": direction, "tokens": 80, "updates": list(range(1, 20))}
    return json.dumps(told)


def run(
    data: Path, folder: Path, processes: int, updates: int, direction: str, *more: str
) -> tuple[list[list[dict[str, Any]]], str]:
    """What each process did, and what all said."""
    folder.mkdir(exist_ok=True)
    command = train_arguments(data, folder / "save", updates, *FIT, *SHORT, "--batches-per-update", "2", *more)
    record = folder / f"record{updates}"
    train(processes, command, record, FAILING, FAILURE=injected(direction))
    said = output(record)
    assert "out of memory in update" not in said
    return records(record, processes), said


MOST = {16: 80, 24: 72, 32: 64}  # whole rows in 80 tokens


@pytest.mark.e2e
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("backend", "direction"), [("legacy_ddp", "backward"), ("pytorch_ddp", "forward")])
def test_all_find_what_fits_on_the_smallest(backend: str, direction: str, data: Path, tmp_path: Path) -> None:
    run(data, tmp_path, 2, 3, direction, "--ddp-backend", backend)
    assert budgets_in(tmp_path / "save") == MOST


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_a_run_that_goes_on_keeps_its_batches(data: Path, tmp_path: Path) -> None:
    """With two batches per process and update, so that the second finds gradients in memory."""
    options, sharded = ("--batches-per-update", "4"), ("--ddp-backend", "vega_fsdp")
    first, said = run(data, tmp_path, 2, 2, "backward", *options, *sharded)
    assert " passes" in said
    assert budgets_in(tmp_path / "save") == MOST
    rest, said = run(data, tmp_path, 2, 4, "backward", *options, *sharded)
    assert " passes" not in said
    (tmp_path / "alone" / "save").mkdir(parents=True)
    shutil.copy(tmp_path / "save" / FILE, tmp_path / "alone" / "save")
    (alone,), said = run(data, tmp_path / "alone", 1, 4, "backward", *options)
    assert "was measured with processes 2" in said
    shares = [[update["ids"] for update in (*before, *after)] for before, after in zip(first, rest, strict=True)]
    updates = [[ids for both in zip(*parts, strict=True) for ids in both] for parts in zip(*shares, strict=True)]
    assert updates == [update["ids"] for update in alone]
