"""What `evaluate` and `postprocess` wrote beside the scores; empty where they did not (docs/evaluation.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.report.files import read_json

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Scoring:
    """Contents of evaluate/*.json and of postprocess/postprocess.json."""

    significance: Rows = field(default_factory=list)  # tests of every pair, and clusters
    domains: Rows = field(default_factory=list)
    documents: Rows = field(default_factory=list)
    segments: Rows = field(default_factory=list)  # a score per line
    warnings: Rows = field(default_factory=list)
    analysis: Rows = field(default_factory=list)  # rates per system
    groups: Rows = field(default_factory=list)  # scores by length, frequency, domain
    worst: Rows = field(default_factory=list)
    postprocess: dict[str, Any] | None = None


def read_scoring(run: Path) -> Scoring:
    """Read what is there."""
    evaluate = run / "evaluate"
    breakdown = read_json(evaluate / "breakdown.json") or {}
    analysis = read_json(evaluate / "analysis.json") or {}
    return Scoring(
        significance=read_json(evaluate / "significance.json") or [],
        domains=breakdown.get("domains", []),
        documents=breakdown.get("documents", []),
        segments=read_json(evaluate / "segments.json") or [],
        warnings=read_json(evaluate / "warnings.json") or [],
        analysis=analysis.get("systems", []),
        groups=analysis.get("groups", []),
        worst=analysis.get("worst", []),
        postprocess=read_json(run / "postprocess/postprocess.json"),
    )
