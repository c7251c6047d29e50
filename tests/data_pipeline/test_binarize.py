import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from data_pipeline import binarize
from vega.errors import UserError
from vega.settings import BinarizeSettings, Corpus
from vega.token_store import TokenStore
from vega.vocabulary import EOS, Vocabulary

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


def test_files_and_description(vocabulary_folder: Path, write_corpus: WriteCorpus, output: Path) -> None:
    train = write_corpus("base", {"en": ["aei oun", "rst"], "zh": ["的一是", "不了人"]})
    test = write_corpus("six", {"en": ["lmd", ""], "de": ["äng", ""], "zh": ["我在有", ""]})
    binarize.run(BinarizeSettings(vocab=vocabulary_folder, train=[train], test=[test]), output)
    stems = ["train.base.en-zh.en", "train.base.en-zh.zh", *(f"test.six.en-de-zh.{c}" for c in ("en", "de", "zh"))]
    files = [f"{stem}.{ending}" for stem in stems for ending in ("bin", "idx")]
    assert sorted(path.name for path in output.iterdir()) == sorted([*files, "data.json", "dict.txt", "spm.model"])
    vocabulary = Vocabulary.load(output)
    store = TokenStore(output / "test.six.en-de-zh.zh")
    numbers, lengths = store.tokens, store.sizes
    assert numbers.tolist() == [*vocabulary.encode("我在有"), EOS, EOS]
    data = json.loads((output / "data.json").read_text())
    assert data["vocabulary"] == len(vocabulary)
    assert [(s["split"], s["name"], s["languages"], s["sentences"]) for s in data["sets"]] == [
        ("train", "base", ["en", "zh"], 2),
        ("test", "six", ["en", "de", "zh"], 2),
    ]
    assert data["sets"][1]["tokens"]["zh"] == lengths.sum()


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
    monkeypatch.setattr(binarize, "CHUNK_ROWS", 100)  # more than two chunks, so that processes do the work
    text = {code: [*invented(code, 300), *odd] for code in ("en", "de")}
    binarize.run(BinarizeSettings(vocab=vocabulary_folder, train=[write_corpus("text", text)], workers=2), output)
    vocabulary = Vocabulary.load(vocabulary_folder)
    for code, lines in text.items():
        pieces = "".join(" ".join(vocabulary.pieces(line)) + "\n" for line in lines)
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
