"""A small binarized corpus in three languages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from fairseq.distributed import utils

from data_pipeline import binarize, vocab
from tests.fairseq_plugins.averaging import train_run
from tests.fairseq_plugins.running import add_set, check_leakage, write_corpus
from vega.settings import BinarizeSettings, Corpus, VocabSettings


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Corpus]:
    folder = tmp_path_factory.mktemp("text")
    sizes = {"news": 300, "talks": 60, "dev": 21, "check": 23}
    return {name: write_corpus(folder, name, size, seed) for seed, (name, size) in enumerate(sizes.items())}


@pytest.fixture(scope="session")
def data(corpora: dict[str, Corpus], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two training sources, one validation set, one test set; 23 lines are no multiple of 8 on purpose."""
    vocabulary, binarized = tmp_path_factory.mktemp("vocab"), tmp_path_factory.mktemp("data")
    train = [corpora["news"], corpora["talks"]]
    vocab.run(VocabSettings(corpora=train, size=320, seed=1), vocabulary)
    report = check_leakage(train, tmp_path_factory.mktemp("leakage"))
    settings = BinarizeSettings(
        vocab=vocabulary, leakage=report, train=train, valid=[corpora["dev"]], test=[corpora["check"]], workers=1
    )
    binarize.run(settings, binarized)
    return binarized


@pytest.fixture(scope="session")
def with_synthetic(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Back-translated text for en-de only, and cycle-translated text for all directions."""
    folder = Path(shutil.copytree(data, tmp_path_factory.mktemp("synthetic") / "data"))
    add_set(folder, "talks", "round1", tag="bt", directions=["en-de"])
    add_set(folder, "talks", "cycle", tag="ct")
    return folder


@pytest.fixture(scope="session")
def checkpoints(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training's folder with several checkpoints, the best few, and moving averages."""
    return train_run(data, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """The order of additions, and so the last bits, depend on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def no_process_group_left_behind() -> Iterator[None]:
    """Sharding in this very process starts a group of one; the next test must not find it."""
    yield
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
        for function in (utils.get_global_group, utils.get_data_parallel_group):
            vars(function).pop("_global_group", None)
