"""Sentences to look at: source, reference and what each system wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval.report.read_run import Run
from eval.report.spread import spread
from eval.report.summary import Cell
from vega.corpus import read_rows
from vega.directions import parse_direction
from vega.errors import UserError
from vega.settings import Corpus
from vega.text_files import read_lines


def read_samples(run: Run, systems: Sequence[str], count: int) -> list[dict[str, Any]]:
    """`count` samples for each test set and direction that was translated, at the same lines for all of them.

    Test files that are no longer there give no samples: the report of an old run must still open.
    """
    cells = dict.fromkeys((row["test_set"], row["direction"]) for row in run.scores)
    return [sample for cell in cells for sample in samples_of(run, cell, systems, count)]


def samples_of(run: Run, cell: Cell, systems: Sequence[str], count: int) -> list[dict[str, Any]]:
    """Samples of one test set in one direction."""
    test_set, direction = cell
    source, target = parse_direction(direction)
    rows = read_test_set(run.test, test_set, source, target) if count else []
    outputs = {}
    for system in systems:
        path = run.folder / "translate" / system / f"{test_set}.{direction}.{target}"
        if path.is_file():
            outputs[system] = list(read_lines(path))
    if not outputs or any(len(lines) != len(rows) for lines in outputs.values()):
        return []
    return [
        {
            "direction": direction,
            "test_set": test_set,
            "line": line + 1,
            "source": rows[line][source],
            "reference": rows[line][target],
            "systems": {system: lines[line] for system, lines in outputs.items()},
        }
        for line in spread(len(rows), count)
    ]


def read_test_set(test: Sequence[Corpus], name: str, source: str, target: str) -> list[dict[str, str]]:
    """Source and reference of each line of a test set; none if it is no longer there, or not as it was."""
    for corpus in test:
        if corpus.name == name and {source, target} <= set(corpus.languages):
            try:
                return list(read_rows(corpus, (source, target)))
            except UserError:
                return []
    return []
