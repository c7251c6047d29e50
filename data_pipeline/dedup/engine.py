"""DuckDB as an engine that sorts and groups Parquet files larger than memory. Results are files, never tables.

Only its SQL is used: no database file (their format changes), no extension (it would be downloaded).
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from vega.errors import UserError


class Engine:
    """One connection that may use `memory_mib` and spills into `scratch`. Results do not depend on `threads`."""

    def __init__(self, memory_mib: int, threads: int, scratch: Path) -> None:
        self.memory_mib = memory_mib
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{memory_mib}MiB",
                "threads": threads,
                "temp_directory": str(scratch / "spilled"),
                "preserve_insertion_order": False,  # every result that is read in order has its ORDER BY
                "autoinstall_known_extensions": False,
                # What a step has freed goes back to the system before the next one; kept is up to 512 MiB otherwise.
                "allocator_bulk_deallocation_flush_threshold": "1MiB",
                "allocator_flush_threshold": "1MiB",
            }
        )
        self._connection.execute("SET enable_progress_bar = false")

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def run(self, query: str) -> None:
        """Carry out a statement without result."""
        try:
            self._connection.execute(query)
        except duckdb.OutOfMemoryException:
            raise UserError(
                f"Finding duplicates does not fit in {self.memory_mib} MiB of memory, or its spilled data on the disk. "
                "Give it more of either."
            ) from None
        except duckdb.IOException as error:
            if os.strerror(errno.ENOSPC) in str(error):  # as vega.disk expects it
                raise OSError(errno.ENOSPC, str(error)) from None
            raise

    def view(self, name: str, query: str) -> None:
        """Name a query; it is carried out where it is used."""
        self.run(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")

    def write(self, path: Path, query: str) -> int:
        """Write the rows of a query to a Parquet file; returns how many."""
        self.run(f"COPY ({query}) TO {text(path)} (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 65536)")
        return int(pq.read_metadata(path).num_rows)

    def one(self, query: str) -> tuple[int, ...]:
        """The only row of a result."""
        self.run(query)
        row = self._connection.fetchone()
        assert row is not None
        return tuple(value or 0 for value in row)


def parquet(*paths: Path) -> str:
    """The files as a table, to be given a name where there are several."""
    return f"read_parquet([{', '.join(map(text, paths))}])"


def text(value: object) -> str:
    """A string literal."""
    return "'" + str(value).replace("'", "''") + "'"
