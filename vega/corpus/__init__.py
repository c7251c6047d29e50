"""The text of a corpus, whatever its format: the one way in which every stage reads it.

Row i is line i of text, line i of a TSV after its header, translation unit i of a TMX, row i of a Parquet file,
segment i of a test set of WMT. A side that a unit or row does not have is empty text. Every fault is a UserError with
file, line or row, and fix.
"""

from __future__ import annotations

from vega.corpus.fetch import fetch
from vega.corpus.read import read_rows, read_texts

__all__ = ["fetch", "read_rows", "read_texts"]
