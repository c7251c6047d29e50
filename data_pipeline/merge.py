"""Join finished units, in order, to the stage's outputs: cleaned text and provenance."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import compress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.corpora import stem
from data_pipeline.filters import Filter
from data_pipeline.ledger import DamagedUnit, kept_name, present_record, read_checked
from data_pipeline.provenance import FOLDER, PROVENANCE, Writer, is_kept, name_duplicates
from data_pipeline.shards import Unit
from data_pipeline.tally import Tally
from data_pipeline.verdict import column_order
from vega.settings import Corpus


class Duplicates:
    """Reads the sorted file of duplicates along with the units, a batch at a time."""

    def __init__(self, path: Path) -> None:
        self._batches = pq.ParquetFile(path).iter_batches(batch_size=50_000)
        self._ahead: pa.Table | None = None

    def of(self, unit: Unit) -> list[pa.Table]:
        """The duplicates among the rows of the next unit, in pieces."""
        found = []
        while (ahead := self._more()) is not None:
            corpus, line = ahead["corpus"].to_numpy(), ahead["line"].to_numpy()
            ours = (corpus < unit.corpus) | ((corpus == unit.corpus) & (line < unit.first + unit.rows))
            count = int(ours.sum())
            if count:
                found.append(ahead.slice(0, count))
            self._ahead = ahead.slice(count)
            if count < len(ahead):
                break
        return found

    def _more(self) -> pa.Table | None:
        while self._ahead is None or not len(self._ahead):
            batch = next(self._batches, None)
            if batch is None:
                return None
            self._ahead = pa.Table.from_batches([batch])
        return self._ahead


class KeptText:
    """The text of those rows of a unit that passed its rules."""

    def __init__(
        self, unit: Unit, record: dict[str, Any], languages: Sequence[str], passed: npt.NDArray[np.bool_]
    ) -> None:
        self._texts = {code: read_checked(unit.folder, record, kept_name(code)) for code in languages}
        self._lines: dict[str, list[bytes]] = {}
        self._unit = unit
        self._passed = passed
        self._order = np.cumsum(passed) - 1

    def row(self, place: int) -> dict[str, str]:
        """The row at a place of the unit."""
        return {code: lines[self._order[place]].decode() for code, lines in self._split().items()}

    def write(self, stays: npt.NDArray[np.bool_], streams: dict[str, BinaryIO]) -> int:
        """Append those rows that stay to the files of their languages; returns their number."""
        among = stays[self._passed]
        if among.all():
            for code, text in self._texts.items():
                streams[code].write(text)
        else:
            for code, lines in self._split().items():
                streams[code].write(b"".join(line + b"\n" for line in compress(lines, among.tolist())))
        return int(among.sum())

    def _split(self) -> dict[str, list[bytes]]:
        if not self._lines:
            self._lines = {code: text.split(b"\n")[:-1] for code, text in self._texts.items()}
            if {len(lines) for lines in self._lines.values()} != {int(self._passed.sum())}:
                raise DamagedUnit(f"{self._unit.folder}: text and provenance have different numbers of lines")
        return self._lines


def merge_corpus(
    corpus: Corpus,
    units: Sequence[Unit],
    duplicates: Duplicates,
    stems: Sequence[str],
    filters: Sequence[Filter],
    folder: Path,
) -> Tally:
    """Write `name.group.lang` and provenance of one corpus into `folder`; `stems` are the names of all corpora.

    Memory: one unit at a time. DamagedUnit if one is not as it was written; AssertionError if a row got lost.
    """
    tally = Tally(filters)
    name = stem(corpus)
    columns = {column for unit in units for column in present_record(unit.folder)["scores"]}
    written = 0
    with ExitStack() as stack:
        streams: dict[str, BinaryIO] = {
            code: stack.enter_context((folder / f"{name}.{code}").open("wb")) for code in corpus.languages
        }
        (folder / FOLDER).mkdir(exist_ok=True)
        ordered = sorted(columns, key=column_order(rule.name for rule in filters))
        writer = Writer(folder / FOLDER / f"{name}.parquet", ordered)
        stack.callback(writer.close)
        for unit in units:
            written += _append(unit, duplicates.of(unit), stems, tally, streams, writer)
    if written != tally.kept or sum(unit.rows for unit in units) != tally.outcomes.total():
        raise AssertionError(f"{name}: {written} lines written, {tally.kept} of {tally.outcomes.total()} kept")
    return tally


def _append(
    unit: Unit,
    found: Sequence[pa.Table],
    stems: Sequence[str],
    tally: Tally,
    streams: dict[str, BinaryIO],
    writer: Writer,
) -> int:
    """Append a unit, `found` the duplicates in it, to the outputs; returns how many rows are kept.

    Here, not in the loop: there the tables of two units would be in memory.
    """
    record = present_record(unit.folder)
    table = pq.read_table(pa.BufferReader(read_checked(unit.folder, record, PROVENANCE)))
    passed = is_kept(table)
    if found:
        table = name_duplicates(table, pa.concat_tables(found), stems)
    text = KeptText(unit, record, list(streams), passed)
    tally.add(table, passed, record["examples"], text.row)
    writer.add(table)
    return text.write(is_kept(table), streams)
