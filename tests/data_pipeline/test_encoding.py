from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_pipeline.chunks import Chunk, cut, measure
from data_pipeline.encoding import encode_all, encode_chunk
from vega.errors import UserError
from vega.settings import Corpus
from vega.vocabulary import EOS, Vocabulary

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


def chunks_of(corpus: Corpus, rows: int) -> list[Chunk]:
    files = {code: measure(path, rows, path.parent) for code, path in corpus.paths().items()}
    return list(cut(corpus.name, files, rows))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.lists(st.text("aeiou rst\u3000\u200bß字😀_", max_size=12), min_size=1, max_size=9))
def test_a_batch_is_its_lines_each_ended_by_eos(
    vocabulary_folder: Path, write_corpus: WriteCorpus, lines: list[str]
) -> None:
    vocabulary = Vocabulary.load(vocabulary_folder)
    (chunk,) = chunks_of(write_corpus("text", {"en": lines}), len(lines))
    numbers, lengths = encode_chunk(vocabulary, chunk)["en"]
    sentences = np.split(numbers, np.cumsum(lengths)[:-1])
    assert [s.tolist() for s in sentences] == [[*vocabulary.encode(line, "en"), EOS] for line in lines]
    assert numbers.dtype == np.uint16 and lengths.dtype == np.int32


def test_processes_change_no_number_and_no_order(
    vocabulary_folder: Path, write_corpus: WriteCorpus, invented: Callable[..., list[str]]
) -> None:
    vocabulary = Vocabulary.load(vocabulary_folder)
    work = chunks_of(write_corpus("text", {code: invented(code, 400) for code in ("en", "de")}), 20)
    taken = []

    def counted() -> Iterator[Chunk]:
        for item in work:
            taken.append(item)
            yield item

    encoder = encode_all(counted(), vocabulary, workers=2)
    results = [next(encoder)]
    assert len(taken) == 6
    results += encoder
    for encoded, expected in zip(results, encode_all(work, vocabulary, 1), strict=True):
        for code in ("en", "de"):
            np.testing.assert_array_equal(encoded[code][0], expected[code][0])
            np.testing.assert_array_equal(encoded[code][1], expected[code][1])


def test_a_fault_in_the_text_ends_the_processes(vocabulary_folder: Path, write_corpus: WriteCorpus) -> None:
    corpus = write_corpus("text", {"en": ["fine"] * 9})
    work = chunks_of(corpus, 2)
    corpus.paths()["en"].write_bytes(b"fine\n" * 6 + b"f\xe4ne\n" + b"fine\n" * 2)
    with pytest.raises(UserError, match=r"text\.en:7: invalid UTF-8"):
        list(encode_all(work, Vocabulary.load(vocabulary_folder), workers=2))
