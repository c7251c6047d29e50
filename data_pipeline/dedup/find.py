"""From the keys of all shards to the list of rows to drop, in external memory.

1. Equal pairs: the first of each group of equal pair keys stays.
2. Groups of the others that share a side's text or a band number; a group of one row is no group. Each kind is grouped
   by itself, so that temporary files stay small.
3. The rows of these groups, in order, go through `Greedy`. Usually they are a small part of the corpus.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.corpora import number_of_workers
from data_pipeline.dedup import greedy
from data_pipeline.dedup.engine import Engine, parquet
from data_pipeline.dedup.greedy import Against, Candidate, Dropped, Greedy
from data_pipeline.dedup.keys import Priority, band_column
from data_pipeline.dedup.minhash import Banding
from vega.atomic import atomic_path
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.settings import DedupOptions

#: What `find_duplicates` writes. `of_` is the kept row that the row repeats, `similarity` that of the compared sides.
SCHEMA = pa.schema(
    {
        "corpus": pa.uint16(),
        "line": pa.uint64(),
        "rule": pa.dictionary(pa.int32(), pa.string()),
        "of_corpus": pa.uint16(),
        "of_line": pa.uint64(),
        "similarity": pa.float32(),
    }
)
_FOUND = pa.schema({"id": pa.uint64(), "rule": pa.string(), "of": pa.uint64(), "similarity": pa.float64()})

#: Rows read or written at once.
_BATCH = 1 << 12
_ROW_GROUP = 1 << 17

_LINE = f"{1 << greedy.LINE_BITS}::UBIGINT"
_CORPUS = f"{1 << greedy.CORPUS_BITS}::UBIGINT"
_ID = f"(priority::UBIGINT * {_CORPUS} + corpus::UBIGINT) * {_LINE} + line"


def find_duplicates(
    files: Sequence[Path], options: DedupOptions, output: Path, memory_mib: int, scratch: Path, threads: int = 0
) -> None:
    """Write the rows to drop, sorted by (corpus, line), to the Parquet file `output`; see SCHEMA.

    `files` are those of `write_keys`, in any order, made with the same options; a row must be in one only. The same
    bytes come out for any order and `threads` (0 = one per core). DuckDB may use `memory_mib`, the process takes about
    150 MiB of its own; temporary files go to a folder in `scratch` that is gone at the end.
    """
    files = _with_rows(files, options)
    with (
        explain_full_disk(scratch),
        tempfile.TemporaryDirectory(prefix=".dedup.", dir=scratch) as name,
        atomic_path(output) as target,
    ):
        if not files:
            pq.write_table(SCHEMA.empty_table(), target)
            return
        with Engine(memory_mib, number_of_workers(threads), Path(name)) as engine:
            try:
                _Search(engine, options, Path(name)).run(files, target)
            except duckdb.Error:
                _name_broken(files)
                raise


class _Search:
    """The steps; each leaves Parquet files in `folder` for the next."""

    def __init__(self, engine: Engine, options: DedupOptions, folder: Path) -> None:
        self.engine = engine
        self.options = options
        self.folder = folder
        self.groups = 0
        self.members: list[Path] = []
        self.equal = folder / "equal.parquet"

    def run(self, files: Sequence[Path], target: Path) -> None:
        self.engine.view("keys", f"SELECT {_ID} AS id, * FROM {parquet(*files)}")
        self._find_equal()
        self._group_sides()
        if self.options.near_duplicates:
            for number in range(Banding.for_similarity(self.options.similarity).bands):
                column = band_column(number)
                self.engine.view("texts", f"SELECT id, pair_low, {column} AS value, 0 AS against FROM keys")
                self._group(column, "true")
        found = self.folder / "found.parquet"
        with pq.ParquetWriter(found, _FOUND) as writer:
            for batch in _batches(self._dropped()):
                writer.write_table(pa.Table.from_pylist([row._asdict() for row in batch], _FOUND))
        self._merge(found, target)

    def _find_equal(self) -> None:
        """(id, first) of all rows whose pair an earlier row `first` has."""
        first = self.folder / "first.parquet"
        self.engine.write(
            first, "SELECT pair_high, pair_low, min(id) AS first FROM keys GROUP BY ALL HAVING count(*) > 1"
        )
        self.engine.write(
            self.equal,
            f"SELECT id, first FROM keys JOIN {parquet(first)} AS firsts USING (pair_high, pair_low) WHERE id <> first",
        )
        first.unlink()

    def _group_sides(self) -> None:
        options = self.options
        fewest, last = self.engine.one("SELECT min(languages), max(priority) FROM keys")
        mono = options.mono_against_parallel and fewest == 1
        synthetic = options.synthetic_sides and last >= Priority.SYNTHETIC
        if not (options.sides or mono or synthetic):
            return
        from_genuine = f"WHEN priority >= {Priority.SYNTHETIC:d} THEN {Against.GENUINE_PAIR}" if synthetic else ""
        self.engine.view(
            "texts",
            f"""
            SELECT id, pair_low, value,
                CASE WHEN languages = 1 THEN {Against.PAIR_BY_LINE} WHEN strict THEN {Against.ANY_PAIR}
                {from_genuine} ELSE {Against.NOTHING} END AS against
            FROM (SELECT id, pair_low, languages, priority, unnest(sides) AS value, unnest(strict) AS strict FROM keys)
            """,
        )
        self._group("side", f"bool_or(against <> {Against.NOTHING})")

    def _group(self, name: str, condition: str) -> None:
        """Number the values of the view `texts` that several unlike rows have; note which rows have them."""
        groups, members = self.folder / f"groups_{name}.parquet", self.folder / f"members_{name}.parquet"
        count = self.engine.write(
            groups,
            f"""
            SELECT value, {self.groups} + row_number() OVER () AS number FROM (
                SELECT value FROM texts GROUP BY value HAVING min(pair_low) <> max(pair_low) AND {condition})
            """,
        )
        self.groups += count
        self.engine.write(
            members,
            f"""
            SELECT id, number::UBIGINT AS number, against::UTINYINT AS against, {name != "side"} AS bucket
            FROM texts JOIN {parquet(groups)} AS groups USING (value)
            ANTI JOIN {parquet(self.equal)} AS equal USING (id)
            """,
        )
        self.members.append(members)
        groups.unlink()

    def _dropped(self) -> Iterator[Dropped]:
        if not self.members:
            return
        events, shingles = self.folder / "events.parquet", self.folder / "shingles.parquet"
        memberships = self.engine.write(events, f"SELECT * FROM {parquet(*self.members)} ORDER BY id")
        for path in self.members:
            path.unlink()
        rows = size = 0
        if self.options.near_duplicates:
            rows = self.engine.write(
                shingles,
                f"""
                SELECT id, shingles FROM keys SEMI JOIN (SELECT DISTINCT id FROM {parquet(events)} WHERE bucket)
                USING (id) ORDER BY id
                """,
            )
            (size,) = self.engine.one(f"SELECT sum(octet_length(shingles))::BIGINT FROM {parquet(shingles)}")
        with Greedy(self.options.similarity, self.folder, self.groups, memberships, rows, size) as state:
            yield from state.drop(_candidates(events, shingles if rows else None))

    def _merge(self, found: Path, target: Path) -> None:
        """Of equal pairs, the others go the way of the first: for its sake if it stays, else for what it repeats."""
        merged = self.folder / "merged.parquet"
        self.engine.write(
            merged,
            f"""
            SELECT id // {_LINE} % {_CORPUS} AS corpus, id % {_LINE} AS line, rule,
                "of" // {_LINE} % {_CORPUS} AS of_corpus, "of" % {_LINE} AS of_line, similarity
            FROM (
                SELECT id, rule, "of", similarity FROM {parquet(found)}
                UNION ALL
                SELECT equal.id, coalesce(rule, 'duplicate'), coalesce("of", first), coalesce(similarity, 1.0)
                FROM {parquet(self.equal)} AS equal LEFT JOIN {parquet(found)} AS found ON found.id = first)
            ORDER BY corpus, line
            """,
        )
        with pq.ParquetWriter(target, SCHEMA, compression="zstd") as writer:
            for batch in pq.ParquetFile(merged).iter_batches(_ROW_GROUP):
                writer.write_table(pa.Table.from_batches([batch]).cast(SCHEMA))


def _candidates(events: Path, shingles: Path | None) -> Iterator[Candidate]:
    """The rows of all groups in order, each with its groups and shingles."""
    packed = _rows(shingles) if shingles else iter(())
    for id_, group in groupby(_rows(events), key=lambda event: event["id"]):
        sides: list[tuple[int, int]] = []
        buckets: list[int] = []
        for event in group:
            if event["bucket"]:
                buckets.append(event["number"])
            else:
                sides.append((event["number"], event["against"]))
        row = next(packed) if buckets else {"id": id_, "shingles": b""}
        if row["id"] != id_:
            raise AssertionError(f"shingles of row {row['id']} for row {id_}")
        yield Candidate(id_, sides, buckets, row["shingles"])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for batch in pq.ParquetFile(path).iter_batches(_BATCH):
        yield from batch.to_pylist()


def _batches(rows: Iterable[Dropped]) -> Iterator[list[Dropped]]:
    batch: list[Dropped] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _with_rows(files: Sequence[Path], options: DedupOptions) -> list[Path]:
    """The files that have rows, each once, in an order of their own; all are checked."""
    bands = Banding.for_similarity(options.similarity).bands if options.near_duplicates else 0
    filled = []
    for path in sorted(set(files)):
        try:
            metadata = pq.read_metadata(path)
        except (OSError, pa.ArrowInvalid):
            raise _broken(path) from None
        if not metadata.num_rows:
            continue
        names = metadata.schema.to_arrow_schema().names
        if sum(name.startswith("band_") for name in names) != bands or "pair_low" not in names:
            raise UserError(f"{path}: made with other deduplication options. Delete it and run the stage again.")
        filled.append(path)
    return filled


def _name_broken(files: Sequence[Path]) -> None:
    """Raise a UserError for the first file that cannot be read."""
    for path in files:
        try:
            for _ in pq.ParquetFile(path).iter_batches(_BATCH):
                pass
        except (OSError, pa.ArrowInvalid):
            raise _broken(path) from None


def _broken(path: Path) -> UserError:
    return UserError(f"{path}: missing or damaged file of row keys. Delete it and run the stage again.")
