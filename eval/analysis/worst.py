"""The sentences in which a system is behind another one most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: Lines of each pair of systems that are kept.
MOST = 50


def worst_lines(scores: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """For each system against each other: {system, against, lines: [{line, gap}]}, lines from 1, largest gap first.

    A gap is the other system's sentence score less its own; only lines that are behind are there.
    """
    return [
        {"system": system, "against": other, "lines": _behind(scores[system], scores[other])}
        for system in scores
        for other in scores
        if other != system
    ]


def _behind(own: Sequence[float], other: Sequence[float]) -> list[dict[str, Any]]:
    gaps = [
        (round(theirs - mine, 2), line) for line, (mine, theirs) in enumerate(zip(own, other, strict=True), start=1)
    ]
    worst = sorted((-gap, line) for gap, line in gaps if gap > 0)[:MOST]
    return [{"line": line, "gap": -gap} for gap, line in worst]
