"""What the report shows of an ensemble: the rounds of the search."""

from __future__ import annotations

from typing import Any

from eval.report.steps import Table
from vega.metrics import METRICS


def tables(content: dict[str, Any]) -> list[Table]:
    """A row per model, a column per round: the score of the ensemble with it. Who joined has a star."""
    metric, rounds = METRICS[content["metric"]], content["rounds"]
    head = ["model", "alone", *(f"as member {number}" for number in range(2, len(rounds) + 1))]
    rows = [[name, *(_cell(found, name) for found in rounds)] for name in content["models"]]
    caption = f"{metric} on dev with each model; * joined. Ensemble: {' + '.join(content['ensemble'])}"
    return [Table(caption, head, rows)]


def figures(content: dict[str, Any]) -> list[tuple[str, str]]:
    """None."""
    return []


def _cell(found: dict[str, Any], name: str) -> str:
    score = found["scores"].get(name)
    return "" if score is None else f"{score:.2f}{' *' if found['joined'] == name else ''}"
