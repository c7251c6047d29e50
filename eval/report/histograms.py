"""How the scores of filters are spread, from the provenance that cleaning writes (Parquet, a row per line).

Large corpora are sampled: whole row groups, evenly over the file, so that a report takes seconds for any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eval.report.spread import spread

BINS = 24

#: Row groups (of 25,000 lines) read in one stage, over all its corpora; one of each corpus at least.
ROW_GROUPS = 80

#: Share of rows at either end of kept and of dropped rows that is put into the outermost bins.
TAIL = 0.01

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Histogram:
    """Scores of one measure of a filter: lines in equal bins over low..high, the outermost with all beyond them.

    `dropped` are lines that this filter dropped. `elsewhere` counts those dropped by other rules, not in the bins.
    """

    filter: str
    measure: str
    low: float
    high: float
    kept: list[int]
    dropped: list[int]
    elsewhere: int
    rows: int  # lines looked at, of `of`
    of: int


def read_histograms(stage: Path, clean: dict[str, Any]) -> dict[str, list[Histogram]]:
    """Corpus -> a histogram for each score that its filters gave. Without provenance there are none."""
    files = {name: stage / "provenance" / f"{name}.parquet" for name in clean.get("corpora", {})}
    there = {name: path for name, path in files.items() if path.is_file()}
    groups = max(ROW_GROUPS // len(there), 1) if there else 0
    return {name: _of_corpus(path, groups) for name, path in there.items()}


def _of_corpus(path: Path, groups: int) -> list[Histogram]:
    with pq.ParquetFile(path) as file:
        chosen = spread(file.num_row_groups, groups)
        columns = [name for name in file.schema_arrow.names if "." in name]
        if not chosen or not columns:
            return []
        outcomes = file.read_row_groups(chosen, columns=["outcome"])["outcome"].combine_chunks().dictionary_encode()
        known, codes = outcomes.dictionary.to_pylist(), outcomes.indices.to_numpy(zero_copy_only=False)
        kept = _is(codes, known, "kept")
        found = []
        for column in columns:
            scores = _numbers(file.read_row_groups(chosen, columns=[column])[column])
            rule, _, measure = column.partition(".")
            found.append(histogram(rule, measure, scores, kept, _is(codes, known, rule), file.metadata.num_rows))
        return [each for each in found if each is not None]


def _is(codes: npt.NDArray[Any], known: list[str], outcome: str) -> Flags:
    flags: Flags = codes == (known.index(outcome) if outcome in known else -1)
    return flags


def _numbers(column: pa.ChunkedArray) -> Floats:
    """Null, where the filter was not asked, becomes NaN."""
    numbers: Floats = column.to_numpy().astype(np.float32)
    return numbers


def histogram(filter_: str, measure: str, scores: Floats, kept: Flags, dropped: Flags, of: int) -> Histogram | None:
    """Of rows with these scores (NaN = none); None if no score is finite."""
    measured, finite = ~np.isnan(scores), np.isfinite(scores)
    ends = [np.quantile(scores[rows & finite], [TAIL, 1 - TAIL]) for rows in (kept, dropped) if (rows & finite).any()]
    if not ends:
        return None
    low, high = float(np.min(ends)), float(np.max(ends))
    largest = max(1.0, abs(low), abs(high))
    if high - low < 1e-6 * largest:  # all equal, as far as float32 can tell
        low, high = low - largest / 2, high + largest / 2

    def count(rows: Flags) -> list[int]:
        values = np.clip(scores[rows & measured].astype(np.float64), low, high)
        return [int(lines) for lines in np.histogram(values, BINS, (low, high))[0]]

    others = int((measured & ~kept & ~dropped).sum())
    return Histogram(filter_, measure, low, high, count(kept), count(dropped), others, len(scores), of)
