"""A small binarized corpus in three languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from fairseq.distributed import utils

from data_pipeline import binarize, vocab
from tests.fairseq_plugins.running import write_corpus
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
    settings = BinarizeSettings(
        vocab=vocabulary, train=train, valid=[corpora["dev"]], test=[corpora["check"]], workers=1
    )
    binarize.run(settings, binarized)
    return binarized


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
