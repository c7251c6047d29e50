"""`vega_e2s2` in fairseq-train: with our tasks and stock ones, on several processes, resumed, and left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.fairseq_plugins.processes import train
from tests.fairseq_plugins.running import PLUGINS, run_train, small_model, train_arguments
from tests.fairseq_plugins.tasks.test_denoising import denoising_arguments

PARTS = {"loss", "nll_loss", "clean_loss", "noised_loss", "denoising_loss", "contrastive_loss"}
FOUND = {"token_accuracy", "recall_original", "recall_shuffled", "recall_replaced"}


def with_e2s2(arguments: list[str], *more: str) -> list[str]:
    arguments[arguments.index("--criterion") + 1] = "vega_e2s2"
    return [*arguments, *more]


@pytest.fixture(scope="module")
def pretrained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("pretrained")
    arguments = with_e2s2(denoising_arguments(data, folder, 40, "--validate-interval-updates", "20"))
    return folder, run_train(arguments, folder / "train.log")


def test_all_parts_are_learned_and_logged(pretrained: tuple[Path, list[dict[str, str]]]) -> None:
    first, last = pretrained[1][0], pretrained[1][-1]
    assert last.keys() >= PARTS | FOUND
    for name in ("nll_loss", "noised_loss", "denoising_loss"):
        assert float(last[name]) < float(first[name])
    parts = [weight * float(last[f"{name}_loss"]) for name, weight in (("clean", 0.5), ("noised", 0.5))]
    assert float(last["loss"]) > sum(parts)


def test_resume_equals_an_uninterrupted_run(
    data: Path, pretrained: tuple[Path, list[dict[str, str]]], tmp_path: Path
) -> None:
    """The noise of an update is its own, whenever it is made; the classifier goes on."""
    validate = ("--validate-interval-updates", "20")
    run_train(with_e2s2(denoising_arguments(data, tmp_path, 23, *validate)), tmp_path / "first.log")
    run_train(with_e2s2(denoising_arguments(data, tmp_path, 40, *validate)), tmp_path / "second.log")
    ours, theirs = (
        torch.load(folder / "checkpoint_last.pt", weights_only=True) for folder in (tmp_path, pretrained[0])
    )
    assert set(theirs["criterion"]) == {"classifier.output.weight", "classifier.output.bias"}
    for part in ("model", "criterion"):
        assert all(torch.equal(ours[part][name], theirs[part][name]) for name in theirs[part])


def test_what_is_pretrained_goes_on_to_translate_without_the_classifier(
    data: Path, pretrained: tuple[Path, list[dict[str, str]]], tmp_path: Path
) -> None:
    last = pretrained[0] / "checkpoint_last.pt"
    start = ("--finetune-from-model", str(last), "--disable-validation")
    log = run_train(train_arguments(data, tmp_path, 3, *start, "--lr", "0"), tmp_path / "log")
    fresh = run_train(train_arguments(data, tmp_path / "fresh", 1, "--no-save"), tmp_path / "fresh.log")
    assert float(log[0]["nll_loss"]) < float(fresh[0]["nll_loss"]) - 0.5
    ours, theirs = (torch.load(path, weights_only=True) for path in (tmp_path / "checkpoint_last.pt", last))
    assert ours["criterion"] is None
    assert all(torch.equal(ours["model"][name], theirs["model"][name]) for name in theirs["model"])


def test_a_checkpoint_without_classifier_goes_on_with_a_fresh_one(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_train(train_arguments(data, tmp_path, 2, "--disable-validation"), tmp_path / "first.log")
    arguments = with_e2s2(train_arguments(data, tmp_path, 4, "--reset-optimizer", "--disable-validation"))
    log = run_train(arguments, tmp_path / "second.log")
    assert [line["num_updates"] for line in log] == ["1", "2", "3", "4"]
    assert "has no token classifier of vega_e2s2: it starts afresh" in caplog.text


def test_so_it_does_sharded(data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With one process, so that all of it is in this one."""
    sharded = ("--ddp-backend", "vega_fsdp", "--disable-validation")
    run_train(train_arguments(data, tmp_path, 2, *sharded), tmp_path / "first.log")
    run_train(with_e2s2(train_arguments(data, tmp_path, 4, "--reset-optimizer", *sharded)), tmp_path / "second.log")
    assert "has no token classifier of vega_e2s2: it starts afresh" in caplog.text


