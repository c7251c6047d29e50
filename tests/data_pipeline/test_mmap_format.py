from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_pipeline.mmap_format import MmapWriter, symbol_dtype
from vega.token_store import TokenStore

Sentences = list[list[int]]


def write(prefix: Path, parts: list[Sentences], symbols: int) -> None:
    dtype = symbol_dtype(symbols)
    with MmapWriter(prefix, dtype) as writer:
        for sentences in parts:
            numbers = np.array([n for sentence in sentences for n in sentence], dtype)
            writer.append(numbers, np.array([len(sentence) for sentence in sentences], np.int32))


PARTS = st.lists(st.lists(st.lists(st.integers(0, 65_000), max_size=5), max_size=4), max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PARTS, st.sampled_from([65_499, 65_500]))
def test_what_is_written_is_read(tmp_path: Path, parts: list[Sentences], symbols: int) -> None:
    write(tmp_path / "data", parts, symbols)
    store = TokenStore(tmp_path / "data")
    numbers, lengths = store.tokens, store.sizes
    sentences = [sentence for part in parts for sentence in part]
    assert lengths.tolist() == [len(sentence) for sentence in sentences]
    assert numbers.tolist() == [n for sentence in sentences for n in sentence]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(PARTS.filter(lambda parts: any(any(part) for part in parts)), st.sampled_from([100, 65_499, 65_500, 200_000]))
def test_same_bytes_as_fairseqs_writer(tmp_path: Path, parts: list[Sentences], symbols: int) -> None:
    indexed_dataset = pytest.importorskip("fairseq.data.indexed_dataset")
    torch = pytest.importorskip("torch")
    write(tmp_path / "ours", parts, symbols)
    builder = indexed_dataset.make_builder(str(tmp_path / "theirs.bin"), "mmap", vocab_size=symbols)
    for part in parts:
        for sentence in part:
            builder.add_item(torch.tensor(sentence, dtype=torch.int64))
    builder.finalize(str(tmp_path / "theirs.idx"))
    for ending in ("bin", "idx"):
        assert (tmp_path / f"ours.{ending}").read_bytes() == (tmp_path / f"theirs.{ending}").read_bytes()


def test_lengths_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    writer = MmapWriter(tmp_path / "data", symbol_dtype(10))
    with pytest.raises(ValueError, match="lengths sum to 3, there are 2 symbols"):
        writer.append(np.array([1, 2], np.uint16), np.array([3]))
    writer.close()


def test_after_an_error_there_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(KeyError), MmapWriter(tmp_path / "data", symbol_dtype(10)):
        raise KeyError
    assert not (tmp_path / "data.idx").exists()
