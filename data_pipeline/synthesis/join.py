"""Join finished units, in order, to the stage's outputs: text, provenance, and what they say for the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data_pipeline.ledger import kept_name, present_record, read_checked
from data_pipeline.provenance import FOLDER, PROVENANCE
from data_pipeline.synthesis.units import SAMPLES, schema
from data_pipeline.verdict import ERROR, KEPT
from vega.synthetic_corpora import SyntheticText


def join(text: SyntheticText, units: Sequence[Path], folder: Path) -> dict[str, Any]:
    """Write `{name}.{group}.{lang}` and provenance of a text into `folder`; returns its counts and samples.

    Provenance has a row per candidate: see `units.schema`, and `output_line`, its line in the text, null where it was
    dropped. Memory: one unit at a time. DamagedUnit if one is not as it was written.
    """
    records = [present_record(unit) for unit in units]
    scores = sorted({name for record in records for name in record["scores"]})
    fields = [*schema(scores), pa.field("output_line", pa.int64())]
    (folder / FOLDER).mkdir(exist_ok=True)
    written = 0
    with ExitStack() as stack:
        streams = {code: stack.enter_context((folder / f"{text.stem}.{code}").open("wb")) for code in text.languages}
        writer = stack.enter_context(
            pq.ParquetWriter(folder / FOLDER / f"{text.stem}.parquet", pa.schema(fields), compression="zstd")
        )
        for unit, record in zip(units, records, strict=True):
            for code, stream in streams.items():
                stream.write(read_checked(unit, record, kept_name(code)))
            table = pq.read_table(pa.BufferReader(read_checked(unit, record, PROVENANCE)))
            writer.write_table(_numbered(table, scores, written).select([field.name for field in fields]))
            written += record["outcomes"].get(KEPT, 0)
    return _summary(records)


def _numbered(table: pa.Table, scores: Sequence[str], written: int) -> pa.Table:
    for name in scores:
        if name not in table.schema.names:
            table = table.append_column(name, pa.nulls(len(table), pa.float32()))
    lines = []
    for outcome in table["outcome"].to_pylist():
        written += outcome == KEPT
        lines.append(written if outcome == KEPT else None)
    return table.append_column("output_line", pa.array(lines, pa.int64()))


def _summary(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts of all units; samples of the first ones."""
    outcomes: Counter[str] = Counter()
    samples: dict[str, list[Any]] = {}
    for record in records:
        outcomes.update(record["outcomes"])
        for outcome, examples in record["examples"].items():
            shown = samples.setdefault(outcome, [])
            shown += examples[: SAMPLES - len(shown)]
    candidates = sum(record["candidates"] for record in records)
    if candidates != outcomes.total():
        raise AssertionError(f"{candidates} candidates, but {outcomes}")
    return {
        "lines": sum(record["rows"] for record in records),
        "candidates": candidates,
        "kept": outcomes.pop(KEPT, 0),
        "dropped": {name: count for name, count in sorted(outcomes.items()) if not name.startswith(ERROR)},
        "quarantined": {name: count for name, count in sorted(outcomes.items()) if name.startswith(ERROR)},
        "samples": dict(sorted(samples.items())),
        "source_tokens": sum(record["source_tokens"] for record in records),
        "target_tokens": sum(record["target_tokens"] for record in records),
        "worker_seconds": round(sum(record["seconds"] for record in records), 3),
        "error": next((record["error"] for record in records if record["error"]), None),
    }
