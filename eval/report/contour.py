"""A surface over a plane seen from above: bands of height, contour lines, and marked points. SVG, as in `charts`.

Heights are above the lowest point of the surface, in doublings of one unit, so that surfaces of different losses can
be compared: a wide light area is a flat valley.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from eval.report.axes import Scale, number
from eval.report.charts import XY, svg, text

#: Heights at which bands end, in units; above the last there is one more band.
BANDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)

_PANEL, _GAP, _COLUMNS = 270.0, 44.0, 3
_TOP, _LEGEND, _LEGEND_WIDTH = 24.0, 40.0, 740.0


@dataclass(frozen=True)
class Surface:
    """Values in rows for y, each over x, both along `axis`; None where there is none. `marks` are named points."""

    name: str
    axis: Sequence[float]
    values: Sequence[Sequence[float | None]]
    marks: Mapping[str, XY] = field(default_factory=dict)


def contour_chart(surfaces: Sequence[Surface], *, title: str, unit: float, unit_name: str, axes: str) -> str:
    """A panel per surface; the contour at one unit is drawn bold. `axes` says what x and y are."""
    drawn = [surface for surface in surfaces if _lowest(surface) is not None]
    if not drawn:
        return ""
    parts: list[str] = []
    for at, surface in enumerate(drawn):
        left = _GAP + (at % _COLUMNS) * (_PANEL + _GAP)
        top = _TOP + (at // _COLUMNS) * (_PANEL + _TOP + _GAP)
        parts += _panel(surface, left, top, unit)
    bottom = _TOP + math.ceil(len(drawn) / _COLUMNS) * (_PANEL + _TOP + _GAP)
    width = max(_GAP + min(len(drawn), _COLUMNS) * (_PANEL + _GAP), _LEGEND_WIDTH)
    parts += _legend(bottom, unit, unit_name, axes)
    return svg(width, bottom + _LEGEND, title, parts)


def band(height: float | None, unit: float) -> int:
    """Number of the band that a height above the lowest point is in, 0 the lowest; None is in the highest."""
    if height is None:
        return len(BANDS)
    return sum(height >= limit * unit for limit in BANDS)


def contour_segments(axis: Sequence[float], values: Sequence[Sequence[float | None]], level: float) -> list[XY]:
    """Ends of straight pieces of the line where the surface has this level, two by two, in the axis's numbers.

    Each square of the grid is four triangles around its middle, which has the mean of the corners; on a triangle the
    surface is flat. Squares with a missing corner have no line.
    """
    found: list[XY] = []
    for y in range(len(axis) - 1):
        for x in range(len(axis) - 1):
            corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]
            heights = [value for i, j in corners if (value := values[j][i]) is not None]
            if len(heights) < 4:
                continue
            points = [(axis[i], axis[j], h) for (i, j), h in zip(corners, heights, strict=True)]
            middle = (sum(p[0] for p in points) / 4, sum(p[1] for p in points) / 4, sum(heights) / 4)
            for one, two in zip(points, [*points[1:], points[0]], strict=True):
                found += _crossing([one, two, middle], level)
    return found


def _crossing(triangle: list[tuple[float, float, float]], level: float) -> list[XY]:
    """Where the level leaves and enters a triangle, if it does."""
    ends = []
    for (x1, y1, z1), (x2, y2, z2) in zip(triangle, [*triangle[1:], triangle[0]], strict=True):
        if (z1 < level) != (z2 < level):
            share = (level - z1) / (z2 - z1)
            ends.append((x1 + share * (x2 - x1), y1 + share * (y2 - y1)))
    return ends


def _lowest(surface: Surface) -> float | None:
    return min((value for row in surface.values for value in row if value is not None), default=None)


def _panel(surface: Surface, left: float, top: float, unit: float) -> Iterator[str]:
    axis, lowest = surface.axis, _lowest(surface)
    assert lowest is not None
    half = (axis[-1] - axis[0]) / (len(axis) - 1) / 2
    x = Scale(axis[0] - half, axis[-1] + half, left, left + _PANEL)
    y = Scale(axis[0] - half, axis[-1] + half, top + _PANEL, top)
    yield text(left, top - 8, surface.name, css="label")
    for row, values in zip(axis, surface.values, strict=True):
        bands = [band(None if value is None else value - lowest, unit) for value in values]
        start = 0
        for number_of, cells in groupby(bands):  # neighbours of one band are one rectangle
            end = start + len(list(cells))
            yield _cell(x(axis[start] - half), y(row + half), x(axis[end - 1] + half), y(row - half), number_of)
            start = end
    for limit in BANDS:
        points = contour_segments(axis, surface.values, lowest + limit * unit)
        if points:
            pieces = "".join(
                f"M{x(a):.1f} {y(b):.1f}L{x(c):.1f} {y(d):.1f}"
                for (a, b), (c, d) in zip(points[::2], points[1::2], strict=True)
            )
            style = f"fill:none;stroke:var(--ink);stroke-width:{2 if limit == 1 else 0.6}"
            yield f'<path d="{pieces}" style="{style}"><title>{number(lowest + limit * unit)}</title></path>'
    for mark in range(math.ceil(axis[0]), math.floor(axis[-1]) + 1):
        yield text(x(mark), top + _PANEL + 15, number(mark), anchor="middle")
        yield text(left - 6, y(mark) + 4, number(mark), anchor="end")
    for name, (px, py) in surface.marks.items():
        style = "fill:var(--series-2);stroke:var(--paper);stroke-width:1.5"
        hint = f"<title>{escape(name)}</title>"
        yield f'<circle cx="{x(px):.1f}" cy="{y(py):.1f}" r="4.5" style="{style}">{hint}</circle>'
        rightmost = px == max(place[0] for place in surface.marks.values())
        yield text(
            x(px) + (8 if rightmost else -8), y(py) + 4, name, anchor="start" if rightmost else "end", css="label"
        )


def _cell(left: float, top: float, right: float, bottom: float, number_of: int) -> str:
    opacity = 0.9 * number_of / len(BANDS)
    size = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
    return f'<rect {size} shape-rendering="crispEdges" style="fill:var(--series-0);fill-opacity:{opacity:.2f}"/>'


def _legend(top: float, unit: float, unit_name: str, axes: str) -> Iterator[str]:
    yield text(_GAP, top - 20, axes, css="axis")
    yield text(_GAP, top, f"Height above the lowest point, in {unit_name}:", css="axis")
    for at in range(len(BANDS) + 1):
        left = _GAP + at * 96
        said = f"below {number(BANDS[at] * unit)}" if at < len(BANDS) else f"{number(BANDS[-1] * unit)} or more"
        frame = "" if at else 'stroke="currentColor" stroke-opacity="0.3" '
        opacity = 0.9 * at / len(BANDS)
        fill = f'style="fill:var(--series-0);fill-opacity:{opacity:.2f}"'
        yield f'<rect x="{left:.1f}" y="{top + 10:.1f}" width="14" height="14" {frame}{fill}/>'
        yield text(left + 19, top + 21, said)
