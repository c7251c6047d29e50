from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from data_pipeline.encoding import Chunk, chunks, encode_all, encode_chunk
from vega.errors import UserError
from vega.settings import Corpus
from vega.vocabulary import EOS, Vocabulary

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


def test_every_line_ends_with_eos_and_an_empty_line_is_eos(vocabulary_folder: Path) -> None:
    vocabulary = Vocabulary.load(vocabulary_folder)
    numbers, lengths = encode_chunk(vocabulary, {"en": ["aeiou", "", "rst"]})["en"]
    sentences = np.split(numbers, np.cumsum(lengths)[:-1])
    assert [s.tolist() for s in sentences] == [[*vocabulary.encode(line), EOS] for line in ("aeiou", "", "rst")]
    assert sentences[1].tolist() == [EOS]


def test_chunks_cover_the_corpora_in_order(write_corpus: WriteCorpus) -> None:
    first = write_corpus("a", {"en": list("12345"), "de": list("abcde")})
    second = write_corpus("b", {"de": ["x"], "en": ["9"]})
    assert list(chunks([first, second], rows=2)) == [
        (0, {"en": ["1", "2"], "de": ["a", "b"]}),
        (0, {"en": ["3", "4"], "de": ["c", "d"]}),
        (0, {"en": ["5"], "de": ["e"]}),
        (1, {"de": ["x"], "en": ["9"]}),
    ]


def test_processes_change_no_number_and_no_order(vocabulary_folder: Path, invented: Callable[..., list[str]]) -> None:
    vocabulary = Vocabulary.load(vocabulary_folder)
    work = [(i % 3, {"en": invented("en", 20, i), "de": invented("de", 20, i)}) for i in range(20)]
    taken = []

    def counted() -> Iterator[Chunk]:
        for item in work:
            taken.append(item)
            yield item

    encoder = encode_all(counted(), vocabulary, workers=2)
    results = [next(encoder)]
    assert len(taken) == 6
    results += encoder
    for (number, encoded), (expected_number, expected) in zip(results, encode_all(work, vocabulary, 1), strict=True):
        assert number == expected_number
        for code in ("en", "de"):
            np.testing.assert_array_equal(encoded[code][0], expected[code][0])
            np.testing.assert_array_equal(encoded[code][1], expected[code][1])


def test_a_fault_in_the_text_ends_the_processes(vocabulary_folder: Path) -> None:
    def faulty() -> Iterator[Chunk]:
        yield 0, {"en": ["fine"]}
        raise UserError("line 2")

    with pytest.raises(UserError, match="line 2"):
        list(encode_all(faulty(), Vocabulary.load(vocabulary_folder), workers=2))
