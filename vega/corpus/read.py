"""Choose the reader by format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vega.corpus.fetch import fetch
from vega.corpus.parquet import read_parquet
from vega.corpus.tmx import read_tmx
from vega.corpus.tsv import read_tsv
from vega.corpus.wmt_xml import read_wmt
from vega.settings.corpora import Corpus
from vega.text_files import read_lines, read_parallel

_TABLES = {"tsv": read_tsv, "tmx": read_tmx, "parquet": read_parquet, "wmt": read_wmt}


def read_rows(corpus: Corpus, languages: Sequence[str] | None = None) -> Iterator[dict[str, str]]:
    """Yield the rows of a corpus as {language: text}, checked, in order; of some of its languages or of all.

    Memory does not grow with the corpus. Text has no line feed in it. No rows at all are a UserError.
    """
    fetch(corpus)
    codes = list(languages or corpus.languages)
    paths = corpus.paths()
    if corpus.kind == "text":
        return read_parallel({code: paths[code] for code in codes})
    return _TABLES[corpus.kind](paths[codes[0]], corpus, codes)


def read_texts(corpus: Corpus, language: str) -> Iterator[str]:
    """One side of all rows."""
    if corpus.kind == "text":
        fetch(corpus)
        return read_lines(corpus.paths()[language])
    return (row[language] for row in read_rows(corpus, [language]))
