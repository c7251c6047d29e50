"""Generalization tuning in the report: gains by domain, the line from the untuned to the tuned model, the text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from eval.report.axes import axis, number
from eval.report.charts import Line, line_chart, rule, svg, text
from eval.report.steps import Table
from vega.metrics import METRICS


def tables(content: dict[str, Any]) -> list[Table]:
    """By domain before and after, losses marked; the points of the line; the text that was tuned on."""
    return [_by_domain(content), _points(content), *_text(content)]


def figures(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Gains by domain with intervals, and mean and worst gain along the line."""
    metric, table = METRICS[content["metric"]], content["table"]
    lost = [row["domain"] for row in table["domains"] if row["loss"]]
    caption = f"Gain in {metric} by domain, with 95 % intervals, of {_system(content)}. {_measured_on(table)}"
    return [
        (caption + (f" Significantly worse: {', '.join(lost)}." if lost else ""), _gain_chart(table, metric)),
        (
            f"From the untuned model (0) to the tuned one (1): gain in {metric} over the untuned model, on the "
            "sentences that choose: mean of all domains (blue), worst domain (orange).",
            _line_chart(content, metric),
        ),
    ]


def _system(content: dict[str, Any]) -> str:
    table = content["table"]
    taken = "" if table["taken"] else ", which was not taken"
    return f"the model with {table['weight']:g} of the tuned one{taken}"


def _measured_on(table: dict[str, Any]) -> str:
    if table["sentences"] == "check":
        return "Measured on dev sentences that nothing was chosen by."
    return "Measured on the dev sentences that chose the model, so it flatters."


def _by_domain(content: dict[str, Any]) -> Table:
    metric, table = METRICS[content["metric"]], content["table"]
    rows = [
        [
            f"{row['domain']} (held out)" if row["held_out"] else row["domain"],
            f"{row['sentences']:,}",
            *_gain_cells(row),
            mark(row),
        ]
        for row in table["domains"]
    ]
    total = sum(row["sentences"] for row in table["domains"])
    rows.append(["mean", f"{total:,}", *_gain_cells(table["mean"]), mark(table["mean"])])
    return Table(
        f"{content['sentence']} {_measured_on(table)}",
        ["domain", "sentences", f"{metric} untuned", f"{metric}, {table['weight']:g} tuned", "gain", "95 %", ""],
        rows,
    )


def _gain_cells(gain: dict[str, float]) -> list[str]:
    return [
        f"{gain['base']:.1f}",
        f"{gain['score']:.1f}",
        f"{gain['gain']:+.2f}",
        f"{gain['low']:+.2f} to {gain['high']:+.2f}",
    ]


def mark(gain: dict[str, float]) -> str:
    """In words, by the interval."""
    if gain["high"] < 0:
        return "worse"
    return "better" if gain["low"] > 0 else "no sure difference"


def _points(content: dict[str, Any]) -> Table:
    rows = [["0 (untuned)", "0", "", "0", "", "taken" if content["chosen"] == 0 else ""]]
    for point in content["points"]:
        taken = "taken" if content["chosen"] == point["weight"] else ""
        rows.append(
            [
                f"{point['weight']:g}",
                f"{point['mean']['gain']:+.2f}",
                f"{point['worst']} {point['worst_gain']:+.2f}",
                f"{point['worth']:+.2f}",
                ", ".join(point["losses"]),
                f"refused: {len(point['losses'])} significant losses" if point["losses"] else taken,
            ]
        )
    share = content["worst_weight"]
    return Table(
        f"Points of the line on the sentences that choose. Worth = {1 - share:g} x mean gain + {share:g} x worst "
        "domain's gain; of the points where no domain is significantly worse the one worth most is taken, if that is "
        "more than 0.",
        ["tuned share", "mean gain", "worst domain", "worth", "significantly worse", ""],
        rows,
    )


def _text(content: dict[str, Any]) -> list[Table]:
    return [
        Table(
            f"Text tuned on, {group}: lines there are, different ones chosen, written with repeats; pairs judged by "
            f"{content['score']}.",
            ["domain", "lines", "chosen", "written", "median score", "left out"],
            [
                [
                    name,
                    f"{each['lines']:,}",
                    f"{each['chosen']:,}",
                    f"{each['written']:,}",
                    "" if each["median_score"] is None else number(each["median_score"]),
                    ", ".join(f"{reason} {count:,}" for reason, count in each["dropped"].items()),
                ]
                for name, each in domains.items()
            ],
        )
        for group, domains in content["text"].items()
    ]


def _gain_chart(table: dict[str, Any], metric: str, width: float = 940) -> str:
    rows: Sequence[dict[str, Any]] = [*table["domains"], {"domain": "mean", **table["mean"]}]
    pitch, top = 26.0, 8.0
    left = 20 + 7.4 * max(len(row["domain"]) for row in rows)
    bottom = top + pitch * len(rows)
    x, marks = axis([value for row in rows for value in (row["low"], row["high"])], left, width - 24, from_zero=True)
    parts = [rule(x(0), top, x(0), bottom, css="base")]
    for at in marks:
        parts += [rule(x(at), top, x(at), bottom), text(x(at), bottom + 16, number(at), anchor="middle")]
    parts.append(text((left + width) / 2, bottom + 34, f"gain in {metric}", anchor="middle", css="axis"))
    for place, row in enumerate(rows):
        y = top + pitch * (place + 0.5)
        css = "series-2" if row["high"] < 0 else "series-0"
        hint = escape(f"{row['domain']}: {row['gain']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})")
        parts += [
            text(left - 8, y + 4, row["domain"], anchor="end", css="label"),
            rule(x(row["low"]), y, x(row["high"]), y, css="whisker"),
            f'<circle cx="{x(row["gain"]):.1f}" cy="{y:.1f}" r="4" class="dot {css}"><title>{hint}</title></circle>',
        ]
    return svg(width, bottom + 40, f"Gain in {metric} by domain", parts)


def _line_chart(content: dict[str, Any], metric: str) -> str:
    points = content["points"]
    mean = [(0.0, 0.0), *((point["weight"], point["mean"]["gain"]) for point in points)]
    worst = [(0.0, 0.0), *((point["weight"], point["worst_gain"]) for point in points)]
    lines = [Line("mean gain", mean, "series-0", dots=True), Line("worst domain", worst, "series-2", dots=True)]
    return line_chart(
        lines,
        title="Mean and worst gain between the untuned and the tuned model",
        x_label="share of the tuned model",
        y_label=f"gain in {metric}",
        y_values=[0.0],
    )
