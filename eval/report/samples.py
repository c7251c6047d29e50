"""Sentences to look at where there is no JavaScript: source, reference and what each system wrote."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eval.report.spread import spread
from eval.report.texts import Texts


def samples(texts: Iterable[Texts], count: int) -> list[dict[str, Any]]:
    """`count` sentences of each test set and direction, evenly spread."""
    return [
        {
            "direction": each.direction,
            "test_set": each.test_set,
            "line": line + 1,
            "source": each.source[line],
            "reference": each.reference[line],
            "systems": {system: lines[line] for system, lines in each.outputs.items()},
        }
        for each in texts
        for line in spread(len(each.source), count)
    ]
