"""What happened to every input line, as Parquet: one file per corpus, one row per line, in the order of the input.

corpus    string   name.group
line      int64    number in the input file, from 1
outcome   string   "kept", the rule that dropped it, or "error:" and the step that failed
error     string   the message of that error
match     string   kind of the match with a held-out set
of        string   the corpus it repeats, or the test set it occurs in
of_line   int64    the line there
similarity float32 with that line, 1 = equal
F.M       float32  score of filter F in measure M; null where the filter was not asked

Row groups have the same rows whatever the shards were, so the bytes do not depend on them.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_pipeline.verdict import KEPT, Verdict

#: Rows in one row group; about so many are in memory.
ROW_GROUP = 25_000
#: The folder of a stage, and the file of a unit.
FOLDER, PROVENANCE = "provenance", "provenance.parquet"
#: Begins the names of columns that only units have: how far each filter was from the other decision.
MARGIN = "margin:"

_FIXED = {
    "corpus": pa.string(),
    "line": pa.int64(),
    "outcome": pa.string(),
    "error": pa.string(),
    "match": pa.string(),
    "of": pa.string(),
    "of_line": pa.int64(),
    "similarity": pa.float32(),
}


def schema(score_columns: Sequence[str]) -> pa.Schema:
    """The schema of a corpus whose filters gave these scores."""
    return pa.schema([*_FIXED.items(), *((name, pa.float32()) for name in score_columns)])


def score_columns(names: Sequence[str]) -> list[str]:
    """Those columns of a table that are scores."""
    return [name for name in names if name not in _FIXED and not name.startswith(MARGIN)]


def is_kept(table: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows of a table are kept."""
    kept: npt.NDArray[np.bool_] = pc.equal(table["outcome"], KEPT).to_numpy(zero_copy_only=False)
    return kept


class Trail:
    """Collects the verdicts of one shard."""

    def __init__(self, corpus: str, first: int, rows: int) -> None:
        self.corpus, self.first, self.rows = corpus, first, rows
        self._outcomes: list[str] = []
        self._rare: dict[str, list[Any]] = {"error": [], "match": [], "of": [], "of_line": [], "similarity": []}
        self._scores: dict[str, array[float]] = {}
        self._margins: dict[str, array[float]] = {}

    def add(self, verdict: Verdict) -> None:
        place = len(self._outcomes)
        self._outcomes.append(verdict.outcome)
        match = verdict.match
        self._rare["error"].append(verdict.error)
        self._rare["match"].append(match and match.kind)
        self._rare["of"].append(match and match.test_set)
        self._rare["of_line"].append(match and match.line)
        self._rare["similarity"].append(match and match.similarity)
        self._note(place, verdict.scores, self._scores)
        self._note(place, verdict.margins, self._margins)

    def _note(self, place: int, values: Mapping[str, float], columns: dict[str, array[float]]) -> None:
        for name, value in values.items():
            if name not in columns:
                columns[name] = array("f", [math.nan]) * self.rows
            columns[name][place] = value

    @property
    def score_columns(self) -> list[str]:
        return sorted(self._scores)

    def table(self, order: Callable[[str], Any]) -> pa.Table:
        """All rows of the shard; score columns sorted by `order`, margins at the end."""
        columns: dict[str, Any] = {
            "corpus": pa.array([self.corpus]).take(pa.array(np.zeros(self.rows, dtype=np.int32))),
            "line": pa.array(np.arange(self.first, self.first + self.rows)),
            "outcome": self._outcomes,
            **self._rare,
        }
        arrays = {name: pa.array(column, _FIXED[name]) for name, column in columns.items()}
        for name in sorted(self._scores, key=order):
            arrays[name] = _numbers(self._scores[name])
        for name in sorted(self._margins):
            arrays[f"{MARGIN}{name}"] = _numbers(self._margins[name])
        return pa.table(arrays)


def _numbers(values: array[float]) -> pa.Array:
    """NaN becomes null."""
    numbers = np.frombuffer(values, dtype=np.float32)
    return pa.array(numbers, mask=np.isnan(numbers))


def name_duplicates(table: pa.Table, duplicates: pa.Table, stems: Sequence[str]) -> pa.Table:
    """`table` of a shard with the rows that repeat others marked so.

    `duplicates` has line, rule, of_corpus (a place in `stems`), of_line and similarity, sorted by line.
    """
    if not len(duplicates):
        return table
    first = table["line"][0].as_py()
    places = duplicates["line"].to_numpy().astype(np.int64) - first
    mask = np.zeros(len(table), dtype=bool)
    mask[places] = True
    if len(places) != mask.sum() or not is_kept(table)[mask].all():
        raise AssertionError(f"lines from {first} on: duplicates among lines that were not kept")
    of = pa.array(list(stems)).take(duplicates["of_corpus"].combine_chunks())
    values = {
        "outcome": duplicates["rule"],
        "of": of,
        "of_line": duplicates["of_line"],
        "similarity": duplicates["similarity"],
    }
    for name, found in values.items():
        place = table.schema.get_field_index(name)
        found = found.cast(_FIXED[name])
        found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
        column = pc.replace_with_mask(table[name].combine_chunks(), pa.array(mask), found)
        table = table.set_column(place, table.schema.field(place), column)
    return table


class Writer:
    """Writes the tables of one corpus, in order, to one file."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._schema = schema(columns)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._waiting: list[pa.Table] = []
        self._rows = 0

    def add(self, table: pa.Table) -> None:
        """The next rows; scores that they lack are null."""
        absent = [name for name in self._schema.names if name not in table.schema.names]
        for name in absent:
            table = table.append_column(name, pa.nulls(len(table), pa.float32()))
        self._waiting.append(table.select(self._schema.names))
        self._rows += len(table)
        if self._rows >= ROW_GROUP:
            self._write(self._rows - self._rows % ROW_GROUP)

    def close(self) -> None:
        if self._rows:
            self._write(self._rows)
        self._writer.close()

    def _write(self, rows: int) -> None:
        # In one piece per row group, for the pages of a file follow the pieces.
        waiting = pa.concat_tables(self._waiting)
        for start in range(0, rows, ROW_GROUP):
            self._writer.write_table(waiting.slice(start, min(ROW_GROUP, rows - start)).combine_chunks())
        self._waiting = [waiting.slice(rows)] if rows < self._rows else []
        self._rows -= rows
