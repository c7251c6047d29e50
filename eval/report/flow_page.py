"""The page's sections on the data flow and on time: `flow`'s and `budget`'s facts as charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

from eval.report.axes import Scale, duration
from eval.report.charts import Row, row_chart, svg, text
from eval.report.flow import KEPT

#: Reasons with a colour of their own; the others share the last.
OWN_COLOUR = 5
OTHERS = "other reasons"


def flow_section(flow: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Chart, legend and tables; None without a data flow."""
    if flow is None:
        return None
    colours = _colours(flow["lines"])
    return {**flow, "legend": colours, "chart": Markup(flow_chart(flow["lines"], colours))}


def _colours(steps: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    reasons: Counter[str] = Counter()
    for step in steps:
        reasons.update({part: count for part, count in step["parts"].items() if part != KEPT})
    own = [reason for reason, _ in reasons.most_common(OWN_COLOUR)]
    parts = [*own, *([OTHERS] if len(reasons) > OWN_COLOUR else [])]
    return {KEPT: "quiet"} | {part: f"series-{at}" for at, part in enumerate(parts)}


def flow_chart(steps: Sequence[Mapping[str, Any]], colours: Mapping[str, str], *, width: float = 940) -> str:
    """A bar per stage, all on one scale, divided into what was kept and what was lost and why."""
    if not steps:
        return ""
    pitch = 30.0
    totals = [sum(step["parts"].values()) for step in steps]
    notes = [f"{step['parts'].get(KEPT, 0):,} of {total:,}" for step, total in zip(steps, totals, strict=True)]
    left = 14 + 7.2 * max(len(step["step"]) for step in steps)
    x = Scale(0.0, max(totals) or 1, left, max(width - 14 - 6.6 * max(map(len, notes)), left + 60))
    parts = []
    for index, (step, note) in enumerate(zip(steps, notes, strict=True)):
        y = index * pitch + 4
        parts.append(text(left - 8, y + 15, step["step"], anchor="end", css="label"))
        start = 0
        for name, count in _grouped(step["parts"], colours).items():
            hint = escape(f"{step['step']}: {name} {count:,}")
            shape = f'x="{x(start):.1f}" y="{y:.1f}" width="{max(x(start + count) - x(start), 0.5):.1f}" height="22"'
            parts.append(f'<rect {shape} class="bar {colours[name]}"><title>{hint}</title></rect>')
            start += count
        parts.append(text(x(start) + 8, y + 15, note, css="label"))
    said = "; ".join(f"{step['step']} {note}" for step, note in zip(steps, notes, strict=True))
    return svg(width, len(steps) * pitch + 4, f"Lines kept by each stage: {said}", parts)


def _grouped(parts: Mapping[str, int], colours: Mapping[str, str]) -> dict[str, int]:
    """Parts with a colour of their own, and the sum of the others."""
    found: Counter[str] = Counter()
    for name, count in parts.items():
        found[name if name in colours else OTHERS] += count
    return {name: found[name] for name in colours if found[name]}


def budget_section(budget: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The chart of a run's time budget, and the parts of its training; empty without one."""
    if budget is None:
        return []
    total = budget["wall"] or 1.0
    rows = [Row(row["part"], row["seconds"], _spent(row, total)) for row in budget["rows"]]
    title = "Wall time by stage: " + ", ".join(f"{row.label} {row.text}" for row in rows)
    parts = dict.fromkeys(part for stage in budget["training"] for part in stage["parts"])
    return [{**budget, "chart": Markup(row_chart(rows, title=title)), "parts": list(parts)}]


def _spent(row: Mapping[str, Any], total: float) -> str:
    cost = "" if row["cost"] is None else f", cost {row['cost']:,.2f}"
    return f"{duration(row['seconds'])} ({row['seconds'] / total:.0%}{cost})"
