"""How much text a corpus has, without reading what is too large to read at once."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from lzma import LZMAError
from pathlib import Path
from typing import TypedDict

from vega.settings import Corpus
from vega.text_files import open_binary

#: Files up to this size (as stored) are read to count their lines.
COUNTED_BYTES = 32 * 2**20
#: Text bytes per stored byte.
EXPANSION = {".gz": 2.8, ".xz": 3.8}


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
    found = {code: path for code, path in paths.items() if path.is_file()}
    stored = {code: path.stat().st_size for code, path in found.items()}
    return CorpusSize(
        split=split,
        name=corpus.name,
        group=corpus.group,
        stored_bytes=sum(stored.values()),
        text_bytes=round(sum(stored[code] * EXPANSION.get(path.suffix, 1.0) for code, path in found.items())),
        lines=_lines(list(found.values())),
        missing=[str(path) for code, path in paths.items() if code not in found],
    )


def _lines(paths: Sequence[Path]) -> int | None:
    """Lines of the smallest file, if that can be counted in a moment."""
    small = [path for path in paths if path.stat().st_size <= COUNTED_BYTES]
    if not small:
        return None
    try:
        with open_binary(min(small, key=lambda path: path.stat().st_size)) as stream:
            return sum(1 for _ in stream)
    except (OSError, EOFError, LZMAError, zlib.error):  # `vega clean` will say what is wrong with it
        return None
