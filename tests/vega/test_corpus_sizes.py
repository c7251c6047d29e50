from pathlib import Path

import pytest

from tests.vega.corpus.writing import write
from vega.corpus_sizes import corpus_size
from vega.fingerprint import collect_inputs
from vega.manifest import hash_file
from vega.settings import CleanSettings, Corpus

ROWS = [{"en": f"line {i}", "de": f"Zeile {i}"} for i in range(5)]


@pytest.mark.parametrize("kind", ["text", "text.zst", "tsv", "tsv names", "tmx.gz", "parquet"])
def test_rows_are_counted_in_every_format_and_each_file_once(tmp_path: Path, kind: str) -> None:
    corpus = write(tmp_path, kind, ROWS)
    files = set(corpus.paths().values())
    size = corpus_size("train", corpus)
    assert (size["lines"], size["missing"]) == (5, [])
    assert size["stored_bytes"] == sum(path.stat().st_size for path in files)
    assert size["text_bytes"] > 0
    inputs = collect_inputs(CleanSettings(corpora=[corpus]), tmp_path / "output")
    assert inputs.by_path == {str(path): hash_file(path) for path in files}
    assert len(inputs.by_role) == len(files)


def test_missing_files_are_listed_once_and_broken_ones_not_counted(tmp_path: Path) -> None:
    gone = Corpus(name="c", languages=["en", "de"], files=str(tmp_path / "x.tsv"))
    assert corpus_size("test", gone)["missing"] == [str(tmp_path / "x.tsv")]
    (tmp_path / "x.tsv").write_text("a\tb\nc\n", encoding="utf-8")
    assert corpus_size("test", gone)["lines"] is None
