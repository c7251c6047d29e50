"""Small corpora made of invented words, the same on every run."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from data_pipeline import vocab
from vega.settings import Corpus, VocabSettings

LETTERS = {
    "en": "aeiounrstlmd",
    "de": "aeiouänrstßg",
    "ru": "аеионртсклмд",
    "zh": "的一是不了人我在有他这为之大来以个中上们",
}

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


def invented_lines(code: str, count: int, seed: int = 1) -> list[str]:
    """`count` lines of 4 to 12 words that look like the language's script."""
    generator = random.Random(f"{code} {seed}")
    words = ["".join(generator.choices(LETTERS[code], k=generator.randint(2, 7))) for _ in range(300)]
    gap = "" if code == "zh" else " "
    return [gap.join(generator.choices(words, k=generator.randint(4, 12))) for _ in range(count)]


@pytest.fixture
def write_corpus(tmp_path: Path) -> WriteCorpus:
    """Write lines per language to files, and describe them."""

    def write(name: str, text: Mapping[str, Sequence[str]]) -> Corpus:
        for code, lines in text.items():
            (tmp_path / f"{name}.{code}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return Corpus(name=name, languages=list(text), files=str(tmp_path / (name + ".{lang}")))

    return write


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """The empty folder of a stage."""
    folder = tmp_path / "output"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def vocabulary_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vocabulary for en, de and zh."""
    folder = tmp_path_factory.mktemp("vocabulary")
    for code in ("en", "de", "zh"):
        (folder / f"text.{code}").write_text("\n".join(invented_lines(code, 400)) + "\n", encoding="utf-8")
    corpus = Corpus(name="text", languages=["en", "de", "zh"], files=str(folder / "text.{lang}"))
    vocab.run(VocabSettings(corpora=[corpus], size=600), folder / "vocab")
    return folder / "vocab"


@pytest.fixture
def invented() -> Callable[..., list[str]]:
    """The function above."""
    return invented_lines
