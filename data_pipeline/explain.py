"""What `vega data why` prints: the fate of one input line, from the provenance that cleaning wrote.

A line has the number of its row: line of text, row of a TSV (its header is none) or of Parquet, unit of a TMX.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_pipeline.clean_reports import CleanReport, clean_reports, is_of, latest_reports
from data_pipeline.corpora import stem
from data_pipeline.provenance import FOLDER, score_columns
from data_pipeline.text_table import options_text, table
from data_pipeline.verdict import ERROR, KEPT, filter_of
from vega.corpus import read_rows
from vega.errors import UserError
from vega.settings import Corpus

#: Where runs are looked for when none is named.
RUNS = Path("runs")

#: What a row is called, by format of the file; in others a row.
_ROW = {"text": "line", "tmx": "unit"}

#: Columns of a synthesis stage's provenance that are no scores.
_SYNTHESIS = ("corpus", "line", "rank", "outcome", "error", "output_line")


def why(place: str, run: Path | None) -> str:
    """What became of `FILE:LINE`, a line that a clean stage of `run` read (default: of the latest that read it).

    FILE may also be cleaned text: then it is said where the line comes from.
    """
    file, line = _split(place)
    reports = clean_reports(run) if run else latest_reports(RUNS)
    others: list[CleanReport] = []
    for report in reports:
        if readers := report.readers(file):
            return "\n\n".join(_fate(report, name, file, line) for name in readers)
        if name := report.writer(file):
            return _fate(report, name, file, _input_line(report, name, file, line))
        others.append(report)
    raise _no_input(file, others, run)


def _split(place: str) -> tuple[Path, int]:
    file, _, line = place.rpartition(":")
    if not file or not line.isdecimal():
        raise UserError(f"'{place}' names no line. Write FILE:LINE, as in data/train.en.gz:17.")
    return Path(file), int(line)


def _no_input(file: Path, reports: Sequence[CleanReport], run: Path | None) -> UserError:
    if run is None:
        return UserError(f"No run in {RUNS}/ has read {file}. Name the run with --run.")
    for report in reports:
        if any(is_of(file, held_out) for held_out in report.facts["held_out"]):
            return UserError(f"{file} is a validation or test set of this run: nothing is ever dropped from it.")
    corpora = (report.corpus(name) for report in reports for name in report.corpora)
    files = list(dict.fromkeys(str(path) for corpus in corpora for path in corpus.paths().values()))
    return UserError(f"{file} is no input of this run. Its inputs: {', '.join(files[:6])}{', ...' * (len(files) > 6)}.")


def _fate(report: CleanReport, name: str, file: Path, line: int) -> str:
    corpus, facts = report.corpus(name), report.corpora[name]
    if not 1 <= line <= facts["read"]:
        kind = _ROW.get(corpus.kind, "row")
        raise UserError(
            f"{file} had {facts['read']:,} {kind}s when {report.folder} was made; there is no {kind} {line:,}."
        )
    found = pq.read_table(_provenance(report.folder, name), filters=[("line", "=", line)])
    row = found.to_pylist()[0]
    return "\n".join(
        [
            f"{corpus.files if report.writer(file) else file}:{line}  ({_where(corpus, name, line)}, {report.folder})",
            *_text(corpus, line),
            *_made_from(corpus, name, line),
            "",
            _outcome(row),
            *_origin(report, row),
            "",
            *_scores(row, score_columns(found.schema.names), facts["filters"]),
        ]
    ).rstrip()


def _where(corpus: Corpus, name: str, line: int) -> str:
    """The corpus, and where the number is not that of a line in the file, what it is."""
    if corpus.kind == "tsv" and any(isinstance(column, str) for column in corpus.columns.values()):
        return f"corpus {name}, row {line}, which is line {line + 1} of the file with its header"
    kind = _ROW.get(corpus.kind, "row")
    return f"corpus {name}" if corpus.kind in ("text", "tsv") else f"corpus {name}, {kind} {line}"


def _provenance(folder: Path, name: str) -> Path:
    path = folder / FOLDER / f"{name}.parquet"
    if not path.is_file():
        raise UserError(f"{path}: no such file. Make it again: `vega run RECIPE --stages {folder.name} --force`.")
    return path


def _input_line(report: CleanReport, name: str, file: Path, line: int) -> int:
    """The input line that is line `line` of the cleaned text."""
    outcomes = pq.read_table(_provenance(report.folder, name), columns=["outcome"])["outcome"]
    kept = np.flatnonzero(pc.equal(outcomes, KEPT).to_numpy())
    if not 1 <= line <= len(kept):
        raise UserError(f"{file} has {len(kept):,} lines; there is no line {line:,}.")
    return int(kept[line - 1]) + 1


def _text(corpus: Corpus, line: int) -> list[str]:
    """The sides of a row as they are in the files now."""
    try:
        row = next(islice(read_rows(corpus), line - 1, None), None)
    except UserError as error:
        return [f"  ({error})"]
    return [f"  {code}: {text}" for code, text in (row or {}).items()]


def _made_from(corpus: Corpus, name: str, line: int) -> Iterator[str]:
    """Of synthetic text: the genuine line that was translated, and what the gates measured."""
    path = Path(corpus.files).parent / FOLDER / f"{name}.parquet"
    if not corpus.tag or not path.is_file():
        return
    rows = pq.read_table(path, filters=[("output_line", "=", line)]).to_pylist()
    for row in rows:
        rank = f", translation {row['rank'] + 1}" if row["rank"] else ""
        scores = " ".join(
            f"{key}={value:.4g}" for key, value in row.items() if key not in _SYNTHESIS and value is not None
        )
        yield f"  made from {row['corpus']}, line {row['line']:,}{rank}{f' ({scores})' if scores else ''}"


def _outcome(row: Mapping[str, Any]) -> str:
    outcome = str(row["outcome"])
    if outcome == KEPT:
        return "kept"
    if outcome.startswith(ERROR):
        return f"set aside, {outcome.removeprefix(ERROR)} failed: {row['error']}"
    return f"dropped by {outcome}"


def _origin(report: CleanReport, row: Mapping[str, Any]) -> list[str]:
    """What the line repeats, with its text where that can be read."""
    if row["of"] is None:
        return []
    kind = f"{row['match']} match with" if row["match"] else "repeats"
    where = f", line {row['of_line']:,}" if row["of_line"] else ""
    origin = [f"  {kind} {row['of']}{where} (similarity {row['similarity']:.2f})"]
    sources = _held_out(report.facts["held_out"]) if row["match"] else report.named()
    if row["of"] in sources and row["of_line"]:
        origin += [f"  {text}" for text in _text(Corpus.model_validate(sources[row["of"]]), row["of_line"])]
    return origin


def _held_out(corpora: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Test sets by the names that matches give: `name` where only one has it, and `name.group`."""
    names = Counter(corpus["name"] for corpus in corpora)
    found = {corpus["name"]: corpus for corpus in corpora if names[corpus["name"]] == 1}
    return found | {stem(Corpus.model_validate(corpus)): corpus for corpus in corpora}


def _scores(row: Mapping[str, Any], columns: Sequence[str], filters: Mapping[str, Any]) -> list[str]:
    """A line per filter: what it measured, and its options, the thresholds among them."""
    rows = []
    for name, facts in filters.items():
        own = [column for column in columns if filter_of(column) == name and row[column] is not None]
        scores = " ".join(f"{column.removeprefix(f'{name}.')}={row[column]:.4g}" for column in own)
        rows.append([name, scores or "not asked", options_text(facts["options"])])
    return table(["filter", "scores", "options"], rows)
