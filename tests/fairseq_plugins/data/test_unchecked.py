"""Training refuses text that was not checked for test sentences."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fairseq_plugins.tasks.multidirectional import MultidirectionalConfig, MultidirectionalTask
from vega.errors import UserError


@pytest.fixture
def copied(data: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(data, tmp_path / "data"))


def load(data: Path, split: str = "train", **options: Any) -> None:
    config = MultidirectionalConfig(data=str(data), directions="en-de", train_subset="train")
    for name, value in options.items():
        setattr(config, name, value)
    MultidirectionalTask.setup_task(config).load_dataset(split)


def change(path: Path, **facts: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def test_without_a_report_only_training_is_refused(copied: Path) -> None:
    load(copied)
    (copied / "leakage.json").unlink()
    with pytest.raises(UserError, match=r"leakage\.json: no such file.* Run `vega leakage` .*--unchecked-data"):
        load(copied)
    with pytest.raises(UserError, match="--unchecked-data"):
        load(copied, split="train.news", train_subset="train.news")
    load(copied, unchecked_data=True)
    load(copied, split="valid")
    load(copied, split="test")


def test_a_failed_report_is_refused(copied: Path) -> None:
    change(copied / "leakage.json", passed=False, hits=7)
    with pytest.raises(UserError, match="7 training rows match test sets"):
        load(copied)


def test_text_that_the_report_does_not_know_is_refused(copied: Path) -> None:
    """The languages that are not trained do not matter."""
    sets = json.loads((copied / "data.json").read_text())["sets"]
    sets[1]["files"]["ja"] = "0" * 64
    change(copied / "data.json", sets=sets)
    load(copied)
    with pytest.raises(UserError, match=r"train\.talks\.en-de-ja\.ja: not in the leakage report"):
        load(copied, directions="en-de,ja-en")
    load(copied, split="train.news", train_subset="train.news", directions="en-de,ja-en")


def test_a_set_that_was_put_there_by_hand_is_refused(copied: Path) -> None:
    for language in ("en", "de"):
        for end in ("bin", "idx"):
            shutil.copy(copied / f"train.news.en-de-ja.{language}.{end}", copied / f"train.mine.en-de.{language}.{end}")
    with pytest.raises(UserError, match=r"train\.mine\.en-de\.en: not in the leakage report"):
        load(copied)


@pytest.mark.parametrize("content", ["", "[]", '{"sets": [{"split": "train", "name": "news", "languages": ["en"]}]}'])
def test_a_folder_that_does_not_say_what_was_encoded_is_refused(copied: Path, content: str) -> None:
    (copied / "data.json").write_text(content)
    with pytest.raises(UserError, match=r"data\.json: does not say what text was encoded"):
        load(copied)
