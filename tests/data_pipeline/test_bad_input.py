"""Faults in the input of each stage: a sentence that names file and line, and nothing in the output folder."""

import resource
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from pydantic import ValidationError

from data_pipeline import binarize, clean, vocab
from vega.errors import UserError
from vega.settings import BinarizeSettings, CleanSettings, Corpus, VocabSettings

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]
Stage = Callable[[Corpus, Path], None]

GOOD = b"one good line\n" * 3


@pytest.fixture(params=["clean", "clean held-out", "vocab", "binarize"])
def stage(request: pytest.FixtureRequest, vocabulary_folder: Path, write_corpus: WriteCorpus) -> Stage:
    good = write_corpus("good", {"en": ["one line"], "de": ["eine Zeile"]})
    return {
        "clean": lambda corpus, output: clean.run(CleanSettings(corpora=[good, corpus], workers=1), output),
        "clean held-out": lambda corpus, output: clean.run(
            CleanSettings(corpora=[good], held_out=[corpus], workers=1), output
        ),
        "vocab": lambda corpus, output: vocab.run(VocabSettings(corpora=[good, corpus]), output),
        "binarize": lambda corpus, output: binarize.run(
            BinarizeSettings(vocab=vocabulary_folder, train=[good], test=[corpus]), output
        ),
    }[str(request.param)]


@pytest.mark.parametrize(("german", "message"), [
    (GOOD + b"one more\n", r"Line counts differ: .*bad\.en ends after line 3, .*bad\.de goes on"),
    (b"a\nb\xc3\nc\n", r"bad\.de:2: invalid UTF-8 at byte 2 of the line \(0xc3\)"),
    (b"a\nb\nc\0d\n", r"bad\.de:3: NUL byte at byte 2"),
    (b"", r"bad\.de: the file is empty"),
    (b"a\n" + b"x" * 1_000_000 + b"\nc\n", r"bad\.de:2: the line is longer than 100,000 bytes"),
    (None, r"bad\.de: no such file"),
])  # fmt: skip
def test_a_fault_is_named_and_nothing_is_written(
    stage: Stage, tmp_path: Path, output: Path, german: bytes | None, message: str
) -> None:
    (tmp_path / "bad.en").write_bytes(GOOD)
    if german is not None:
        (tmp_path / "bad.de").write_bytes(german)
    with pytest.raises(UserError, match=message):
        stage(Corpus(name="bad", languages=["en", "de"], files=str(tmp_path / "bad.{lang}")), output)
    assert list(output.iterdir()) == []


def test_crlf_gives_the_same_bytes(tmp_path: Path) -> None:
    for ending in ("\n", "\r\n"):
        folder = tmp_path / str(len(ending))
        folder.mkdir()
        for code, word in (("en", "line"), ("de", "Zeile")):
            (folder / f"text.{code}").write_bytes("".join(f"{word} {i}{ending}" for i in range(9)).encode())
        corpus = Corpus(name="text", languages=["en", "de"], files=str(folder / "text.{lang}"))
        clean.run(CleanSettings(corpora=[corpus], workers=1), folder / "output")
    first, second = ((tmp_path / n / "output/text.en-de.de").read_bytes() for n in "12")
    assert first == second
    assert b"\r" not in second


def test_an_unknown_language_is_refused_with_the_nearest() -> None:
    with pytest.raises((UserError, ValidationError), match=r"Unknown language .eng.\. Did you mean .en."):
        Corpus(name="c", languages=["eng", "de"], files="{lang}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "vega-test", str(folder)]
    try:
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            pytest.skip("mounting a small disk needs root")
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow over 20 KiB in this process: the test for those who may not mount."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def big_corpus(write_corpus: WriteCorpus, invented: Callable[..., list[str]]) -> Corpus:
    return write_corpus("big", {code: invented(code, 6000) for code in ("en", "de")})


def stages(big: Corpus, vocabulary: Path) -> dict[str, Callable[[Path], None]]:
    return {
        "clean": lambda output: clean.run(CleanSettings(corpora=[big], workers=1, shard_lines=500), output),
        "vocab": lambda output: vocab.run(VocabSettings(corpora=[big], size=2500, model_type="bpe"), output),
        "binarize": lambda output: binarize.run(BinarizeSettings(vocab=vocabulary, train=[big], workers=1), output),
    }


@pytest.mark.parametrize("name", ["clean", "binarize"])
def test_a_full_disk_is_named_and_nothing_is_left(
    small_disk: Path, big_corpus: Corpus, vocabulary_folder: Path, name: str
) -> None:
    output = small_disk / "output"
    with pytest.raises(UserError, match=rf"{output}: cannot write, the disk is full"):
        stages(big_corpus, vocabulary_folder)[name](output)
    assert list(output.iterdir()) == []


@pytest.mark.parametrize("name", ["clean", "vocab", "binarize"])
def test_the_limit_of_a_file_is_named_and_nothing_is_left(
    big_corpus: Corpus, vocabulary_folder: Path, small_files: None, output: Path, name: str
) -> None:
    with pytest.raises(UserError, match=rf"{output}: cannot write, the file would be larger than the limit"):
        stages(big_corpus, vocabulary_folder)[name](output)
    assert list(output.iterdir()) == []
