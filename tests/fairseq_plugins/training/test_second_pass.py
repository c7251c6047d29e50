"""vega_fsam in training: SAM by hand, any spread over processes, 16 bit, interruptions, bad passes, stock tasks."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from fairseq_plugins.optimizers.fsam import VegaFsam
from fairseq_plugins.training.second_pass import SecondPass
from fairseq_plugins.training.seeding import batch_seed, seed_everything
from fairseq_plugins.training.trainer import VegaTrainer
from tests.fairseq_plugins.processes import train
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.errors import UserError

FSAM = ("--optimizer", "vega_fsam", "--fsam-rho", "0.5", "--adam-betas", "(0.9,0.98)")
#: Options of the ascent, by what is special about them.
KINDS = {
    "sam": ("--fsam-density", "1"),
    "fsam": ("--fsam-density", "0.1", "--fsam-refresh", "3"),
    "weights only": ("--fsam-density", "0.2", "--fsam-scope", "weights"),
    "groups": ("--fsam-density", "0.1", "--fsam-refresh", "3", "--fsam-fisher-groups", "3"),
    "period": ("--fsam-density", "0.1", "--fsam-period", "3", "--fsam-refresh", "5"),
    "sam with a period": ("--fsam-density", "1", "--fsam-period", "3"),
    "adaptive": ("--fsam-density", "0.5", "--fsam-adaptive"),
    "per batch": ("--fsam-density", "0.1", "--fsam-per-batch", "--fsam-refresh", "4"),
}


def arguments(data: Path, save: Path, updates: int, *more: str, batches: int = 2) -> list[str]:
    given = train_arguments(data, save, updates, "--disable-validation", "--batches-per-update", str(batches))
    given[given.index("--dropout") + 1] = "0.3"
    where = given.index("--optimizer")
    return [*given[:where], *given[where + 2 :], *FSAM, *more]


class Seen:
    """What the optimizer was given in each update, and the trainer."""

    def __init__(self) -> None:
        self.trainer: Any = None
        self.samples: list[list[Any]] = []
        self.weights: list[list[Tensor]] = []
        self.gradients: list[list[Tensor]] = []


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    found, step, train_step = Seen(), VegaFsam.step, VegaTrainer.train_step

    def noted_step(self: VegaFsam, *args: Any, **options: Any) -> None:
        found.weights.append([p.detach().clone() for p in self.params])
        found.gradients.append([p.grad.detach().clone() for p in self.params])
        step(self, *args, **options)

    def noted_train_step(self: VegaTrainer, samples: list[Any], raise_oom: bool = False) -> Any:
        found.trainer = self
        found.samples.append(samples)
        return train_step(self, samples, raise_oom)

    monkeypatch.setattr(VegaFsam, "step", noted_step)
    monkeypatch.setattr(VegaTrainer, "train_step", noted_train_step)
    yield found


def by_hand(seen: Seen, update: int, rho: float) -> list[Tensor]:
    """SAM's gradient of an update from its weights and batches alone: normalised, clipped to 1."""
    trainer, samples = seen.trainer, seen.samples[update]
    params = [p for _, p in trainer.named_trained_parameters()]
    kept = [p.detach().clone() for p in params]

    def gradient() -> list[Tensor]:
        trainer.model.train()
        trainer.zero_grad()
        size = 0
        for number, sample in enumerate(samples):
            seed_everything(batch_seed(7, update, number))
            loss, count, _ = trainer.criterion(trainer.model, sample)
            loss.backward()
            size += count
        return [p.grad.detach() / size for p in params]

    def moved(by: list[Tensor]) -> None:
        with torch.no_grad():
            for p, w, e in zip(params, seen.weights[update], by, strict=True):
                p.copy_(w + e)

    moved([torch.zeros_like(p) for p in params])
    first = gradient()
    moved([rho * g / torch.cat([f.flatten() for f in first]).norm() for g in first])
    second = gradient()
    moved([k - w for k, w in zip(kept, seen.weights[update], strict=True)])
    limit = min(1.0, 1.0 / float(torch.cat([g.flatten() for g in second]).norm()))
    return [g * limit for g in second]


def distance(some: list[Tensor], others: list[Tensor]) -> float:
    """Of two gradients, relative to the second."""
    a, b = (torch.cat([t.float().flatten() for t in ts]) for ts in (some, others))
    return float((a - b).norm() / b.norm())


