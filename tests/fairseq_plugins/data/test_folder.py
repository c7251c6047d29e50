"""What data.json says of a set: its tag, and the directions it may be read in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fairseq_plugins.data.folder import DataFolder
from fairseq_plugins.tasks.multidirectional import MultidirectionalConfig, MultidirectionalTask
from tests.fairseq_plugins.running import add_set
from vega.directions import parse_direction
from vega.errors import UserError


def names(folder: Path, direction: str) -> dict[str, str]:
    return {sides.name: sides.tag for sides in DataFolder(folder).bitexts("train", parse_direction(direction))}


def test_a_set_is_offered_in_its_directions_with_its_tag(with_synthetic: Path) -> None:
    genuine = {"news": "", "talks": "", "cycle": "ct"}
    assert names(with_synthetic, "en-de") == genuine | {"round1": "bt"}
    assert names(with_synthetic, "de-en") == names(with_synthetic, "en-ja") == genuine


def test_a_direction_whose_only_text_is_for_others_is_an_error(with_synthetic: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(with_synthetic, tmp_path / "data"))
    for name in ("news", "talks", "cycle"):
        for path in folder.glob(f"train.{name}.*"):
            path.unlink()
    assert names(folder, "en-de") == {"round1": "bt"}
    with pytest.raises(UserError, match=r"no train text for de-en\..*; round1 is for en-de only\. Add text, or leave"):
        names(folder, "de-en")


def test_folders_of_before_have_genuine_text_for_all_directions(data: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    described = json.loads((folder / "data.json").read_text())
    for each in described["sets"]:
        del each["tag"], each["directions"]
    (folder / "data.json").write_text(json.dumps(described))
    assert names(folder, "de-en") == {"news": "", "talks": ""}
    (folder / "data.json").unlink()
    assert names(folder, "de-en") == {"news": "", "talks": ""}
    (folder / "data.json").write_text("{")
    with pytest.raises(UserError, match=r"data\.json: does not describe the sets"):
        names(folder, "de-en")


def test_the_encoder_reads_language_data_tag_text_and_all_is_counted(with_synthetic: Path) -> None:
    config = MultidirectionalConfig(data=str(with_synthetic), directions="en-de", train_subset="train", seed=1)
    task = MultidirectionalTask.setup_task(config)
    task.load_dataset("train")
    dataset = task.datasets["train"]
    first = {bitext.name: int(start) for bitext, start in zip(dataset.bitexts, dataset.starts, strict=False)}
    index = task.dictionary.index
    for name, tags in {"news": ["__en__"], "round1": ["__en__", "__bt__"], "cycle": ["__en__", "__ct__"]}.items():
        other = first["news"] + 1
        batch = dataset.collater([dataset[first[name]], dataset[other]])
        row = batch["id"].tolist().index(first[name])
        source, length = batch["net_input"]["src_tokens"][row], int(batch["net_input"]["src_lengths"][row])
        text = dataset[first[name]]["source"].tolist()
        assert source[:length].tolist() == [*map(index, tags), *text] and text[-1] == task.dictionary.eos()
        assert length == dataset.size(first[name])[0]
        assert batch["net_input"]["src_lengths"].tolist() == sorted(batch["net_input"]["src_lengths"], reverse=True)
        assert batch["net_input"]["prev_output_tokens"][row, 0] == index("__de__")


def test_a_dictionary_without_the_tag_is_an_error(data: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    add_set(folder, "talks", "strange", tag="xx")
    config = MultidirectionalConfig(data=str(folder), directions="en-de", train_subset="train")
    with pytest.raises(UserError, match=r"dict\.txt has no symbol __xx__"):
        MultidirectionalTask.setup_task(config).load_dataset("train")
