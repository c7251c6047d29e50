"""Sentences to look at: source, reference and what each system wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.report.read_run import Run
from eval.report.summary import Cell
from vega.directions import parse_direction
from vega.settings import Corpus
from vega.text_files import read_lines


def spread(total: int, count: int) -> list[int]:
    """`count` different line numbers (from 0), evenly over `total` lines; all of them if there are fewer."""
    count = min(count, total)
    return [(2 * position + 1) * total // (2 * count) for position in range(count)]


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
    files = find_test_files(run.test, test_set, source, target)
    if count == 0 or files is None:
        return []
    sources, references = (list(read_lines(path)) for path in files)
    outputs = {}
    for system in systems:
        path = run.folder / "translate" / system / f"{test_set}.{direction}.{target}"
        if path.is_file():
            outputs[system] = list(read_lines(path))
    if not outputs or any(len(lines) != len(sources) for lines in (references, *outputs.values())):
        return []
    return [
        {
            "direction": direction,
            "test_set": test_set,
            "line": line + 1,
            "source": sources[line],
            "reference": references[line],
            "systems": {system: lines[line] for system, lines in outputs.items()},
        }
        for line in spread(len(sources), count)
    ]


def find_test_files(test: Sequence[Corpus], name: str, source: str, target: str) -> tuple[Path, Path] | None:
    """Source and reference file of a test set, if both are still there."""
    for corpus in test:
        if corpus.name == name and {source, target} <= set(corpus.languages):
            paths = corpus.paths()
            if paths[source].is_file() and paths[target].is_file():
                return paths[source], paths[target]
    return None
