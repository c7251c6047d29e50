"""The leash in training: none is plain training, an endless one holds; the same spread over processes and resumed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from fairseq_plugins.training.leash import L2Leash
from fairseq_plugins.training.masters import masters
from tests.fairseq_plugins.processes import train
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.errors import UserError

LEASHED = "vega_leashed_cross_entropy"
#: Both leashes, pulling hard enough to be seen in the losses.
BOTH = ("--leash-l2", "100", "--leash-kl", "0.5", "--criterion", LEASHED)


@pytest.fixture(scope="module")
def start(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model to begin with."""
    folder = tmp_path_factory.mktemp("start")
    run_train(train_arguments(data, folder, 3, "--disable-validation"), folder / "log")
    return folder / "checkpoint_last.pt"


def arguments(data: Path, save: Path, updates: int, start: Path | None, *more: str) -> list[str]:
    given = train_arguments(data, save, updates, "--disable-validation", "--batches-per-update", "2")
    if "--criterion" in more:
        where = given.index("--criterion")
        given = [*given[:where], *given[where + 2 :]]
    return [*given, *(("--finetune-from-model", str(start)) if start else ()), *more]


def weights(path: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = torch.load(path, weights_only=True)["model"]
    return found


def losses(data: Path, folder: Path, updates: int, start: Path, *more: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    return [line["loss"] for line in run_train(arguments(data, folder, updates, start, *more), folder / "log")]


def test_no_leash_is_plain_training(data: Path, start: Path, tmp_path: Path) -> None:
    plain = losses(data, tmp_path / "plain", 3, start, "--no-save")
    assert losses(data, tmp_path / "none", 3, start, "--criterion", LEASHED, "--no-save") == plain
    assert losses(data, tmp_path / "both", 3, start, *BOTH, "--no-save") != plain


@pytest.mark.parametrize(
    ("precision", "kept"),
    [
        ((), torch.float32),
        (("--bf16",), torch.bfloat16),
        (("--fp16", "--fp16-no-flatten-grads", "--fp16-init-scale", "4"), torch.float16),
    ],
)
def test_an_endless_pull_holds_the_weights(
    precision: tuple[str, ...], kept: torch.dtype, data: Path, start: Path, tmp_path: Path
) -> None:
    """Those of 16 bit are the start's, rounded."""
    run_train(arguments(data, tmp_path, 3, start, "--leash-l2", "1e30", *precision), tmp_path / "log")
    begun, ended = weights(start), weights(tmp_path / "checkpoint_last.pt")
    moved = {name: float((ended[name] - value.to(kept)).abs().max()) for name, value in begun.items()}
    assert {name: distance for name, distance in moved.items() if distance} == {}


@pytest.fixture
def pulls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[dict[str, Tensor], dict[str, Tensor], float]]]:
    """Masters by name before and after each pull, and the rate."""
    found: list[tuple[dict[str, Tensor], dict[str, Tensor], float]] = []
    pull = L2Leash.pull

    def noted(self: L2Leash) -> None:
        names = [name for name, _ in self._trainer.get_model().named_parameters()]
        before = {name: each.clone() for name, each in zip(names, masters(self._trainer), strict=True)}
        pull(self)
        after = {name: each.clone() for name, each in zip(names, masters(self._trainer), strict=True)}
        found.append((before, after, float(self._trainer.optimizer.get_lr())))
        model = [p.data for p in self._trainer.get_model().parameters()]
        assert all(torch.equal(p, each.to(p.dtype)) for p, each in zip(model, after.values(), strict=True))

    monkeypatch.setattr(L2Leash, "pull", noted)
    yield found


@pytest.mark.parametrize("precision", [(), ("--bf16",)])
def test_each_update_pulls_once_by_its_rate(
    precision: tuple[str, ...], data: Path, start: Path, tmp_path: Path, pulls: list[Any]
) -> None:
    """Of two batches, towards the start; in 16 bit the fp32 copies are pulled, and the model has their values."""
    run_train(arguments(data, tmp_path, 3, start, "--leash-l2", "70", "--no-save", *precision), tmp_path / "log")
    begun = weights(start)
    assert len(pulls) == 3 and len({rate for _, _, rate in pulls}) == 3
    for before, after, rate in pulls:
        for name, old in before.items():
            wanted = begun[name] + (old - begun[name]) / (1 + 70 * rate)
            torch.testing.assert_close(after[name], wanted, rtol=1e-5, atol=1e-6)


def test_divergence_is_0_at_the_start_and_smaller_with_more_weight(data: Path, start: Path, tmp_path: Path) -> None:
    drifts = []
    for weight in ("0.01", "20"):
        given = arguments(data, tmp_path / weight, 8, start, "--criterion", LEASHED, "--leash-kl", weight, "--no-save")
        given[given.index("--dropout") + 1] = "0.0"
        lines = run_train(given, tmp_path / f"log.{weight}")
        assert float(lines[0]["kl_loss"]) == pytest.approx(0, abs=1e-4)
        drifts.append(float(lines[-1]["kl_loss"]))
    assert drifts[1] < 0.5 * drifts[0]


@pytest.mark.e2e
def test_two_processes_do_what_one_does(data: Path, start: Path, tmp_path: Path) -> None:
    """With shards each pulls its own part."""
    alone = train(1, arguments(data, tmp_path / "one", 5, start, *BOTH, "--no-save"), tmp_path / "one.record")[0]
    given = arguments(data, tmp_path / "two", 5, start, *BOTH, "--no-save", "--ddp-backend", "vega_fsdp")
    for part in train(2, given, tmp_path / "two.record"):
        for ours, theirs in zip(part, alone, strict=True):
            assert ours["loss"] == pytest.approx(theirs["loss"], abs=5e-5)
            assert ours["gnorm"] == pytest.approx(theirs["gnorm"], rel=2e-3)


def test_stopped_and_started_again_it_pulls_to_the_same_start(data: Path, start: Path, tmp_path: Path) -> None:
    whole = losses(data, tmp_path / "whole", 4, start, *BOTH, "--no-save")
    parts = losses(data, tmp_path / "parts", 2, start, *BOTH) + losses(data, tmp_path / "parts", 4, start, *BOTH)
    assert parts == whole


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--leash-l2", "1"), "--leash-l2 pulls towards the weights of --finetune-from-model"),
        (("--criterion", LEASHED, "--leash-kl", "1"), "--leash-kl keeps to the output of --finetune-from-model"),
        (("--leash-l2", "-1"), "--leash-l2 -1.0 is below 0"),
    ],
)
def test_what_cannot_be_is_one_sentence(options: tuple[str, ...], said: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        run_train(arguments(data, tmp_path, 1, None, *options, "--no-save"), tmp_path / "log")
