"""Two small models that know the word-by-word lexicon a little: one writes forwards, one from right to left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fairseq_plugins.running import run_train, train_arguments
from vega.settings.dev import NamedModel

DIRECTIONS = "en-de,de-en"


def trained(data: Path, folder: Path, *more: str, updates: int = 150) -> Path:
    run_train(
        train_arguments(data, folder, updates, "--disable-validation", "--dropout", "0", *more, directions=DIRECTIONS),
        folder / "train.log",
    )
    return folder / "checkpoint_last.pt"


@pytest.fixture(scope="session")
def forward(data: Path, tmp_path_factory: pytest.TempPathFactory) -> NamedModel:
    return NamedModel(name="forward", checkpoint=trained(data, tmp_path_factory.mktemp("forward")))


@pytest.fixture(scope="session")
def backward(data: Path, tmp_path_factory: pytest.TempPathFactory) -> NamedModel:
    """Trained with --right-to-left."""
    return NamedModel(name="r2l", checkpoint=trained(data, tmp_path_factory.mktemp("r2l"), "--right-to-left"))
