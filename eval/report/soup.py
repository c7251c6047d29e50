"""What the report shows of a soup: every model tried, and the uniform soup of all."""

from __future__ import annotations

from typing import Any

from eval.report.steps import Table
from vega.metrics import METRICS


def tables(content: dict[str, Any]) -> list[Table]:
    """A row per model in the order tried, from the best to the worst; the last row is the average of all."""
    metric, singles, uniform = METRICS[content["metric"]], content["singles"], content["uniform"]
    rows = [
        [step["model"], f"{singles[step['model']]:.2f}", f"{step['score']:.2f}", "yes" if step["joined"] else "no"]
        for step in content["steps"]
    ]
    rows.append(["uniform soup of all", "", f"{uniform['score']:.2f}", ""])
    head = ["model", f"alone ({metric} on dev)", "soup with it", "joined"]
    interval = f"{uniform['gain']:+.2f} ({uniform['low']:+.2f} to {uniform['high']:+.2f})"
    caption = f"Greedy soup of {len(content['soup'])}; the uniform soup has {interval} over the best single model"
    return [Table(caption, head, rows)]


def figures(content: dict[str, Any]) -> list[tuple[str, str]]:
    """None."""
    return []
