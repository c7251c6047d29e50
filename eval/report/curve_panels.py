"""Small charts of the same lines side by side, each point with its interval. SVG, as in `charts`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from eval.report.axes import axis, number
from eval.report.charts import XY, rule, svg, text, y_grid

_WIDTH, _HEIGHT, _COLUMNS, _LEGEND = 450.0, 190.0, 2, 26.0

#: Pixels between the whiskers of two lines at the same point.
_APART = 3.0


@dataclass(frozen=True)
class Curve:
    """Points and the (low, high) of each; `colour` is a CSS colour."""

    name: str
    points: Sequence[XY]
    intervals: Sequence[tuple[float, float]]
    colour: str


def curve_panels(panels: Mapping[str, Sequence[Curve]], *, title: str, x_labels: Mapping[str, str]) -> str:
    """A chart per panel, and one legend above; `panels` is name -> its curves, `x_labels` what is on its axis."""
    colours = {curve.name: curve.colour for curves in panels.values() for curve in curves}
    parts = list(_legend(colours))
    for at, (name, curves) in enumerate(panels.items()):
        left, top = (at % _COLUMNS) * (_WIDTH + 40), _LEGEND + (at // _COLUMNS) * (_HEIGHT + 30)
        parts += _panel(name, curves, x_labels[name], left, top)
    rows = math.ceil(len(panels) / _COLUMNS)
    return svg(2 * _WIDTH + 40, _LEGEND + rows * (_HEIGHT + 30), title, parts)


def _legend(colours: Mapping[str, str]) -> Iterator[str]:
    left = 4.0
    for name, colour in colours.items():
        yield f'<rect x="{left:.1f}" y="2" width="12" height="12" rx="2" style="fill:{colour}"/>'
        yield text(left + 18, 12, name, css="label")
        left += 40 + 7.2 * len(name)


def _panel(name: str, curves: Sequence[Curve], x_label: str, left: float, top: float) -> Iterator[str]:
    start, end, ceiling, floor = left + 46, left + _WIDTH - 12, top + 22, top + _HEIGHT - 34
    heights = [value for c in curves for value in (*(p[1] for p in c.points), *(v for i in c.intervals for v in i))]
    y, y_marks = axis(heights, floor, ceiling)
    x, x_marks = axis([p[0] for c in curves for p in c.points], start, end, from_zero=True)
    yield from y_grid(y, y_marks, start, end)
    yield text(left, top + 10, name, css="axis")
    yield from (text(x(mark), floor + 16, number(mark), anchor="middle") for mark in x_marks)
    yield text((start + end) / 2, floor + 32, x_label, anchor="middle", css="axis")
    for at, curve in enumerate(curves):
        shift = (at - (len(curves) - 1) / 2) * _APART
        placed = [(x(px) + shift, y(py)) for px, py in curve.points]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in placed)
        hint = f"<title>{escape(curve.name)}</title>"
        yield f'<polyline points="{path}" class="line" style="stroke:{curve.colour}">{hint}</polyline>'
        for (px, py), (level, value), (low, high) in zip(placed, curve.points, curve.intervals, strict=True):
            said = f"{curve.name}: {value:.1f} ({low:.1f} to {high:.1f}) at {number(level)}"
            yield rule(px, y(low), px, y(high), css="whisker")
            yield (
                f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" style="fill:{curve.colour}">'
                f"<title>{escape(said)}</title></circle>"
            )
