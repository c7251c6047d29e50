"""What `vega data` prints: the fate of one input line, and tables of what a clean stage did."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data_pipeline.corpora import stem
from data_pipeline.provenance import FOLDER, score_columns
from data_pipeline.shards import read_rows
from data_pipeline.verdict import ERROR, KEPT, filter_of
from vega.errors import UserError
from vega.settings import Corpus

#: Where runs are looked for when none is named.
RUNS = Path("runs")


def why(place: str, run: Path | None) -> str:
    """What became of `FILE:LINE`, a line that the clean stage of `run` read (default: of the latest that read it)."""
    file, line = _split(place)
    folder, report = _stage_with(file, run)
    name = _corpus_of(report, file)
    corpus = Corpus.model_validate(report["corpora"][name]["corpus"])
    read = report["corpora"][name]["read"]
    if not 1 <= line <= read:
        raise UserError(f"{file} had {read:,} lines when {folder} was made; there is no line {line:,}.")
    found = pq.read_table(folder / FOLDER / f"{name}.parquet", filters=[("line", "=", line)])
    row = found.to_pylist()[0]
    parts = [f"{file}:{line}  (corpus {name}, {folder})", *_text(corpus, line), "", _outcome(row)]
    parts += _origin(report, row)
    parts += ["", *_scores(row, score_columns(found.schema.names), report["corpora"][name]["filters"])]
    return "\n".join(parts).rstrip()


def stats(run: Path, samples: int = 3) -> str:
    """A table of outcomes per corpus, one of filters, and rows that were dropped or nearly so."""
    _, report = _read(run)
    parts: list[str] = []
    for name, facts in report["corpora"].items():
        counts = {KEPT: facts["kept"], **facts["dropped"], **facts["quarantined"]}
        rows = [[rule, f"{count:,}", f"{count / facts['read']:.2%}"] for rule, count in counts.items()]
        parts += [f"{name}: {facts['read']:,} lines", *table(["outcome", "lines", "share"], rows), ""]
        rows = [
            [
                rule,
                f"{found['evaluated']:,}",
                f"{found['dropped']:,}",
                f"{found['failed']:,}",
                _options(found["options"]),
            ]
            for rule, found in facts["filters"].items()
        ]
        parts += [*table(["filter", "asked", "dropped", "failed", "options"], rows), ""]
        parts += _shown("dropped", facts["examples"], samples) + _shown(
            "nearly dropped", facts["nearly_dropped"], samples
        )
    return "\n".join(parts).rstrip()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Aligned columns; those of numbers to the right."""
    everything = [head, *rows]
    widths = [max(len(row[column]) for row in everything) for column in range(len(head))]
    right = [bool(rows) and all(row[column][:1].isdigit() for row in rows) for column in range(len(head))]
    return [
        "  " + "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in everything
    ]  # fmt: skip


def _split(place: str) -> tuple[Path, int]:
    file, _, line = place.rpartition(":")
    if not file or not line.isdecimal():
        raise UserError(f"'{place}' names no line. Write FILE:LINE, as in data/train.en.gz:17.")
    return Path(file), int(line)


def _read(run: Path) -> tuple[Path, dict[str, Any]]:
    """The clean stage of a run, or the stage itself, and its clean.json."""
    for folder in (run / "clean", run):
        if (folder / "clean.json").is_file():
            return folder, json.loads((folder / "clean.json").read_text(encoding="utf-8"))
    raise UserError(f"{run}: no finished clean stage (clean.json) there. Give the folder of a run, as in runs/demo.")


