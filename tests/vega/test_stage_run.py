from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from vega.errors import UserError
from vega.manifest import read_manifest
from vega.settings import Corpus, TrainSettings, VocabSettings
from vega.stage_run import LOCK, STARTED, Work, run_stage


def vocab_work(folder: Path, **options: Any) -> Work:
    for language in ("en", "de"):
        (folder / f"text.{language}").write_text("a\n", encoding="utf-8")
    corpus = Corpus(name="a", languages=["en", "de"], files=str(folder / "text.{lang}"))
    return Work("vocab", VocabSettings(corpora=[corpus], **options), folder / "vocab")


def train_work(folder: Path, **options: Any) -> Work:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    (data / "dict.txt").write_text("a 1\n", encoding="utf-8")
    return Work("train", TrainSettings(data=data, directions=["en-de"], **options), folder / "train")


def write(name: str, text: str = "x") -> Any:
    return lambda settings, output: (output / name).write_text(text, encoding="utf-8")


def fail(error: BaseException) -> Any:
    def function(settings: Any, output: Path) -> None:
        (output / "half").write_text("half", encoding="utf-8")
        raise error

    return function


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_a_finished_stage_has_its_manifest(tmp_path: Path) -> None:
    work = vocab_work(tmp_path, size=123)
    run_stage(work, write("spm.model"))
    assert names(work.output) == {"spm.model", "settings.yaml", "manifest.json"}
    content = json.loads((work.output / "manifest.json").read_text(encoding="utf-8"))
    assert content["stage"] == "vocab"
    assert content["settings"]["size"] == 123
    assert content["command"][:2] == ["vega", "vocab"]
    assert set(content["inputs"]) == {str(tmp_path / "text.en"), str(tmp_path / "text.de")}
    # sha256 of "x"
    assert content["outputs"] == {"spm.model": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}
    assert content["started"] <= content["finished"]
    assert content["finished"].endswith("+00:00")
    assert {"python", "vega"} <= set(content["versions"])
    assert names(tmp_path) == {"text.en", "text.de", "vocab"}


def test_a_finished_stage_is_not_done_again_unless_forced(tmp_path: Path) -> None:
    work = vocab_work(tmp_path)
    run_stage(work, write("spm.model"))
    run_stage(work, fail(AssertionError("ran again")))
    run_stage(work, write("spm.model", "new"), force=True)
    assert (work.output / "spm.model").read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize("error", [ValueError("bug"), UserError("mistake"), KeyboardInterrupt(), SystemExit(3)])
def test_a_stage_that_fails_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        run_stage(vocab_work(tmp_path), fail(error))
    assert names(tmp_path) == {"text.en", "text.de"}


def test_a_stage_that_fails_leaves_the_old_result(tmp_path: Path) -> None:
    run_stage(vocab_work(tmp_path), write("spm.model"))
    with pytest.raises(ValueError, match="bug"):
        run_stage(vocab_work(tmp_path, size=200), fail(ValueError("bug")))
    manifest = read_manifest(tmp_path / "vocab")
    assert manifest is not None
    assert manifest.damage(tmp_path / "vocab") is None


def test_what_a_killed_stage_left_is_removed(tmp_path: Path) -> None:
    work = vocab_work(tmp_path)
    work.private.mkdir()
    (work.private / "half").write_text("half", encoding="utf-8")
    run_stage(work, write("spm.model"))
    assert "half" not in names(work.output)


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="disk is full"):
        run_stage(vocab_work(tmp_path), fail(OSError(errno.ENOSPC, "No space left on device")))
    assert not (tmp_path / "vocab").exists()


def test_a_folder_with_other_files_is_not_touched(tmp_path: Path) -> None:
    work = vocab_work(tmp_path)
    work.output.mkdir()
    (work.output / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(UserError, match="did not write"):
        run_stage(work, write("spm.model"))
    assert names(work.output) == {"thesis.txt"}
    with pytest.raises(UserError, match="is a file"):
        run_stage(Work("vocab", work.settings, tmp_path / "text.en"), write("spm.model"))


def test_training_goes_on_from_what_it_left(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_stage(train_work(tmp_path), fail(KeyboardInterrupt()))
    assert names(tmp_path / "train") == {"half", STARTED}
    seen: list[set[str]] = []
    run_stage(train_work(tmp_path), lambda settings, output: seen.append(names(output)))
    assert "half" in seen[0]
    assert "half" in (read_manifest(tmp_path / "train") or pytest.fail("no manifest")).outputs


def test_training_with_another_setting_starts_clean(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_stage(train_work(tmp_path), fail(KeyboardInterrupt()))
    (tmp_path / "train/log.txt").write_text("log", encoding="utf-8")
    seen: list[set[str]] = []
    run_stage(train_work(tmp_path, lr=0.5), lambda settings, output: seen.append(names(output)))
    assert seen[0] == {"log.txt", STARTED, LOCK}


def test_finished_training_that_was_damaged_starts_clean(tmp_path: Path) -> None:
    run_stage(train_work(tmp_path), write("best.pt"))
    (tmp_path / "train/best.pt").unlink()
    (tmp_path / "train/last.pt").write_text("left", encoding="utf-8")
    run_stage(train_work(tmp_path), write("best.pt"))
    assert "last.pt" not in names(tmp_path / "train")


def test_a_second_writer_is_told_who_is_first(tmp_path: Path) -> None:
    def second(settings: Any, output: Path) -> None:
        with pytest.raises(UserError, match=r"is in use by process \d+ on "):
            run_stage(vocab_work(tmp_path), fail(AssertionError("both ran")))
        (output / "spm.model").write_text("first", encoding="utf-8")

    run_stage(vocab_work(tmp_path), second)
    assert (tmp_path / "vocab/spm.model").read_text(encoding="utf-8") == "first"


def test_the_log_of_a_run_survives(tmp_path: Path) -> None:
    work = vocab_work(tmp_path)
    work.output.mkdir()
    (work.output / "log.txt").write_text("said", encoding="utf-8")
    run_stage(work, write("spm.model"))
    assert (work.output / "log.txt").read_text(encoding="utf-8") == "said"
