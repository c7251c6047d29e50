"""A small trained model, as fairseq saves it and as CTranslate2 reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_pipeline import binarize, vocab
from tests.fairseq_plugins.conftest import no_process_group_left_behind, one_thread
from tests.fairseq_plugins.running import check_leakage, run_train, small_model, train_arguments, write_corpus
from vega.checkpoints.export import export
from vega.checkpoints.sources import open_weights
from vega.settings import BinarizeSettings, VocabSettings

__all__ = ["no_process_group_left_behind", "one_thread"]


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Word-by-word translations, binarized; so many symbols that nearly every word is one."""
    folder = tmp_path_factory.mktemp("words")
    corpus = write_corpus(folder, "train", 1500, seed=4)
    for name in ("vocab", "data"):
        (folder / name).mkdir()
    vocab.run(VocabSettings(corpora=[corpus], size=350, seed=1), folder / "vocab")
    report = check_leakage([corpus], folder / "leakage")
    settings = BinarizeSettings(vocab=folder / "vocab", leakage=report, train=[corpus], workers=1)
    binarize.run(settings, folder / "data")
    return folder / "data"


@pytest.fixture(scope="session")
def checkpoint(words: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained until it knows the lexicon, and where to end."""
    folder = tmp_path_factory.mktemp("trained")
    size = small_model(**{"encoder-embed-dim": 64, "decoder-embed-dim": 64})
    more = ["--disable-validation", "--dropout", "0", "--max-tokens", "600", *size]
    run_train(train_arguments(words, folder, 450, *more, directions="en-de,de-en,en-ja"), folder / "train.log")
    return folder / "checkpoint_last.pt"


@pytest.fixture(scope="session")
def model(checkpoint: Path, words: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "model"
    export(open_weights(checkpoint), folder, "ctranslate2", None, words)
    return folder