def _stage_with(file: Path, run: Path | None) -> tuple[Path, dict[str, Any]]:
    if run is not None:
        return _read(run)
    found = sorted(RUNS.glob("*/clean/clean.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found:
        folder, report = _read(path.parent)
        if any(_is_of(file, facts["corpus"]) for facts in report["corpora"].values()):
            return folder, report
    raise UserError(f"No run in {RUNS}/ has read {file}. Name the run with --run.")


def _corpus_of(report: Mapping[str, Any], file: Path) -> str:
    for name, facts in report["corpora"].items():
        if _is_of(file, facts["corpus"]):
            return str(name)
    if any(_is_of(file, held_out) for held_out in report["held_out"]):
        raise UserError(f"{file} is a validation or test set of this run: nothing is ever dropped from it.")
    files = [str(path) for facts in report["corpora"].values() for path in _paths(facts["corpus"])]
    raise UserError(f"{file} is no input of this run. Its inputs: {', '.join(files[:6])}{', ...' * (len(files) > 6)}.")


def _is_of(file: Path, corpus: Mapping[str, Any]) -> bool:
    return any(path.resolve() == file.resolve() for path in _paths(corpus))


def _paths(corpus: Mapping[str, Any]) -> Iterable[Path]:
    return Corpus.model_validate(corpus).paths().values()


def _text(corpus: Corpus, line: int) -> list[str]:
    """The sides of a line as they are in the files now."""
    row = next(islice(read_rows(corpus), line - 1, None), None)
    return [f"  {code}: {text}" for code, text in (row or {}).items()]


def _outcome(row: Mapping[str, Any]) -> str:
    outcome = str(row["outcome"])
    if outcome == KEPT:
        return "kept"
    if outcome.startswith(ERROR):
        return f"set aside, {outcome.removeprefix(ERROR)} failed: {row['error']}"
    return f"dropped by {outcome}"


def _origin(report: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """What the line repeats, with its text where that can be read."""
    if row["of"] is None:
        return []
    kind = f"{row['match']} match with" if row["match"] else "repeats"
    where = f", line {row['of_line']:,}" if row["of_line"] else ""
    origin = [f"  {kind} {row['of']}{where} (similarity {row['similarity']:.2f})"]
    sources = {name: facts["corpus"] for name, facts in report["corpora"].items()}
    if row["match"]:
        names = Counter(corpus["name"] for corpus in report["held_out"])
        sources = {corpus["name"]: corpus for corpus in report["held_out"] if names[corpus["name"]] == 1}
        sources |= {stem(Corpus.model_validate(corpus)): corpus for corpus in report["held_out"]}
    if row["of"] in sources and row["of_line"]:
        try:
            origin += [f"  {text}" for text in _text(Corpus.model_validate(sources[row["of"]]), row["of_line"])]
        except UserError as error:
            origin.append(f"    ({error})")
    return origin


def _scores(row: Mapping[str, Any], columns: Sequence[str], filters: Mapping[str, Any]) -> list[str]:
    """A line per filter: what it measured, and its options, the thresholds among them."""
    rows = []
    for name, facts in filters.items():
        own = [column for column in columns if filter_of(column) == name and row[column] is not None]
        scores = " ".join(f"{column.removeprefix(f'{name}.')}={row[column]:.4g}" for column in own)
        rows.append([name, scores or "not asked", _options(facts["options"])])
    return table(["filter", "scores", "options"], rows)


def _options(options: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in options.items() if value not in ({}, [], None))


def _shown(heading: str, shown: Mapping[str, Sequence[Mapping[str, Any]]], samples: int) -> list[str]:
    parts = []
    for rule, entries in shown.items() if samples else ():
        parts.append(f"  {heading}, {rule}:")
        for entry in entries[:samples]:
            parts += _entry(entry)
        parts.append("")
    return parts


def _entry(entry: Mapping[str, Any]) -> Iterator[str]:
    facts = [f"line {entry['line']:,}"]
    if "of" in entry:
        facts.append(f"{entry.get('match') or 'repeats'} {entry['of']}:{entry['of_line']}")
    facts += [f"{name}={score}" for name, score in entry.get("scores", {}).items()]
    facts += [str(entry["error"])] if "error" in entry else []
    yield f"    {', '.join(facts)}"
    yield from (f"      {code}: {text}" for code, text in entry["text"].items())
