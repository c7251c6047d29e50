"""The moving average in training: of what it is the average, and that nothing but training changes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from fairseq.optim import FP16Optimizer
from torch import Tensor, nn

from fairseq_plugins.training.ema import RunningAverage
from fairseq_plugins.training.trainer import VegaTrainer
from tests.fairseq_plugins.processes import train
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.checkpoints.ema import EmaWeights
from vega.checkpoints.sources import open_weights
from vega.errors import UserError
from vega.methods.ema import average_in

DECAY = 0.7
#: How training may be done.
RUNS: dict[str, tuple[str, ...]] = {
    "fp32": (),
    "accumulating": ("--batches-per-update", "3"),
    "bf16": ("--bf16",),
    "fitting batches": ("--fit-batches", "--memory-limit-gib", "1000"),
    "fp16": ("--fp16", "--fp16-no-flatten-grads", "--fp16-init-scale", "8"),
    "sharded": ("--ddp-backend", "vega_fsdp"),
    "fsam": ("--optimizer", "vega_fsam", "--fsam-rho", "0.5", "--fsam-refresh", "2"),
}


def arguments(data: Path, folder: Path, updates: int, *more: str) -> list[str]:
    given = train_arguments(data, folder, updates, "--disable-validation", "--average-decay", str(DECAY))
    if "--optimizer" in more:
        where = given.index("--optimizer")
        given = [*given[:where], *given[where + 2 :]]
    return [*given, *more]


def averages(folder: Path) -> dict[str, Tensor]:
    path = folder / "checkpoint_last.pt"
    weights = EmaWeights(path if path.exists() else folder)
    return {name: weights.tensor(name) for name in weights.tensors()}


class Masters:
    """The weights in full precision: before training, and after each update that was made."""

    def __init__(self) -> None:
        self.tried = 0
        self.start: dict[str, Tensor] = {}
        self.after: dict[int, dict[str, Tensor]] = {}

    def expected(self) -> dict[str, Tensor]:
        found = {name: value.clone() for name, value in self.start.items()}
        for update, weights in self.after.items():
            average_in(list(found.values()), [weights[name] for name in found], update, DECAY)
        return found


def masters_of(trainer: Any) -> dict[str, Tensor]:
    model = trainer.get_model()
    names = [name for name, _ in model.named_parameters()]
    optimizer = trainer.optimizer
    copies = optimizer.fp32_params if isinstance(optimizer, FP16Optimizer) else list(model.parameters())
    whole = (getattr(copy, "full_tensor", lambda copy=copy: copy)() for copy in copies)
    return {name: copy.detach().float().clone() for name, copy in zip(names, whole, strict=True)}


@pytest.fixture
def masters(monkeypatch: pytest.MonkeyPatch) -> Iterator[Masters]:
    found, step = Masters(), VegaTrainer.train_step

    def noted(self: VegaTrainer, samples: list[Any], raise_oom: bool = False) -> Any:
        found.start, before = found.start or masters_of(self), self.get_num_updates()
        done = step(self, samples, raise_oom)
        found.tried += 1
        if self._may_step and self.get_num_updates() > before:
            found.after[self.get_num_updates()] = masters_of(self)
        return done

    monkeypatch.setattr(VegaTrainer, "train_step", noted)
    yield found


@pytest.mark.parametrize("run", RUNS)
def test_it_is_the_closed_form_over_the_weights_of_all_updates(
    run: str, data: Path, tmp_path: Path, masters: Masters
) -> None:
    run_train(arguments(data, tmp_path / "save", 4, *RUNS[run]), tmp_path / "log")
    found, expected = averages(tmp_path / "save"), masters.expected()
    assert list(masters.after) == [1, 2, 3, 4]
    assert {name: found[name].dtype for name in expected} == dict.fromkeys(expected, torch.float32)
    for name, value in expected.items():
        assert torch.allclose(found[name], value, atol=1e-6), name
        assert not torch.allclose(value, masters.after[4][name], atol=1e-4) or "bias" in name


def test_an_update_that_is_left_out_does_not_count(
    data: Path, tmp_path: Path, masters: Masters, monkeypatch: pytest.MonkeyPatch
) -> None:
    clipped = VegaTrainer.clipped
    monkeypatch.setattr(
        VegaTrainer, "clipped", lambda self: clipped(self) * (torch.nan if self.get_num_updates() == 2 else 1)
    )
    run_train(arguments(data, tmp_path / "save", 4), tmp_path / "log")
    assert list(masters.after) == [1, 2, 4]
    found = averages(tmp_path / "save")
    assert all(torch.allclose(found[name], value, atol=1e-6) for name, value in masters.expected().items())


def test_updates_that_overflow_in_fp16_do_not_count(
    data: Path, tmp_path: Path, masters: Masters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tensor, "cuda", lambda self: self)  # of what fairseq then reports as the norm
    more = ("--fp16", "--fp16-no-flatten-grads", "--fp16-init-scale", str(2**20))
    run_train(arguments(data, tmp_path / "save", 3, *more), tmp_path / "log")
    assert list(masters.after) == [1, 2, 3] and masters.tried > 3
    found = averages(tmp_path / "save")
    assert all(torch.allclose(found[name], value, atol=1e-6) for name, value in masters.expected().items())


@pytest.mark.parametrize("kinds", [("pt", "pt"), ("sharded", "sharded"), ("pt", "sharded"), ("sharded", "pt")])
def test_stopped_and_started_again_it_is_that_of_one_run(kinds: tuple[str, str], data: Path, tmp_path: Path) -> None:
    """Also where the second leg shards, or shards no more."""
    backends = {"pt": (), "sharded": ("--ddp-backend", "vega_fsdp")}
    run_train(arguments(data, tmp_path / "whole", 5, *backends[kinds[1]]), tmp_path / "log")
    for updates, kind in zip((3, 5), kinds, strict=True):
        run_train(arguments(data, tmp_path / "parts", updates, *backends[kind]), tmp_path / "log")
    path = tmp_path / "parts" / "last"
    weights = EmaWeights(path if kinds[1] == "sharded" else tmp_path / "parts" / "checkpoint_last.pt")
    whole = averages(tmp_path / "whole")
    assert whole.keys() == weights.tensors().keys()
    assert all(torch.equal(weights.tensor(name), value) for name, value in whole.items())


@pytest.mark.e2e
def test_on_two_processes_it_is_that_of_one(data: Path, tmp_path: Path) -> None:
    """Sharded, and going on unsharded."""
    size = ("--batches-per-update", "2")
    train(1, arguments(data, tmp_path / "one", 3, *size), tmp_path / "record.one")
    expected = averages(tmp_path / "one")
    for processes, updates in ((2, 2), (1, 3)):
        given = arguments(data, tmp_path / "shards", updates, *size, "--ddp-backend", "vega_fsdp")
        train(processes, given, tmp_path / f"record.{updates}")
    found = averages(tmp_path / "shards")
    assert all(torch.allclose(found[name], value, atol=1e-5) for name, value in expected.items())


def test_training_computes_the_same_with_it(data: Path, tmp_path: Path) -> None:
    def losses(decay: str) -> list[str]:
        given = [*train_arguments(data, tmp_path / decay, 4, "--disable-validation"), "--average-decay", decay]
        return [line["loss"] for line in run_train(given, tmp_path / "log")]

    assert losses("0.9") == losses("0")
    with pytest.raises(UserError, match=r"holds no moving average\. Train with ema_decay"):
        EmaWeights(tmp_path / "0" / "checkpoint_last.pt")


def test_tied_weights_stay_tied_and_what_is_exported_has_no_average_in_it(data: Path, tmp_path: Path) -> None:
    run_train(arguments(data, tmp_path / "save", 2), tmp_path / "log")
    path = tmp_path / "save" / "checkpoint_last.pt"
    average, plain = EmaWeights(path), open_weights(path)
    assert average.aliases() == plain.aliases() != {}
    assert "ema" not in average.trainer_state()["extra_state"] and "val_loss" in plain.trainer_state()["extra_state"]
    stored = torch.load(path, weights_only=True)
    assert stored["extra_state"]["ema"].keys() == stored["model"].keys()  # as fairseq's own readers want it


def test_fine_tuning_starts_a_new_one(data: Path, tmp_path: Path, masters: Masters) -> None:
    run_train(arguments(data, tmp_path / "first", 3), tmp_path / "log")
    last = masters.after[3]
    masters.__init__()  # type: ignore[misc]
    start = ("--finetune-from-model", str(tmp_path / "first" / "checkpoint_last.pt"))
    run_train(arguments(data, tmp_path / "second", 2, *start), tmp_path / "log")
    assert all(torch.equal(masters.start[name], value) for name, value in last.items())
    found = averages(tmp_path / "second")
    assert all(torch.allclose(found[name], value, atol=1e-6) for name, value in masters.expected().items())


def test_flat_copies_of_fp16_weights_are_followed() -> None:
    """As fairseq keeps them on GPUs unless told otherwise."""
    model = nn.Linear(3, 2).half()
    optimizer = FP16Optimizer.__new__(FP16Optimizer)
    optimizer.fp32_params = {0: nn.Parameter(torch.arange(10.0))}  # two for the criterion
    trainer = SimpleNamespace(get_model=lambda: model, optimizer=optimizer)
    average = RunningAverage(trainer, 0.5)
    average.begin()
    start = {name: value.clone() for name, value in average.tensors.items()}
    average.step(10**6)
    assert torch.equal(average.tensors["weight"], (start["weight"] + torch.arange(6.0).view(2, 3)) / 2)
    assert torch.equal(average.tensors["bias"], (start["bias"] + torch.arange(6.0, 8.0)) / 2)


@pytest.mark.parametrize(
    ("more", "message"),
    [(("--average-decay", "1"), "not between 0 and 1"), (("--store-ema",), "Leave out --store-ema")],
)
def test_what_cannot_be_meant_is_one_sentence(data: Path, tmp_path: Path, more: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError, match=message):
        run_train(arguments(data, tmp_path / "save", 1, *more), tmp_path / "log")
