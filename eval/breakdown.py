"""Scores of the domains and of the documents of a test set, from the statistics that the corpus scores are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.score import Measure


def groups(names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Name -> its lines (from 0), in the order in which names come first; lines with an empty name are in none."""
    found: dict[str, list[int]] = {}
    for line, name in enumerate(names):
        if name:
            found.setdefault(name, []).append(line)
    return {name: np.array(lines, dtype=np.int64) for name, lines in found.items()}


def by_domain(measure: Measure, domains: Sequence[str], *, resamples: int, seed: int) -> list[dict[str, Any]]:
    """{system, metric, domain, lines, score, low, high} of every domain and system; the lines of one are resampled."""
    rows = []
    for domain, lines in groups(domains).items():
        part = measure.lines(lines)
        drawn = part.resampled(resamples, seed) if resamples > 1 else {}
        for system, found in part.with_intervals(drawn, seed).items():
            row = {"system": system, "metric": measure.metric, "domain": domain, "lines": len(lines)}
            rows.append(row | {"score": found.score, "low": found.low, "high": found.high})
    return rows


def by_document(measure: Measure, documents: Sequence[str], domains: Sequence[str] | None) -> list[dict[str, Any]]:
    """{metric, document, domain, first_line, lines, scores: {system: score}} of every document."""
    found = groups(documents)
    scores = {
        system: measure.of_sums(np.stack([rows[lines].sum(0) for lines in found.values()]), False)
        for system, rows in (measure.statistics.items() if found else ())
    }
    return [
        {
            "metric": measure.metric,
            "document": document,
            "domain": domains[lines[0]] if domains else "",
            "first_line": int(lines[0]) + 1,
            "lines": len(lines),
            "scores": {system: float(scores[system][place]) for system in scores},
        }
        for place, (document, lines) in enumerate(found.items())
    ]
