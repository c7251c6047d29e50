"""The self-test: do our BLEU and chrF come out as the organisers of WMT22 published them, to the last digit?

Reads a folder with `automatic-scores.tsv`, `outputs/` and `references/`, as wmt-conference/wmt22-news-systems has them.
Every system with a file in `outputs` is scored: rows bleu-A, chrf-A and so on of the table are by one reference, rows
bleu-all and chrf-all by all of the direction, in the order in which the table names them: chrF takes of references that
give a line the same score the first, which changes three rows by 0.0005. English to Japanese was scored with BLEU on
characters; the score with sacreBLEU's usual tokenizer for Japanese, which was not published, is shown beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vega.directions import parse_direction
from vega.errors import UserError
from vega.metrics import build_metric, line_statistics, point_score
from vega.text_files import read_lines

COLUMNS = ["pair", "system", "id", "is_constrained", "metric", "score"]
OUTPUT = re.compile(r"(?P<set>\w+)\.(?P<pair>[a-z]+-(?P<target>[a-z]+))\.hyp\.(?P<system>.+)\.(?P=target)(\.gz)?")
REFERENCE = "{set}.{pair}.ref.*.{target}*"
#: Name in the table -> ours. COMET's rows are a model's, and left out.
METRICS = {"bleu": "bleu", "chrf": "chrf"}
#: What the organisers scored with, where it is not the usual tokenizer.
TOKENIZERS = {"ja": "char"}
ALL = "all"

Key = tuple[str, str, str]  # (direction, system, metric as in the table)


@dataclass(frozen=True)
class Row:
    """A recomputed score; `published` is the text in the table, None for scores that are not in it."""

    direction: str
    system: str
    metric: str
    ours: float
    published: str | None

    @property
    def difference(self) -> float:
        return 0.0 if self.published is None else self.ours - float(self.published)

    @property
    def is_equal(self) -> bool:
        """Whether ours, rounded to as many decimals, is what was published."""
        if self.published is None:
            return True
        return f"{self.ours:.{len(self.published.partition('.')[2])}f}" == self.published


def self_test(folder: Path) -> list[Row]:
    """Score everything in `folder`, in the order of its file names. UserError where a score was not published."""
    published = read_published(folder / "automatic-scores.tsv")
    outputs = folder / "outputs"
    if not outputs.is_dir():
        raise UserError(f"{outputs}: no such folder. --data is a copy of wmt22-news-systems, with outputs/ in it.")
    rows: list[Row] = []
    for path in sorted(outputs.iterdir()):
        match = OUTPUT.fullmatch(path.name)
        if not match:
            raise UserError(f"{path}: not the name of an output, TESTSET.PAIR.hyp.SYSTEM.LANGUAGE. Move it away.")
        references = read_references(folder / "references", match.groupdict())
        rows += _rows(path, match, _in_published_order(references, match, published), published)
    if not rows:
        raise UserError(f"{outputs}: no outputs to score.")
    return rows


def read_published(path: Path) -> dict[Key, str]:
    """(direction, system, metric) -> score as it is written there."""
    found: dict[Key, str] = {}
    for number, line in enumerate(read_lines(path), start=1):
        columns = line.split("\t")
        if number == 1 and columns != COLUMNS:
            raise UserError(f"{path}:1: the columns must be {', '.join(COLUMNS)}, between tabs.")
        if len(columns) != len(COLUMNS):
            raise UserError(f"{path}:{number}: {len(columns)} columns instead of {len(COLUMNS)}. Is the file whole?")
        pair, system, _, _, metric, score = columns
        found[pair, system, metric] = score
    return found


def read_references(folder: Path, name: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Letter of each reference of a direction -> its lines."""
    paths = sorted(folder.glob(REFERENCE.format(**name)))
    if not paths:
        raise UserError(f"{folder}: no reference {REFERENCE.format(**name)}. It belongs to an output.")
    return {path.name.split(".")[3]: list(read_lines(path)) for path in paths}


def _in_published_order(
    references: Mapping[str, list[str]], match: re.Match[str], published: Mapping[Key, str]
) -> dict[str, list[str]]:
    order = [metric for pair, system, metric in published if (pair, system) == (match["pair"], match["system"])]
    rows = [f"bleu-{letter}" for letter in references]
    named = {row: order.index(row) if row in order else len(order) for row in rows}
    return {letter: references[letter] for letter in sorted(references, key=lambda letter: named[f"bleu-{letter}"])}


def _rows(
    path: Path, match: re.Match[str], references: Mapping[str, list[str]], published: Mapping[Key, str]
) -> Iterator[Row]:
    direction, system = match["pair"], match["system"]
    target, lines = parse_direction(direction).target, list(read_lines(path))
    for letter, reference in references.items():
        if len(lines) != len(reference):
            raise UserError(
                f"{path} has {len(lines)} lines, reference {letter} has {len(reference)}. Is a file cut off?"
            )
    sets = {letter: [letter] for letter in references} | {ALL: list(references)}
    for name, metric in METRICS.items():
        scores: dict[tuple[str, ...], float] = {}
        for letter, chosen in sets.items():
            key = (direction, system, f"{name}-{letter}")
            if key not in published:
                raise UserError(f"{path}: automatic-scores.tsv has no row {' '.join(key)} to compare with.")
            if tuple(chosen) not in scores:
                scores[tuple(chosen)] = _score(metric, target, [references[each] for each in chosen], lines, TOKENIZERS)
            yield Row(*key, scores[tuple(chosen)], published[key])
    if target in TOKENIZERS:
        for letter, reference in references.items():
            ours = _score("bleu", target, [reference], lines, {})
            yield Row(direction, system, f"bleu-{letter} (usual tokenizer)", ours, None)


def _score(
    metric: str, target: str, references: Sequence[Sequence[str]], lines: Sequence[str], tokenizers: Mapping[str, str]
) -> float:
    scorer = build_metric(metric, target, references, tokenizers=tokenizers)
    return point_score(scorer, line_statistics(scorer, lines))


def render(rows: Sequence[Row]) -> str:
    """A table: ours, published, the difference."""
    lines = [f"{'direction':10}{'system':20}{'metric':28}{'ours':>18}{'published':>20}  difference"]
    for row in rows:
        end = f"{row.published:>20}  {row.difference:+.0e}" if row.published is not None else f"{'not published':>20}"
        mark = "" if row.is_equal else "  DIFFERS"
        lines.append(f"{row.direction:10}{row.system:20}{row.metric:28}{row.ours:18.13f}{end}{mark}")
    compared = [row for row in rows if row.published is not None]
    equal = sum(row.is_equal for row in compared)
    return "\n".join([*lines, "", f"{equal} of {len(compared)} published scores are reproduced to the last digit."])


def as_json(rows: Sequence[Row]) -> list[dict[str, object]]:
    """The table for programs; a published score is a number here too."""
    return [
        vars(row) | {"published": None if row.published is None else float(row.published), "is_equal": row.is_equal}
        for row in rows
    ]
