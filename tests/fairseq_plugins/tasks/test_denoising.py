"""`vega_denoising` in real training: it learns, goes on where it stopped, and says what is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from fairseq import options
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq_cli import generate as fairseq_generate

from fairseq_plugins.tasks.denoising import VegaDenoisingConfig, VegaDenoisingTask
from tests.fairseq_plugins.running import PLUGINS, run_train, train_arguments
from vega.errors import UserError


def denoising_arguments(data: Path, save: Path, updates: int, *more: str, languages: str = "") -> list[str]:
    """Options of training with this task; all languages unless told."""
    arguments = train_arguments(data, save, updates, *more)
    arguments[arguments.index("--task") + 1] = "vega_denoising"
    place = arguments.index("--directions")
    arguments[place : place + 2] = ["--languages", languages] if languages else []
    return arguments


def task_for(data: Path, **changes: object) -> VegaDenoisingTask:
    config = VegaDenoisingConfig(data=str(data), train_subset="train", seed=1)
    for name, value in changes.items():
        setattr(config, name, value)
    return VegaDenoisingTask.setup_task(config)


def add_monolingual(folder: Path, like: str, name: str, code: str) -> None:
    """A set of one language, with the text that a parallel one has in it."""
    sets = json.loads((folder / "data.json").read_text())
    known = next(each for each in sets["sets"] if each["name"] == like)
    sets["sets"].append({**known, "name": name, "languages": [code], "files": {code: known["files"][code]}})
    (folder / "data.json").write_text(json.dumps(sets))
    for end in ("bin", "idx"):
        (found,) = folder.glob(f"train.{like}.*.{code}.{end}")
        shutil.copyfile(found, folder / f"train.{name}.{code}.{code}.{end}")


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("denoising")
    log = run_train(denoising_arguments(data, folder, 40, "--validate-interval-updates", "20"), folder / "train.log")
    return folder, log


def test_it_learns_from_every_side_of_every_set(trained: tuple[Path, list[dict[str, str]]]) -> None:
    losses = [float(line["nll_loss"]) for line in trained[1]]
    assert losses[-1] < losses[0] - 1
    state = torch.load(trained[0] / "checkpoint_last.pt", weights_only=True)["extra_state"]["train_iterator"]
    names = {f"{code}/{source}" for code in ("en", "de", "ja") for source in ("news", "talks")}
    assert set(state["planned_share"]) == names
    for name in names:
        assert state["consumed_target_tokens"][name] == sum(int(line[f"tokens_{name}"]) for line in trained[1]) > 0


def test_resume_equals_an_uninterrupted_run(
    data: Path, trained: tuple[Path, list[dict[str, str]]], tmp_path: Path
) -> None:
    """Stopped inside a block, with dropout on; the masks go on too."""
    validate = ("--validate-interval-updates", "20")
    run_train(denoising_arguments(data, tmp_path, 23, *validate), tmp_path / "first.log")
    run_train(denoising_arguments(data, tmp_path, 40, *validate), tmp_path / "second.log")
    ours, theirs = (torch.load(folder / "checkpoint_last.pt", weights_only=True) for folder in (tmp_path, trained[0]))
    assert ours["extra_state"]["train_iterator"] == theirs["extra_state"]["train_iterator"]
    assert all(torch.equal(ours["model"][name], theirs["model"][name]) for name in theirs["model"])


def test_validation_reports_each_language_the_same_for_every_seed(data: Path, tmp_path: Path) -> None:
    versions = []
    for seed in (1, 2):
        task = task_for(data, seed=seed)
        task.load_dataset("valid")
        dataset = task.datasets["valid"]
        versions.append([dataset[i]["source"].tolist() for i in range(len(dataset))])
        iterator = task.get_batch_iterator(dataset, max_tokens=100, max_positions=(1024, 1024))
        batches = list(iterator.next_epoch_itr(shuffle=False))
        assert {batch["direction"] for batch in batches} == {"en", "de", "ja"}
        assert sorted(i for batch in batches for i in batch["id"].tolist()) == list(range(3 * 21))
    mask = task_for(data).data_tag("mask")
    assert versions[0] == versions[1] and sum(mask in version for version in versions[0]) > 20


def test_fairseq_generate_restores_text(
    data: Path, trained: tuple[Path, list[dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(data), "--user-dir", PLUGINS, "--task", "vega_denoising", "--languages", "en,ja",
                 "--path", str(trained[0] / "checkpoint_last.pt"), "--gen-subset", "test", "--beam", "2",
                 "--max-tokens", "200", "--cpu", "--max-len-b", "20"]  # fmt: skip
    args = options.parse_args_and_arch(options.get_generation_parser(), arguments)
    fairseq_generate.main(convert_namespace_to_omegaconf(args))
    printed = capsys.readouterr().out.splitlines()
    assert len([line for line in printed if line.startswith("D-")]) == 2 * 23


def test_texts_are_called_by_language_and_set_and_made_ones_are_left_out(with_synthetic: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(with_synthetic, tmp_path / "data"))
    add_monolingual(folder, "talks", "mono", "en")
    add_monolingual(folder, "talks", "news", "de")
    task = task_for(folder, sampling_weights='{"en": 1, "de": 1, "news.de": 1}')
    assert task.groups == ["de", "en", "ja"]
    task.load_dataset("train")
    dataset = task.datasets["train"]
    assert [text.stream for text in dataset.bitexts] == [
        "de/news.de", "de/news.en-de-ja", "de/talks", "en/mono", "en/news", "en/talks", "ja/news", "ja/talks",
    ]  # fmt: skip


def test_training_may_read_a_language_that_validation_has_not(data: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    for path in folder.glob("valid.*.ja.*"):
        path.unlink()
    for path in list(folder.glob("valid.*")):
        path.rename(path.with_name(path.name.replace("en-de-ja", "en-de")))
    task = task_for(folder)
    task.load_dataset("valid")
    assert {text.group for text in task.datasets["valid"].bitexts} == {"en", "de"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"languages": "en,cs"}, r"no train text for cs\. It has: news \(en-de-ja\)"),
        ({"languages": "xx"}, "xx"),
        ({"mask_share": 1.5}, "--mask-share 1.5: a share is from 0 to 1"),
        ({"mask_span": 0.0}, "--mask-span 0.0"),
    ],
)
def test_mistakes_are_one_sentence(data: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        task_for(data, unchecked_data=True, **changes).load_dataset("train")


def test_what_only_translation_has_is_refused(data: Path) -> None:
    phases = '[{"name": "one", "noise": {"typos": 0.5}}]'
    task = task_for(data, phases=phases)
    task.load_dataset("train")
    with pytest.raises(UserError, match="phase one: vega_denoising has no noise"):
        task.get_batch_iterator(task.datasets["train"], max_tokens=200, max_positions=(1024, 1024))


def test_text_that_was_not_checked_is_refused(data: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    add_monolingual(folder, "talks", "mono", "en")
    sets = json.loads((folder / "data.json").read_text())
    sets["sets"][-1]["files"]["en"] = "0" * 64
    (folder / "data.json").write_text(json.dumps(sets))
    with pytest.raises(UserError, match=r"train\.mono\.en\.en: not in the leakage report"):
        task_for(folder).load_dataset("train")
    task_for(folder, languages="de").load_dataset("train")


def test_a_vocabulary_without_the_mask_is_an_error(data: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    kept = [line for line in (folder / "dict.txt").read_text().splitlines() if not line.startswith("__mask__")]
    (folder / "dict.txt").write_text("\n".join(kept) + "\n")
    with pytest.raises(UserError, match=r"dict\.txt has no symbol __mask__"):
        task_for(folder).load_dataset("train")
