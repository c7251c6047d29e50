"""How much text a corpus has, without reading what is too large to read at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from vega.corpus import read_rows
from vega.errors import UserError
from vega.settings import Corpus
from vega.text_files import READ_ERRORS, open_binary

#: Files up to this size (as stored) are read to count their lines.
COUNTED_BYTES = 32 * 2**20
#: Text bytes per stored byte.
EXPANSION = {".gz": 2.8, ".xz": 3.8, ".zst": 2.3, ".parquet": 1.5}
#: Share of text in a TMX file.
TMX_TEXT = 0.6


class CorpusSize(TypedDict):
    """One corpus: bytes as stored and as text (estimated for packed files), lines if counted, missing files."""

    split: str
    name: str
    group: str
    stored_bytes: int
    text_bytes: int
    lines: int | None
    missing: list[str]


def corpus_size(split: str, corpus: Corpus) -> CorpusSize:
    """Look at the files of a corpus; missing ones are listed and count as nothing."""
    paths = corpus.paths()
    if corpus.kind != "text":
        paths = dict([next(iter(paths.items()))])
    found = {code: path for code, path in paths.items() if path.is_file()}
    stored = {code: path.stat().st_size for code, path in found.items()}
    text = sum(stored[code] * EXPANSION.get(path.suffix, 1.0) for code, path in found.items())
    return CorpusSize(
        split=split,
        name=corpus.name,
        group=corpus.group,
        stored_bytes=sum(stored.values()),
        text_bytes=round(text * (TMX_TEXT if corpus.kind == "tmx" else 1.0)),
        lines=_lines(corpus, found),
        missing=[str(path) for code, path in paths.items() if code not in found],
    )


def _lines(corpus: Corpus, found: Mapping[str, Path]) -> int | None:
    """Rows, of text the lines of its smallest file, if that can be counted in a moment."""
    small = [path for path in found.values() if path.stat().st_size <= COUNTED_BYTES]
    if not small:
        return None
    try:
        if corpus.kind != "text":
            return sum(1 for _ in read_rows(corpus))
        with open_binary(min(small, key=lambda path: path.stat().st_size)) as stream:
            return sum(1 for _ in stream)
    except (*READ_ERRORS, UserError):  # `vega clean` will say what is wrong with it
        return None
