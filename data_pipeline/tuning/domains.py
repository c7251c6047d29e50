"""The domain of every line of a corpus: from a file of labels beside the raw text, or one for all.

Cleaning drops lines, and says in its provenance which: the k-th line of the cleaned text is the k-th line of the raw
text that was kept, so it has that line's label.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data_pipeline.verdict import KEPT
from vega.errors import UserError
from vega.settings.tuning import Labelled
from vega.text_files import open_binary

#: The longest domain name, which is part of file names.
_LONGEST = 60


@dataclass(frozen=True)
class Labels:
    """The domain of each line of a text: its place in `names`, (N,)."""

    names: list[str]
    codes: NDArray[np.int32]


def labels_of(labelled: Labelled) -> Labels:
    """Of all lines of the text as it is now. Only for corpora with a file of labels."""
    assert labelled.labels is not None
    raw = read_labels(labelled.labels, labelled.column)
    if labelled.provenance is None:
        return raw
    kept = kept_lines(labelled.provenance)
    if kept.rows != len(raw.codes):
        raise UserError(
            f"{labelled.labels} has {len(raw.codes):,} lines and {labelled.corpus.name} had {kept.rows:,} before "
            "cleaning. Line i of both must be about the same sentence."
        )
    return Labels(raw.names, raw.codes[kept.lines - 1])


@dataclass(frozen=True)
class Kept:
    """What cleaning kept: numbers of raw lines from 1, in order, (K,); and how many lines there were."""

    lines: NDArray[np.int64]
    rows: int


def kept_lines(provenance: Path) -> Kept:
    """From the stage's Parquet file; so many rows at a time as its row groups have."""
    found, rows = [], 0
    for batch in _batches(provenance, ["line", "outcome"]):
        rows += len(batch)
        found.append(batch.filter(pc.equal(batch["outcome"], KEPT))["line"].to_numpy())
    return Kept(np.concatenate(found) if found else np.zeros(0, np.int64), rows)


def kept_scores(provenance: Path, columns: list[str]) -> NDArray[np.float32]:
    """The least of several scores of each line that was kept, (K,); NaN where it has none."""
    found = []
    for batch in _batches(provenance, ["outcome", *columns]):
        kept = batch.filter(pc.equal(batch["outcome"], KEPT))
        least = pc.min_element_wise(*(kept[name] for name in columns))
        found.append(least.to_numpy(zero_copy_only=False).astype(np.float32))
    return np.concatenate(found) if found else np.zeros(0, np.float32)


def score_columns(provenance: Path, filters: tuple[str, ...]) -> list[str]:
    """The columns of the first of these filters that has scored lines; none where none has."""
    names = _open(provenance).schema_arrow.names
    for each in filters:
        if mine := [name for name in names if name.startswith(f"{each}.")]:
            return mine
    return []


def _open(provenance: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(provenance)
    except FileNotFoundError:
        raise UserError(f"{provenance}: no such file. It is written by `vega clean`: clean the text again.") from None
    except pa.ArrowException as error:
        raise UserError(f"{provenance}: cannot be read ({error}). Clean the text again.") from None


def _batches(provenance: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    return iter(_open(provenance).iter_batches(columns=columns))


def read_labels(path: Path, column: int) -> Labels:
    """One column of a file with tabs, as names that may be part of a file's name."""
    places: dict[bytes, int] = {}
    codes = array("i")
    with open_binary(path) as stream:
        for number, line in enumerate(stream, start=1):
            columns = line.rstrip(b"\r\n").split(b"\t")
            if len(columns) < column:
                raise UserError(f"{path}:{number}: there is no column {column}, only {len(columns)} between tabs.")
            codes.append(places.setdefault(columns[column - 1], len(places)))
    names = [file_name(label.decode("utf-8", "replace")) for label in places]
    distinct = list(dict.fromkeys(names))  # two labels may become one name
    to_distinct = np.array([distinct.index(name) for name in names] or [0], dtype=np.int32)
    return Labels(distinct, to_distinct[np.frombuffer(codes, dtype=np.int32)] if codes else np.zeros(0, np.int32))


def file_name(label: str) -> str:
    """A label as a name of letters, digits and underscores."""
    return re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_")[:_LONGEST] or "none"