def stock_arguments(data: Path, folder: Path, save: Path, updates: int, *more: str) -> list[str]:
    """`--task translation`, whose sources are padded on the left."""
    folder.mkdir(exist_ok=True)
    for code in ("en", "de"):
        (folder / f"dict.{code}.txt").symlink_to(data / "dict.txt")
        for split, name in (("train", "news"), ("valid", "dev")):
            for end in ("bin", "idx"):
                found = next(data.glob(f"{split}.{name}.*.{code}.{end}"))
                (folder / f"{split}.en-de.{code}.{end}").symlink_to(found)
    return [
        str(folder), "--user-dir", PLUGINS, "--task", "translation", "-s", "en", "-t", "de", *small_model(),
        "--criterion", "vega_e2s2", "--optimizer", "adam", "--lr", "0.005", "--max-tokens", "200", "--max-update",
        str(updates), "--save-dir", str(save), "--no-save", "--cpu", "--num-workers", "0", "--seed", "3",
        "--share-all-embeddings", "--log-format", "json", "--log-interval", "1", *more,
    ]  # fmt: skip


@pytest.mark.parametrize("arch", ["vega_tiny", "transformer"])
def test_stock_translation_with_our_model_and_fairseqs(arch: str, data: Path, tmp_path: Path) -> None:
    more = ("--arch", arch, "--e2s2-views", "target", "--validate-interval-updates", "15")
    log = run_train(stock_arguments(data, tmp_path / "data", tmp_path / "save", 30, *more), tmp_path / "log")
    assert float(log[-1]["clean_loss"]) < float(log[0]["clean_loss"]) - 1
    assert float(log[-1]["contrastive_loss"]) < float(log[0]["contrastive_loss"])


@pytest.mark.parametrize(
    "more",
    [
        ("--e2s2-views", "target", "--e2s2-noised-weight", "0"),
        ("--e2s2-sentence", "prompt", "--bf16", "--ddp-backend", "vega_fsdp"),
        ("--e2s2-clean-weight", "0", "--e2s2-views", "target", "--e2s2-sentence", "prompt"),
    ],
)
def test_multidirectional_training_with_every_choice(more: tuple[str, ...], data: Path, tmp_path: Path) -> None:
    arguments = train_arguments(data, tmp_path, 25, "--validate-interval-updates", "25", "--no-save", *more)
    log = run_train(with_e2s2(arguments), tmp_path / "log")
    assert float(log[-1]["nll_loss"]) < float(log[0]["nll_loss"]) - 0.5


def run_processes(processes: int, kind: str, data: Path, folder: Path, updates: int) -> list[Any]:
    """Two batches an update; its number, loss and gradient norm."""
    size = ("--batches-per-update", "2", "--disable-validation", "--ddp-backend", kind)
    arguments = with_e2s2(denoising_arguments(data, folder / "save", updates, *size))
    arguments[arguments.index("--dropout") + 1] = "0.3"
    parts = train(processes, arguments, folder / f"record.{updates}")
    return [(update["update"], update["loss"], update["gnorm"]) for update in parts[0]]


@pytest.mark.e2e
def test_two_processes_stopped_and_resumed_with_any_wrapper_train_as_one_does(data: Path, tmp_path: Path) -> None:
    updates = []
    for until, kind in enumerate(("legacy_ddp", "vega_fsdp", "pytorch_ddp"), start=1):
        updates += run_processes(2, kind, data, tmp_path, 2 * until)
    (tmp_path / "alone").mkdir()
    alone = run_processes(1, "legacy_ddp", data, tmp_path / "alone", 6)
    for (number, loss, norm), (expected, alone_loss, alone_norm) in zip(updates, alone, strict=True):
        assert number == expected
        assert loss == pytest.approx(alone_loss, abs=2e-5)
        assert norm == pytest.approx(alone_norm, rel=2e-4)
