"""What the report shows of a fusion: the verdict over scores and losses, and the loss between the two models."""

from __future__ import annotations

from typing import Any

from eval.report.charts import Line, line_chart
from eval.report.steps import Table
from vega.metrics import METRICS

#: Line in `fuse.json` -> colour class and what the caption calls the colour.
_COLOURS = {"before": ("series-2", "orange"), "after": ("series-0", "blue")}


def tables(content: dict[str, Any]) -> list[Table]:
    """The models against each other, and the barriers."""
    metric = METRICS[content["metric"]]
    models = Table(
        " ".join(content["sentences"]),
        ["model", f"{metric} on dev", "loss (nats per token)", "the fused model has more", "95 % interval"],
        [_model_row(row, is_fused=row["name"] == content["fused"]) for row in content["models"]],
    )
    return [models, *_barriers(content)]


def figures(content: dict[str, Any]) -> list[tuple[str, str]]:
    """The loss along the straight line between both models, before and after alignment."""
    lines = content["lines"]
    if not lines:
        return []
    first, second = content["first"], content["second"]
    chart = line_chart(
        [
            Line(f"{name} alignment", list(zip(line["shares"], line["losses"], strict=True)), _COLOURS[name][0], True)
            for name, line in lines.items()
        ],
        title=f"Dev loss of mixtures of {second} and {first}: " + ", ".join(_height(lines, name) for name in lines),
        x_label=f"share of {first}, the rest is {second}",
        y_label="nats per token",
        width=640,
    )
    shown = ", ".join(f"{name} alignment {_COLOURS[name][1]}" for name in lines)
    return [(f"Loss on dev along the straight line from {second} (0) to {first} (1): {shown}", chart)]


def _model_row(row: dict[str, Any], *, is_fused: bool) -> list[str]:
    start = [row["name"], f"{row['score']:.2f}", f"{row['loss']:.3f}"]
    if is_fused:
        return [*start, "", ""]
    return [*start, f"{row['fused_gain']:+.2f}", f"{row['fused_low']:+.2f} to {row['fused_high']:+.2f}"]


def _barriers(content: dict[str, Any]) -> list[Table]:
    lines, distances = content["lines"], content["squared_distance"]
    rows = [
        [f"{name} alignment", f"{line['height']:.4f}", f"{line['highest']:g}", f"{distances[name]:.6g}"]
        for name, line in lines.items()
    ]
    head = ["", "height of the barrier (nats per token)", f"at a share of {content['first']}", "squared distance"]
    caption = "How far the loss rises above the straight line between the losses of both models"
    return [Table(caption, head, rows)] if rows else []


def _height(lines: dict[str, Any], name: str) -> str:
    return f"barrier {name} alignment {lines[name]['height']:.2f}"
