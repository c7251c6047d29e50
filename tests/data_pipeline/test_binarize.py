import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from data_pipeline import binarize
from data_pipeline.leakage import gate
from vega.errors import UserError
from vega.leakage_report import passed_report
from vega.manifest import hash_file
from vega.settings import BinarizeSettings, Corpus, Form, LeakageSettings
from vega.token_store import TokenStore
from vega.vocabulary import EOS, Vocabulary, write_form
from vega.vocabulary_files import copy_vocabulary

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


def test_files_and_description(vocabulary_folder: Path, write_corpus: WriteCorpus, output: Path) -> None:
    train = write_corpus("base", {"en": ["aei oun", "rst"], "zh": ["的一是", "不了人"]})
    test = write_corpus("six", {"en": ["lmd", ""], "de": ["äng", ""], "zh": ["我在有", ""]})
    binarize.run(BinarizeSettings(vocab=vocabulary_folder, train=[train], test=[test]), output)
    stems = ["train.base.en-zh.en", "train.base.en-zh.zh", *(f"test.six.en-de-zh.{c}" for c in ("en", "de", "zh"))]
    files = [f"{stem}.{ending}" for stem in stems for ending in ("bin", "idx")]
    described = ["data.json", "train.json", "test.json"]
    assert sorted(path.name for path in output.iterdir()) == sorted([*files, *described, "dict.txt", "spm.model"])
    vocabulary = Vocabulary.load(output)
    store = TokenStore(output / "test.six.en-de-zh.zh")
    numbers, lengths = store.tokens, store.sizes
    assert numbers.tolist() == [*vocabulary.encode("我在有", "zh"), EOS, EOS]
    data = json.loads((output / "data.json").read_text())
    assert data["vocabulary"] == len(vocabulary)
    assert [(s["split"], s["name"], s["languages"], s["sentences"]) for s in data["sets"]] == [
        ("train", "base", ["en", "zh"], 2),
        ("test", "six", ["en", "de", "zh"], 2),
    ]
    assert data["sets"][1]["tokens"]["zh"] == lengths.sum()
    assert data["sets"][1]["files"] == {code: hash_file(path) for code, path in test.paths().items()}


def test_tag_and_directions_are_told_to_training(
    vocabulary_folder: Path, write_corpus: WriteCorpus, output: Path
) -> None:
    """In train.json, on which training depends: it must not depend on what the test sets are."""
    genuine = write_corpus("base", {"en": ["aei"], "de": ["oun"]})
    synthetic = genuine.model_copy(update={"name": "made", "tag": "bt", "directions": ["de-en"]})
    binarize.run(BinarizeSettings(vocab=vocabulary_folder, train=[genuine, synthetic], test=[genuine]), output)
    data, train = (json.loads((output / name).read_text())["sets"] for name in ("data.json", "train.json"))
    assert [(s["split"], s["name"], s["tag"], s["directions"]) for s in data] == [
        ("train", "base", "", []), ("train", "made", "bt", ["de-en"]), ("test", "base", "", []),
    ]  # fmt: skip
    assert train == data[:2]


@pytest.fixture
def checked(write_corpus: WriteCorpus, tmp_path: Path) -> Callable[..., tuple[Corpus, Path]]:
    """A corpus, and the report of the leakage stage on it."""

    def check(name: str, held_out: str = "something wholly different") -> tuple[Corpus, Path]:
        corpus = write_corpus(name, {"en": [f"aei oun {name}", "rst"], "de": ["äng", f"{name} anr"]})
        test = write_corpus("held", {"en": [held_out], "de": ["etwas völlig anderes"]})
        folder = tmp_path / f"leakage.{name}"
        gate.run(LeakageSettings(corpora=[corpus], held_out=[test], ignore=["*"], workers=1), folder)
        return corpus, folder

    return check


