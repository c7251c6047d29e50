"""Deduplication of 250,000 rows, then of 4 and 16 times as many, in the same memory: seconds and peak memory.

Invented pairs of 8 to 30 words a side, Zipf-distributed; one in five rows repeats an earlier one: the whole pair, one
side, or both sides with a word added. Keys are written first, then each search is a process of its own. Flat means: it
takes as much memory at the last size as at the first. Private memory is counted apart from pages of mapped files.

    python benchmarks/deduplication.py
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from training_runs import private_memory

from data_pipeline.dedup.keys import all_keys, write_keys
from vega.settings import DedupOptions

SHARD = 20_000
OPTIONS = DedupOptions(sides=["en"])
SEARCH = """
import sys
from pathlib import Path
from data_pipeline.dedup.find import find_duplicates
from vega.settings import DedupOptions
folder, memory, threads, options = sys.argv[1:]
find_duplicates(sorted(Path(folder).glob("*.keys")), DedupOptions.model_validate_json(options), Path(folder) / "found",
                int(memory), Path(folder), int(threads))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--memory-mib", type=int, default=100, help="given to DuckDB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", help="where to write [the system's temporary folder]")
    options = parser.parse_args()
    sizes = {}
    for times in options.times:
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            sizes[f"x{times}"] = measure(Path(name), options.rows * times, options)
            print(times, sizes[f"x{times}"], file=sys.stderr)
    first, last = (sizes[f"x{times}"] for times in (options.times[0], options.times[-1]))
    print(json.dumps({
        "name": "deduplication in external memory",
        "unit": "s, MiB",
        "memory_mib": options.memory_mib,
        "threads": options.threads,
        **sizes,
        "flat": {key: round(last[key] / first[key], 2) for key in ("private_mib", "peak_mib")},
    }))  # fmt: skip


def measure(folder: Path, rows: int, options: argparse.Namespace) -> dict[str, Any]:
    keys_s = write(folder, rows)
    keys_bytes = sum(path.stat().st_size for path in folder.glob("*.keys"))
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", SEARCH, folder, str(options.memory_mib), str(options.threads), OPTIONS.model_dump_json()]
    )
    private: list[int] = [0]
    watcher = threading.Thread(target=watch, args=(process.pid, private))
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    watcher.join()
    if status:
        raise SystemExit("the search failed")
    rules = Counter(pq.read_table(folder / "found")["rule"].to_pylist())
    return {
        "rows": rows,
        "keys_rows_per_cpu_s": round(rows / keys_s),
        "key_bytes_per_row": round(keys_bytes / rows),
        "search_s": round(seconds, 1),
        "search_cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "rows_per_s": round(rows / seconds),
        "private_mib": max(private) // 1024,
        "peak_mib": usage.ru_maxrss // 1024,
        "found": dict(rules),
    }


def watch(pid: int, private: list[int]) -> None:
    """Sample the private memory of a process until it ends."""
    while now := private_memory(pid):
        private[0] = max(private[0], now)
        time.sleep(0.05)


def write(folder: Path, rows: int) -> float:
    """Write the keys of invented rows; returns the CPU seconds of the keys alone."""
    generator = np.random.default_rng(1)
    last: list[dict[str, str]] = []
    seconds = 0.0
    for start in range(0, rows, SHARD):
        count = min(SHARD, rows - start)
        batch = invented(count, last, generator)
        began = time.process_time()
        write_keys(folder / f"{start}.keys", 0, range(start, start + count), all_keys(batch, OPTIONS))
        seconds += time.process_time() - began
        last = batch
    return seconds


def invented(count: int, last: list[dict[str, str]], generator: np.random.Generator) -> list[dict[str, str]]:
    """`count` rows; each fifth repeats, in one of three ways, one of the shard before or the row before it."""
    lengths = generator.integers(8, 31, size=count)
    words = generator.zipf(1.2, size=(2, int(lengths.sum()))) % 500_000
    rows: list[dict[str, str]] = []
    at = 0
    for number, length in enumerate(lengths.tolist()):
        row = {
            code: " ".join(map(str, side[at : at + length].tolist()))
            for code, side in zip(("en", "de"), words, strict=True)
        }
        at += length
        if number % 5 == 4:
            source = last[int(generator.integers(len(last)))] if last else rows[-1]
            row = [source, source | {"de": row["de"]}, {code: side + " 1" for code, side in source.items()}][number % 3]
        rows.append(row)
    return rows


if __name__ == "__main__":
    main()
