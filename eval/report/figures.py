"""Which charts a report has: report.json's content in, SVG out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eval.report.charts import Bar, Line, Row, bar_chart, line_chart, row_chart
from eval.report.summary import base_name, is_baseline

#: Directions in one panel of the score chart; more go into further panels on the same scale.
GROUPS_PER_PANEL = 10

#: Colour classes in style.css.
NUM_COLOURS = 6

#: Figures of a training log beside the loss (docs/training.md): key, caption, unit.
SPEED = (
    ("tps", "Target tokens per second", "tokens/s"),
    ("mfu", "Model FLOP utilisation", "share of the device's peak"),
    ("gpu_gib", "GPU memory, most of any process", "GiB"),
    ("host_gib", "Memory, most of any process", "GiB"),
    ("lr", "Learning rate", "learning rate"),
)

DIRECTION_LOSS = re.compile(r"nll_([a-z]+-[a-z]+)")

Points = list[dict[str, float]]


def colours(systems: Sequence[str]) -> dict[str, str]:
    """System -> CSS class: baselines are grey, the others have a colour each."""
    trained = [name for name in systems if not is_baseline(name)]
    own = {name: f"series-{at % NUM_COLOURS}" for at, name in enumerate(trained)}
    return {name: own.get(name) or base_name(name) for name in systems}


def score_panels(report: Mapping[str, Any], metric: str, test_set: str) -> list[str]:
    """Bars of one metric and test set: a group per direction, a bar per system, in panels of ten directions."""
    rows = [row for row in report["scores"] if row["metric"] == metric and row["test_set"] == test_set]
    values = {(row["direction"], row["system"]): Bar(row["score"], row["low"], row["high"]) for row in rows}
    directions = list(dict.fromkeys(row["direction"] for row in rows))
    series = {name: css for name, css in colours(report["systems"]).items() if any(name == key[1] for key in values)}
    highest = max(row["score"] if row["high"] is None else row["high"] for row in rows)
    return [
        bar_chart(
            panel,
            series,
            {key: bar for key, bar in values.items() if key[0] in panel},
            title=f"{metric} on {test_set} for {', '.join(panel)}. The numbers are in the table below.",
            y_label=metric,
            highest=highest,
        )
        for panel in (directions[at : at + GROUPS_PER_PANEL] for at in range(0, len(directions), GROUPS_PER_PANEL))
    ]


def series_of(points: Points, key: str) -> list[tuple[float, float]]:
    """(updates, value) wherever the value was logged."""
    return [(point["updates"], point[key]) for point in points if key in point]


def loss_key(points: Points) -> str:
    """nll_loss, which compares across label smoothing; loss if that was not logged."""
    return "nll_loss" if any("nll_loss" in point for point in points) else "loss"


def loss_chart(curves: dict[str, Points], stage: str) -> str:
    """Training and validation loss over updates."""
    key = loss_key([*curves["train"], *curves["valid"]])
    lines = [
        Line("training", series_of(curves["train"], key), "series-0"),
        Line("validation", series_of(curves["valid"], key), "series-2", dots=True),
    ]
    ends = ", ".join(
        f"{line.name} {line.points[0][1]:.2f} to {line.points[-1][1]:.2f}" for line in lines if line.points
    )
    return line_chart(
        [line for line in lines if line.points],
        title=f"Loss of {stage} over updates in bits per token: {ends}",
        x_label="updates",
        y_label="bits per target token",
    )


def direction_charts(curves: dict[str, Points]) -> dict[str, str]:
    """Validation loss of each direction on one scale: direction -> small chart."""
    keys = {match[1]: key for point in curves["valid"] for key in point if (match := DIRECTION_LOSS.fullmatch(key))}
    lines = {name: series_of(curves["valid"], key) for name, key in sorted(keys.items())}
    everything = [value for points in lines.values() for _, value in points]
    return {
        name: line_chart(
            [Line(name, points, "series-2", dots=len(points) <= 12)],
            title=f"Validation loss {name}: from {points[0][1]:.2f} to {points[-1][1]:.2f} bits per token",
            x_label="updates",
            y_label=f"{name}: {points[-1][1]:.2f}",
            width=230,
            height=150,
            y_values=everything,
        )
        for name, points in lines.items()
    }


def speed_charts(curves: dict[str, Points]) -> list[tuple[str, str]]:
    """(caption, chart) of each figure of `SPEED` that was logged; stock fairseq has `wps` in place of `tps`."""
    stock = not series_of(curves["train"], "tps")
    charts = []
    for key, caption, unit in [("wps", *SPEED[0][1:]), *SPEED[1:]] if stock else SPEED:
        points = series_of(curves["train"], key)
        if points:
            chart = line_chart(
                [Line(caption, points, "series-1")],
                title=f"{caption} over updates",
                x_label="updates",
                y_label=unit,
                width=460,
                height=210,
                from_zero=True,
            )
            charts.append((caption, chart))
    return charts


def mixture_chart(mixture: dict[str, dict[str, float]]) -> str:
    """A bar per direction and source: the share of target tokens consumed, with the plan as a mark."""
    plan, consumed = mixture["plan"], mixture["consumed"]
    rows = []
    for name in dict.fromkeys([*plan, *consumed]):
        share, planned = consumed.get(name, 0.0), plan.get(name)
        text = f"{share:.1%}" + ("" if planned is None else f" (plan {planned:.1%})")
        rows.append(Row(name, share, text, planned))
    return row_chart(rows, title="Share of target tokens: " + ", ".join(f"{r.label} {r.text}" for r in rows))
