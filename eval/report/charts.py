"""Charts as SVG text: pure functions, no library. Colours come from CSS classes, so they follow light and dark.

Every text that comes from a run is escaped here. `title` is what a screen reader says; the numbers behind a chart
are in a table beside it. Coordinates are in the view box's units, about pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from eval.report.axes import Scale, axis, number

#: More points than this in a line cannot be seen at the charts' width.
MAX_POINTS = 400

XY = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """One line of a chart; `css` is its colour class."""

    name: str
    points: Sequence[XY]
    css: str
    dots: bool = False


@dataclass(frozen=True)
class Bar:
    """A value with its interval, if known."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Row:
    """One horizontal bar: share in 0..1 of the longest possible bar, and a mark (the plan) on the same scale."""

    label: str
    value: float
    text: str
    mark: float | None = None


def svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    """The document around the parts, with its spoken title."""
    label = escape(title)
    size = f'viewBox="0 0 {width:g} {height:g}" style="max-width:{width:g}px"'
    return f'<svg {size} role="img" aria-label="{label}">' + "".join(parts) + "</svg>"


def text(x: float, y: float, content: str, *, anchor: str = "start", css: str = "tick") -> str:
    """A text whose baseline is at y."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{css}">{escape(content)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, css: str = "grid") -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def y_grid(scale: Scale, marks: Sequence[float], left: float, right: float) -> list[str]:
    """Horizontal grid lines with their numbers on the left."""
    parts = []
    for mark in marks:
        y = scale(mark)
        parts += [rule(left, y, right, y), text(left - 6, y + 4, number(mark), anchor="end")]
    return parts


def thin(points: Sequence[XY], most: int = MAX_POINTS) -> list[XY]:
    """At most about `most` points, evenly chosen, always with the first and the last."""
    if len(points) <= most:
        return list(points)
    step = -(-len(points) // most)
    kept = list(points[::step])
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    x_label: str,
    y_label: str,
    width: float = 940,
    height: float = 320,
    from_zero: bool = False,
    y_values: Sequence[float] = (),
) -> str:
    """Lines over numeric axes that cover every point; `y_values` widens the vertical axis, to share it."""
    points = [point for line in lines for point in line.points]
    if not points:
        return ""
    left, right, top, bottom = 52.0, width - 24, 26.0, height - 38
    y, y_marks = axis([*(point[1] for point in points), *y_values], bottom, top, from_zero=from_zero)
    x, x_marks = axis([point[0] for point in points], left, right, from_zero=True)
    parts = [*y_grid(y, y_marks, left, right), text(0, 12, y_label, css="axis")]
    parts += [
        text(x(mark), bottom + 16, number(mark), anchor="middle")
        for mark in x_marks[:: -(-len(x_marks) * 60 // round(right - left))]
    ]
    parts.append(text((left + right) / 2, height - 4, x_label, anchor="middle", css="axis"))
    for line in lines:
        placed = [(x(px), y(py)) for px, py in thin(line.points)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in placed)
        parts.append(f'<polyline points="{path}" class="line {line.css}"><title>{escape(line.name)}</title></polyline>')
        if line.dots or len(placed) == 1:
            for (px, py), (update, value) in zip(placed, thin(line.points), strict=True):
                hint = escape(f"{line.name}: {number(value)} at {number(update)}")
                parts.append(
                    f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" class="dot {line.css}"><title>{hint}</title></circle>'
                )
    return svg(width, height, title, parts)


def bar_chart(
    groups: Sequence[str],
    series: Mapping[str, str],
    values: Mapping[tuple[str, str], Bar],
    *,
    title: str,
    y_label: str,
    highest: float,
    width: float = 940,
    height: float = 280,
) -> str:
    """Grouped upright bars with intervals: `series` is name -> CSS class, `values` is (group, name) -> bar.

    `highest` is the largest number the axis must cover, so that several charts can share it.
    """
    left, right, top, bottom = 40.0, width - 4, 26.0, height - 22
    y, marks = axis([0.0, highest, *(bar.value for bar in values.values())], bottom, top, from_zero=True)
    parts = [*y_grid(y, marks, left, right), text(0, 12, y_label, css="axis")]
    slot = (right - left) / len(groups)
    step = min(slot * 0.82 / len(series), 30)
    for position, group in enumerate(groups):
        centre = left + slot * (position + 0.5)
        parts.append(text(centre, bottom + 16, group, anchor="middle", css="label"))
        present = [name for name in series if (group, name) in values]
        for index, name in enumerate(present):
            start = centre + (index - len(present) / 2) * step
            parts.append(upright(values[group, name], f"{group}, {name}", series[name], y, start, step * 0.86))
    parts.append(rule(left, y(0), right, y(0), css="base"))
    return svg(width, height, title, parts)


def upright(bar: Bar, name: str, css: str, y: Scale, x: float, width: float) -> str:
    """One bar of a bar chart, with a whisker for its interval and its numbers on hover."""
    top, base = y(bar.value), y(0)
    hint = f"{name}: {bar.value:.1f}"
    whisker = ""
    if bar.low is not None and bar.high is not None:
        hint += f" ({bar.low:.1f} to {bar.high:.1f})"
        whisker = rule(x + width / 2, y(bar.low), x + width / 2, y(bar.high), css="whisker")
    shape = (
        f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{base - top:.1f}" rx="1.5" class="bar {css}"/>'
    )
    return f"<g><title>{escape(hint)}</title>{shape}{whisker}</g>"


def row_chart(rows: Sequence[Row], *, title: str, width: float = 940, css: str = "series-0") -> str:
    """Horizontal bars with their labels on the left and their numbers on the right; the longest fills the width."""
    if not rows:
        return ""
    pitch = 26.0
    left = 14 + 7.2 * max(len(row.label) for row in rows)
    right = width - 14 - 6.6 * max(len(row.text) for row in rows)
    longest = max([row.value for row in rows] + [row.mark or 0.0 for row in rows]) or 1.0
    x = Scale(0.0, longest, left, max(right, left + 60))
    parts = []
    for index, row in enumerate(rows):
        y = index * pitch + 4
        end = max(x(row.value), left + 1)
        parts += [
            text(left - 8, y + 13, row.label, anchor="end", css="label"),
            f'<rect x="{left:.1f}" y="{y:.1f}" width="{end - left:.1f}" height="18" rx="2" class="bar {css}"/>',
            text(max(end, x(row.mark or 0.0)) + 8, y + 13, row.text, css="label"),
        ]
        if row.mark is not None:
            parts.append(rule(x(row.mark), y - 3, x(row.mark), y + 21, css="mark"))
    return svg(width, len(rows) * pitch + 4, title, parts)
