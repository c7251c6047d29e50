"""The page's score charts and tables, and the speed of translating."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from eval.report import figures
from eval.report.shown import digits
from eval.report.summary import best_of, by_trust
from vega.metrics import LOWER_IS_BETTER


def score_figures(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One figure per test set, for chrF (or the first metric there is)."""
    if not report["summary"]:
        return []
    metric = min(report["summary"], key=by_trust)
    sets = dict.fromkeys(row["test_set"] for row in report["scores"] if row["metric"] == metric)
    return [
        {"metric": metric, "test_set": name, "charts": [Markup(c) for c in figures.score_panels(report, metric, name)]}
        for name in sets
    ]


def score_table(report: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Directions by systems; `best` is the best score of a row."""
    rows = [row for row in report["scores"] if row["metric"] == metric]
    cells = {(row["test_set"], row["direction"], row["system"]): row for row in rows}
    systems = [name for name in report["systems"] if name in report["summary"][metric]]
    lines = []
    for test_set, direction in dict.fromkeys((row["test_set"], row["direction"]) for row in rows):
        line = [cells.get((test_set, direction, system)) for system in systems]
        best = best_of(metric, [cell["score"] for cell in line if cell])
        lines.append({"test_set": test_set, "direction": direction, "cells": line, "best": best})
    return {
        "metric": metric,
        "lower_is_better": metric in LOWER_IS_BETTER,
        "digits": digits([row["score"] for row in rows]),
        "systems": systems,
        "lines": lines,
        "means": [report["summary"][metric][system] for system in systems],
        "many_sets": len({row["test_set"] for row in rows}) > 1,
        "signatures": signatures(rows),
    }


def signatures(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Signature -> the target languages it was used for."""
    found: dict[str, list[str]] = {}
    for row in rows:
        target = row["direction"].split("-")[-1]
        targets = found.setdefault(row["signature"], [])
        if target not in targets:
            targets.append(target)
    return found


def translation_speeds(translate: Mapping[str, Any] | None, prefix: str = "") -> list[dict[str, Any]]:
    """Sentences and seconds of each system over all its directions, from translate.json's jobs."""
    totals: dict[str, dict[str, Any]] = {}
    for job in (translate or {}).get("jobs", []):
        system = prefix + job["system"]
        total = totals.setdefault(system, {"system": system, "sentences": 0, "seconds": 0.0})
        total["sentences"] += job["sentences"]
        total["seconds"] += job["seconds"]
    return list(totals.values())