def test_sam_is_what_it_is_by_hand(data: Path, tmp_path: Path, seen: Seen) -> None:
    """Two batches per update, dropout 0.3, clipping; the step is made at the unmoved weights."""
    run_train(arguments(data, tmp_path, 3, *KINDS["sam"], "--no-save"), tmp_path / "log")
    for update in range(3):
        assert distance(seen.gradients[update], by_hand(seen, update, rho=0.5)) < 1e-4
        assert distance(seen.gradients[update], by_hand(seen, update, rho=0.0)) > 0.02  # it is not the first gradient


def test_rho_0_is_the_optimizer_itself(data: Path, tmp_path: Path, seen: Seen) -> None:
    for density in ("0.1", "1"):
        seen.__init__()  # type: ignore[misc]
        options = ("--fsam-rho", "0", "--fsam-density", density, "--no-save")
        run_train(arguments(data, tmp_path, 2, *options), tmp_path / "log")
        for update in range(2):
            assert distance(seen.gradients[update], by_hand(seen, update, rho=0.0)) < 1e-5


def test_masked_weights_do_not_move_and_none_stays_moved(
    data: Path, tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[list[Tensor]] = []
    again = SecondPass._second_norm

    def second_norm(self: SecondPass, runner: Any) -> float:
        inside.append([p.detach().clone() for p in self._inner.params])
        return again(self, runner)

    monkeypatch.setattr(SecondPass, "_second_norm", second_norm)
    run_train(arguments(data, tmp_path, 4, *KINDS["fsam"], "--no-save"), tmp_path / "log")
    total = sum(w.numel() for w in seen.weights[0])
    for moved, weights in zip(inside, seen.weights, strict=True):  # at the step they are back where they were
        changed = sum(int((m != w).sum()) for m, w in zip(moved, weights, strict=True))
        assert 0.08 * total < changed <= round(0.1 * total)  # some moves are lost in rounding


@pytest.fixture(scope="module")
def alone(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    def run(kind: str) -> list[dict[str, Any]]:
        folder = tmp_path_factory.mktemp("alone")
        return train(1, arguments(data, folder / "save", 8, *KINDS[kind], "--no-save"), folder / "record")[0]

    return {kind: run(kind) for kind in KINDS}


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("kind", "backend"),
    [
        *((kind, "legacy_ddp") for kind in ("fsam", "groups", "per batch")),
        ("fsam", "pytorch_ddp"),
        *((kind, "vega_fsdp") for kind in ("sam", "fsam", "period", "weights only")),
    ],
)
def test_two_processes_do_what_one_does(
    kind: str, backend: str, data: Path, alone: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    given = arguments(data, tmp_path / "save", 8, *KINDS[kind], "--no-save", "--ddp-backend", backend)
    for part in train(2, given, tmp_path / "record"):
        for ours, theirs in zip(part, alone[kind], strict=True):
            assert ours["loss"] == pytest.approx(theirs["loss"], abs=5e-5)
            assert ours["gnorm"] == pytest.approx(theirs["gnorm"], rel=2e-3)


@pytest.mark.e2e
def test_the_kinds_differ(alone: dict[str, list[dict[str, Any]]]) -> None:
    last = [round(record[-1]["loss"], 6) for record in alone.values()]
    assert len(set(last)) == len(KINDS)


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("kind", "legs"),
    [
        ("fsam", ((1, "legacy_ddp"), (1, "legacy_ddp"))),
        ("period", ((1, "legacy_ddp"), (2, "vega_fsdp"), (1, "vega_fsdp"))),
        ("sam with a period", ((2, "vega_fsdp"), (1, "legacy_ddp"))),
    ],
)
def test_stopped_in_the_middle_of_a_period_and_a_mask(
    kind: str, legs: tuple[tuple[int, str], ...], data: Path, alone: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """As without interruption; a sharded checkpoint and fairseq's own file go over into each other."""
    updates: list[dict[str, Any]] = []
    for number, (processes, backend) in enumerate(legs):
        until = 8 if number + 1 == len(legs) else 2 + 2 * number
        given = arguments(data, tmp_path / "save", until, *KINDS[kind], "--ddp-backend", backend)
        updates += train(processes, given, tmp_path / f"record.{number}")[0]
    assert [u["update"] for u in updates] == [u["update"] for u in alone[kind]]
    for ours, theirs in zip(updates, alone[kind], strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=5e-5)
        assert ours["gnorm"] == pytest.approx(theirs["gnorm"], rel=2e-3)


@pytest.mark.parametrize("precision", [("--bf16",), ("--fp16", "--fp16-no-flatten-grads", "--fp16-init-scale", "4")])
def test_16_bit_moves_the_fp32_copies(
    precision: tuple[str, ...], data: Path, tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gradient is near that of fp32 training; the model is exactly the rounded copies before and after."""
    rounded: list[bool] = []
    replace = SecondPass.replace_gradient

    def replace_gradient(self: SecondPass, runner: Any) -> bool:
        may_step = replace(self, runner)
        pairs = zip(self._outer.fp16_params, self._outer.fp32_params, strict=True)
        rounded.append(all(torch.equal(p, p32.to(p.dtype)) for p, p32 in pairs))
        return may_step

    monkeypatch.setattr(SecondPass, "replace_gradient", replace_gradient)
    run_train(arguments(data, tmp_path, 1, *KINDS["sam"], "--no-save", *precision), tmp_path / "log")
    half, at = seen.gradients[0], seen.weights[0]
    assert rounded == [True]
    monkeypatch.setattr(SecondPass, "replace_gradient", replace)
    seen.__init__()  # type: ignore[misc]
    run_train(arguments(data, tmp_path, 1, *KINDS["sam"], "--no-save"), tmp_path / "log")
    assert distance(half, seen.gradients[0]) < 0.05 < distance(half, by_hand(seen, 0, rho=0.0))
    assert distance(at, seen.weights[0]) < 0.01


def test_a_second_pass_that_is_no_number_changes_nothing(
    data: Path, tmp_path: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    again = SecondPass._second_norm

    def second_norm(self: SecondPass, runner: Any) -> float:
        norm = again(self, runner)
        return math.nan if self._trainer.get_num_updates() == 1 else norm

    monkeypatch.setattr(SecondPass, "_second_norm", second_norm)
    run_train(arguments(data, tmp_path, 4, *KINDS["fsam"], "--no-save"), tmp_path / "log")
    assert "update 2: the gradient is not finite; the update is left out" in caplog.text
    assert len(seen.weights) == 4 - 1
    assert seen.trainer.get_num_updates() == 4


def test_cost_is_in_the_log(data: Path, tmp_path: Path) -> None:
    lines = run_train(arguments(data, tmp_path, 6, *KINDS["period"], "--no-save"), tmp_path / "log")
    assert [float(line["fsam_passes"]) for line in lines] == [2, 1, 1, 2, 1, 1]
    assert all(float(line["fsam_cost"]) >= 1 for line in lines)
    assert 0.1 < float(lines[0]["fsam_norm_share"]) <= 1


def test_stock_task_and_criterion(data: Path, tmp_path: Path) -> None:
    """`--task translation` on a folder of fairseq-preprocess's form."""
    folder = stock_folder(data, tmp_path / "bin")
    given = arguments(folder, tmp_path / "save", 3, *KINDS["fsam"], "--no-save")
    for option in ("--directions", "--block-sentences", "--criterion", "--label-smoothing"):
        del given[given.index(option) : given.index(option) + 2]
    given[given.index("--task") + 1] = "translation"
    lines = run_train([*given, "-s", "en", "-t", "de", "--criterion", "cross_entropy"], tmp_path / "log")
    assert [float(line["fsam_passes"]) for line in lines] == [2.0] * 3


def stock_folder(data: Path, folder: Path) -> Path:
    folder.mkdir()
    for code in ("en", "de"):
        (folder / f"dict.{code}.txt").write_bytes((data / "dict.txt").read_bytes())
        for split, name in (("train", "news"), ("valid", "dev")):
            for end in ("bin", "idx"):
                source = next(data.glob(f"{split}.{name}.*.{code}.{end}"))
                (folder / f"{split}.en-de.{code}.{end}").write_bytes(source.read_bytes())
    return folder


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--fsam-density", "0"), "density"),
        (("--fsam-per-batch", "--fsam-period", "2"), "--fsam-per-batch"),
        (("--memory-efficient-bf16",), "fp32 weights"),
    ],
)
def test_what_cannot_be_is_one_sentence(options: tuple[str, ...], said: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        run_train(arguments(data, tmp_path, 1, *options, "--no-save"), tmp_path / "log")


def test_state_in_a_checkpoint_is_plain(data: Path, tmp_path: Path) -> None:
    run_train(arguments(data, tmp_path, 2, *KINDS["period"]), tmp_path / "log")
    state = torch.load(tmp_path / "checkpoint_last.pt", weights_only=True)["last_optimizer_state"]
    masks = [values["fsam_mask"] for values in state["state"].values()]
    assert all(m.dtype == torch.bool for m in masks)
    total = sum(m.numel() for m in masks)
    assert sum(int(m.sum()) for m in masks) == round(0.1 * total)
    assert json.dumps({k: v for k, v in state["param_groups"][0].items() if k.startswith("fsam")})
