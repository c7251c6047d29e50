"""Files cut into chunks."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_pipeline.chunks import cut, measure, measure_all
from vega.errors import UserError
from vega.manifest import hash_file
from vega.settings import Corpus
from vega.text_files import read_parallel

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.tuples(st.text("aé \u2028", max_size=9), st.text("b日", max_size=5)), min_size=1),
    chunk_lines=st.integers(1, 7),
    last_end=st.booleans(),
    block=st.integers(1, 9),
)
def test_chunks_are_the_file(
    rows: list[tuple[str, str]], chunk_lines: int, last_end: bool, block: int, tmp_path: Path
) -> None:
    """Every line once and in order, wherever blocks and chunks end."""
    paths = {"en": tmp_path / "text.en", "ja": tmp_path / "text.ja"}
    for path, column in zip(paths.values(), zip(*rows, strict=True), strict=True):
        path.write_text("\n".join((*column, "end")) + "\n" * last_end, encoding="utf-8", newline="\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data_pipeline.chunks._BLOCK", block)
        files = {code: measure(path, chunk_lines, tmp_path) for code, path in paths.items()}
    chunks = list(cut("text", files, chunk_lines))
    assert [row for chunk in chunks for row in chunk.read()] == list(read_parallel(paths))
    assert [chunk.first for chunk in chunks] == list(range(0, len(rows) + 1, chunk_lines))


@pytest.mark.parametrize("workers", [1, 3])
def test_files_keep_their_place_and_their_hash(write_corpus: WriteCorpus, tmp_path: Path, workers: int) -> None:
    corpora = [
        write_corpus("a", {"de": ["x"] * 5, "en": ["y"] * 5}),
        write_corpus("b", {"en": ["z"] * 50, "ja": ["w"] * 51}),
    ]
    measured = measure_all(corpora, 2, tmp_path, workers)
    for corpus, files in zip(corpora, measured, strict=True):
        assert {code: file.path for code, file in files.items()} == corpus.paths()
        assert all(file.sha256 == hash_file(file.path) for file in files.values())
    with pytest.raises(UserError, match=r"Line counts differ: .*b\.en ends after line 50, .*b\.ja goes on"):
        list(cut("b", measured[1], 2))
    with pytest.raises(UserError, match=r"gone\.en: no such file"):
        measure_all([Corpus(name="gone", languages=["en"], files=f"{tmp_path}/gone.{{lang}}")], 2, tmp_path, workers)


def test_a_table_is_cut_like_text(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    text = {"en": ["one", "two", ""], "de": ["eins", "", "drei"]}
    plain = write_corpus("plain", text)
    path = tmp_path / "table.tsv.gz"
    path.write_bytes(gzip.compress("".join(f"{en}\t{de}\n" for en, de in zip(*text.values(), strict=True)).encode()))
    table = Corpus(name="table", languages=["en", "de"], files=str(path))
    first, second = measure_all([plain, table], 2, tmp_path, 1)
    rows = [[row for chunk in cut("x", files, 2) for row in chunk.read()] for files in (first, second)]
    assert rows[0] == rows[1]
    assert [file.sha256 for file in second.values()] == [file.sha256 for file in first.values()]