def test_training_text_must_be_what_was_checked(
    vocabulary_folder: Path, checked: Callable[..., tuple[Corpus, Path]], write_corpus: WriteCorpus, output: Path
) -> None:
    corpus, report = checked("news")
    settings = BinarizeSettings(vocab=vocabulary_folder, leakage=report, train=[corpus], test=[corpus])
    binarize.run(settings, output)
    assert passed_report(output).facts == passed_report(report / "leakage.json").facts
    unchecked = write_corpus("other", {"en": ["x"], "de": ["y"]})
    for split, passes in (("train", False), ("valid", True)):
        more = settings.model_copy(update={split: [*getattr(settings, split), unchecked]})
        folder = output.with_name(split)
        if passes:
            binarize.run(more, folder)
        else:
            with pytest.raises(UserError, match=r"other\.en: not in the leakage report"):
                binarize.run(more, folder)
            assert list(folder.iterdir()) == []
    corpus.paths()["de"].write_text("another\ntext\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"news\.de: not in the leakage report .* changed since"):
        binarize.run(settings, output.with_name("changed"))


def test_an_earlier_folder_is_taken_over_as_if_all_had_been_encoded_at_once(
    vocabulary_folder: Path,
    checked: Callable[..., tuple[Corpus, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (genuine, first), (made, second) = checked("news"), checked("made")
    made = made.model_copy(update={"tag": "bt"})
    base = BinarizeSettings(vocab=vocabulary_folder, leakage=first, train=[genuine], test=[genuine])
    binarize.run(base, tmp_path / "base")
    round_ = BinarizeSettings(vocab=vocabulary_folder, leakage=second, train=[made], base=tmp_path / "base")
    binarize.run(round_, tmp_path / "linked")
    name = "train.news.en-de.en.bin"
    assert (tmp_path / "linked" / name).samefile(tmp_path / "base" / name)

    def other_disk(*_: Path) -> None:
        raise OSError(errno.EXDEV, "another disk")

    monkeypatch.setattr(os, "link", other_disk)
    binarize.run(round_, tmp_path / "copied")
    assert not (tmp_path / "copied" / name).samefile(tmp_path / "base" / name)
    gate.run(LeakageSettings(corpora=[genuine, made], ignore=["*"], workers=1), tmp_path / "both")
    whole = base.model_copy(update={"train": [genuine, made], "leakage": tmp_path / "both"})
    binarize.run(whole, tmp_path / "whole")
    for folder in ("linked", "copied"):
        files = {path.name for path in (tmp_path / folder).iterdir()}
        assert files == {path.name for path in (tmp_path / "whole").iterdir()}
        for file in files - {"leakage.json"}:
            assert (tmp_path / folder / file).read_bytes() == (tmp_path / "whole" / file).read_bytes(), file
        passed_report(tmp_path / folder).require(
            (path.name, hash_file(path)) for corpus in (genuine, made) for path in corpus.paths().values()
        )


def test_an_earlier_folder_that_does_not_fit_is_refused(
    vocabulary_folder: Path, checked: Callable[..., tuple[Corpus, Path]], tmp_path: Path, output: Path
) -> None:
    (genuine, first), (made, second) = checked("news"), checked("made", held_out="now another test set altogether")
    base = BinarizeSettings(vocab=vocabulary_folder, leakage=first, train=[genuine])
    binarize.run(base, tmp_path / "base")
    again = base.model_copy(update={"base": tmp_path / "base"})
    with pytest.raises(UserError, match=r"base has a set train\.news\.en-de already"):
        binarize.run(again, output)
    round_ = BinarizeSettings(vocab=vocabulary_folder, leakage=second, train=[made], base=tmp_path / "base")
    with pytest.raises(UserError, match="are about different test sets"):
        binarize.run(round_, output)
    (tmp_path / "base/leakage.json").unlink()
    with pytest.raises(UserError, match=r"base/train\.news\.en-de\.en: not in the leakage report"):
        binarize.run(round_, output)
    with (tmp_path / "base/dict.txt").open("a") as dictionary:
        dictionary.write("more 1\n")
    with pytest.raises(UserError, match=r"encoded with another vocabulary .* dict\.txt differs"):
        binarize.run(round_, output)
    with pytest.raises(UserError, match=r"nowhere/data\.json: no such file"):
        binarize.run(round_.model_copy(update={"base": tmp_path / "nowhere"}), output)
    assert not output.exists() or list(output.iterdir()) == []


def test_text_is_encoded_in_the_form_of_the_vocabulary(
    vocabulary_folder: Path, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it had been written so; each language in its own way, also in processes of their own."""
    monkeypatch.setattr(binarize, "FEW_LINES", 0)
    (tmp_path / "vocab").mkdir()
    copy_vocabulary(vocabulary_folder, tmp_path / "vocab")
    write_form(tmp_path / "vocab", form := Form(width=True, punctuation=True))
    raw = write_corpus("text", {"en": ["“ｌｍｄ” aei", "oun"], "zh": ["“的ｌ”，", "不了人"]})
    settings = BinarizeSettings(vocab=tmp_path / "vocab", train=[raw], workers=2)
    binarize.run(settings, tmp_path / "raw")
    ready = write_corpus("text", {"en": ['"lmd" aei', "oun"], "zh": ["“的l”，", "不了人"]})
    plain = BinarizeSettings(vocab=vocabulary_folder, train=[ready], workers=2)
    binarize.run(plain, tmp_path / "ready")
    for code in ("en", "zh"):
        name = f"train.text.en-zh.{code}.bin"
        assert (tmp_path / "raw" / name).read_bytes() == (tmp_path / "ready" / name).read_bytes()
    assert Vocabulary.load(tmp_path / "raw").form == form
    for changed, base in ((settings, "ready"), (plain, "raw")):
        new = changed.model_copy(update={"base": tmp_path / base, "train": []})
        with pytest.raises(UserError, match=r"encoded with another vocabulary .* normalize\.json differs"):
            binarize.run(new, tmp_path / "new")


def test_files_are_the_same_for_any_number_of_workers(
    vocabulary_folder: Path,
    write_corpus: WriteCorpus,
    invented: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = write_corpus("text", {code: invented(code, 300) for code in ("en", "de")})
    mono = write_corpus("mono", {"zh": invented("zh", 150)})
    settings = BinarizeSettings(vocab=vocabulary_folder, train=[text, mono], valid=[text], workers=1)
    binarize.run(settings, tmp_path / "one")
    monkeypatch.setattr(binarize, "CHUNK_ROWS", 40)
    monkeypatch.setattr(binarize, "FEW_LINES", 0)
    binarize.run(settings.model_copy(update={"workers": 3}), tmp_path / "three")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "three" / path.name).read_bytes(), path.name


def test_a_language_that_the_vocabulary_lacks_is_refused(
    vocabulary_folder: Path, write_corpus: WriteCorpus, output: Path
) -> None:
    corpus = write_corpus("new", {"en": ["a"], "ru": ["б"]})
    with pytest.raises(UserError, match="no tag __ru__"):
        binarize.run(BinarizeSettings(vocab=vocabulary_folder, train=[corpus]), output)
    assert list(output.iterdir()) == []


def test_one_set_may_be_valid_and_test_but_not_twice_the_same(
    vocabulary_folder: Path, write_corpus: WriteCorpus, output: Path
) -> None:
    corpus = write_corpus("dev", {"en": ["a"], "de": ["b"]})
    binarize.run(BinarizeSettings(vocab=vocabulary_folder, valid=[corpus], test=[corpus]), output)
    with pytest.raises(UserError, match="Two corpora are named 'dev'"):
        binarize.run(BinarizeSettings(vocab=vocabulary_folder, valid=[corpus, corpus]), output / "again")


@pytest.mark.e2e
def test_byte_for_byte_what_fairseq_preprocess_writes(
    vocabulary_folder: Path,
    write_corpus: WriteCorpus,
    invented: Callable[..., list[str]],
    output: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("fairseq_cli.preprocess")
    odd = ["", "word unseen 字 \u0416", "  spaces \u00a0 here ", "__en__ <s> </s> <unk>", "x" * 300]
    monkeypatch.setattr(binarize, "CHUNK_ROWS", 100)
    monkeypatch.setattr(binarize, "FEW_LINES", 0)  # processes do the work
    text = {code: [*invented(code, 300), *odd] for code in ("en", "de")}
    binarize.run(BinarizeSettings(vocab=vocabulary_folder, train=[write_corpus("text", text)], workers=2), output)
    vocabulary = Vocabulary.load(vocabulary_folder)
    for code, lines in text.items():
        pieces = "".join(" ".join(vocabulary.pieces(line, code)) + "\n" for line in lines)
        (tmp_path / f"pieces.{code}").write_text(pieces, encoding="utf-8")
    command = [sys.executable, "-m", "fairseq_cli.preprocess", "--source-lang", "en", "--target-lang", "de"]
    command += ["--trainpref", str(tmp_path / "pieces"), "--srcdict", str(vocabulary_folder / "dict.txt")]
    command += [
        "--joined-dictionary",
        "--dataset-impl",
        "mmap",
        "--destdir",
        str(tmp_path / "theirs"),
        "--workers",
        "1",
    ]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    for code in ("en", "de"):
        for ending in ("bin", "idx"):
            ours = output / f"train.text.en-de.{code}.{ending}"
            assert ours.read_bytes() == (tmp_path / f"theirs/train.en-de.{code}.{ending}").read_bytes()
