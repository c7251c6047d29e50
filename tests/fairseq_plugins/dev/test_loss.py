"""The loss of a model on a validation set."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fairseq_plugins.dev.loss import DevLoss
from fairseq_plugins.loading import load, open_checkpoint
from tests.fairseq_plugins.running import run_train, train_arguments


@pytest.fixture(scope="module")
def checkpoint(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    run_train(train_arguments(data, folder, 12), folder / "train.log")
    return folder / "checkpoint_last.pt"


def test_the_size_of_batches_changes_nothing_and_directions_make_the_whole(data: Path, checkpoint: Path) -> None:
    loaded = load(open_checkpoint(checkpoint), data, "en-de,de-en")
    large, small = DevLoss(loaded), DevLoss(loaded, max_tokens=60)
    assert len(small.batches) > len(large.batches)
    assert large() == pytest.approx(small(), abs=1e-5)
    each = large.by_direction()
    assert set(each) == {"en-de", "de-en"}
    assert min(each.values()) < large() < max(each.values())


def test_the_gradient_is_that_of_the_mean(data: Path, checkpoint: Path) -> None:
    """Along it the loss rises by its length."""
    loss = DevLoss(load(open_checkpoint(checkpoint), data, "en-de"))
    before = loss(True)
    weights = [weight for weight in loss.model.parameters() if weight.grad is not None]
    length = torch.stack([weight.grad.square().sum() for weight in weights]).sum().sqrt()
    step = 1e-3
    with torch.no_grad():
        for weight in weights:
            weight += step * weight.grad / length
    assert (loss() - before) / step == pytest.approx(float(length), rel=0.05)


def test_a_bounded_number_of_batches_is_drawn_by_the_seed(data: Path, checkpoint: Path) -> None:
    loaded = load(open_checkpoint(checkpoint), data, "en-de,de-en")
    first, again, other = (DevLoss(loaded, max_tokens=40, batches=3, seed=seed) for seed in (1, 1, 2))
    assert len(first.batches) == 3
    assert first() == again() != other()
