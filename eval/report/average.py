"""What the report shows of an average: which checkpoints went into it."""

from __future__ import annotations

from typing import Any

from eval.report.steps import Table
from vega.metrics import METRICS


def tables(content: dict[str, Any]) -> list[Table]:
    """Its parts, then the best of them and the average on dev sentences."""
    metric = METRICS[content["metric"]]
    parts = [
        [part["name"], _number(part.get("validation_loss"), 3), _number(part.get("score"), 2)]
        for part in content["parts"]
    ]
    single = [f"best single: {content['base']}", "", f"{content['base_score']:.2f}"]
    together = ["average", "", f"{content['score']:.2f}"]
    head = ["checkpoint", "validation loss", f"{metric} on dev"]
    return [Table(f"Weights averaged: {len(parts)}", head, [*parts, single, together])]


def figures(content: dict[str, Any]) -> list[tuple[str, str]]:
    """None."""
    return []


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
