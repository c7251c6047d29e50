"""What the report shows of probes, from what the stage writes."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from eval.report.contour import BANDS, Surface, band, contour_chart, contour_segments
from eval.report.probe import figures, tables

HOSTILE = "<script>alert(\"1\")</script> & 'x'"
AXIS = [-1.0, 0.0, 1.0]


def landscape(model: str, start: str | None = "seed 1", **changes: Any) -> dict[str, Any]:
    losses = [[9.0, 5.0, 4.0], [8.0, 6.0, 2.0], [None, 7.0, 3.5]]
    return {
        "model": model, "directions": "from the start to the model, and to b", "start": start, "start_cosine": 0.5,
        "other": "b", "tokens": 100, "loss": 2.0, "start_loss": 6.0 if start else None, "lowest": 2.0, "margin": 1.0,
        "flatness": 1 / 9, "axis": AXIS, "losses": losses, **changes,
    }  # fmt: skip


def content(*models: str) -> dict[str, Any]:
    curve = [
        {"level": 0.0, "score": 30.0, "gain": 0.0, "low": 0.0, "high": 0.0},
        {"level": 0.2, "score": 20.0, "gain": -10.0, "low": -12.0, "high": -8.5},
    ]
    lexical = {
        "tokens": 40, "vocabulary": 60, "entropy": 2.5, "negative": 0.4, "width": 2.0, "histogram": [10, 20, 10],
        "by_direction": {"en-de": 2.5},
    }  # fmt: skip
    diversity = {
        "set": "dev en-de", "sentences": 2, "tokens": 1000, "types": 500, "variety": 0.5, "sentence_variety": 0.9,
        "distinct": [0.5, 0.6, 0.7, 0.8],
    }  # fmt: skip
    rises = [{"rho": 0.05, "along_gradient": 0.01, "at_random": 0.001}]
    return {
        "models": list(models),
        "landscape": [landscape(name) for name in models],
        "sharpness": [{"model": name, "tokens": 100, "loss": 2.0, "rises": rises} for name in models],
        "lexical": [{"model": name, **lexical} for name in models],
        "noise": [
            {"model": name, "kind": kind, "metric": metric, "points": curve}
            for name in models
            for kind in ("drop", "typos")
            for metric in ("BLEU", "chrF")
        ],
        "diversity": [{"system": name, **diversity} for name in (*models, "reference")],
        "seconds": 1.0,
    }


def test_a_table_and_its_rows_for_each_probe() -> None:
    found = tables(content("a", "b"))
    assert [len(table.rows) for table in found] == [2, 2, 2, 16, 3]
    assert all(len(row) == len(table.head) for table in found for row in table.rows)
    flat, sharp, lexical, noise, diversity = (table.rows[0] for table in found)
    assert flat[:6] == ["a", "2.000", "2.000", "6.000", "11.1%", "seed 1"]
    assert sharp == ["a", "2.000", "0.01000", "0.00100"]
    assert lexical == ["a", "40", "2.500", "40.0%", "2.500"]
    assert noise[4:] == ["30.0", "+0.0", "+0.0 to +0.0"]
    assert diversity == ["a", "dev en-de", "1,000", "500", "0.500", "0.900", "0.600", "0.700", "0.800"]


def test_what_did_not_run_is_not_shown() -> None:
    assert tables({"models": ["a"], "seconds": 1.0}) == figures({"models": ["a"], "seconds": 1.0}) == []
    only = {key: value for key, value in content("a").items() if key in ("models", "lexical")}
    assert len(tables(only)) == len(figures(only)) == 1


def test_a_start_that_is_not_known_is_neither_marked_nor_made_up() -> None:
    rows = [landscape("a", start=None), landscape("b")]
    (table,) = tables({"landscape": rows})
    assert table.rows[0][3:6] == ["", "11.1%", "not known"]
    ((_, chart),) = figures({"landscape": rows})
    marks = [text.text for text in ElementTree.fromstring(chart).iter("text") if text.text in ("start", "model")]
    assert sorted(marks) == ["model", "model", "start"]


def test_every_figure_is_a_document_with_all_models_and_nothing_of_the_run_unescaped() -> None:
    found = figures(content("a", HOSTILE))
    assert len(found) == 4
    for _, chart in found:
        texts = " ".join(element.text or "" for element in ElementTree.fromstring(chart).iter())
        assert HOSTILE in texts and "<script" not in chart
        assert not re.search(r"(NaN|inf)", chart)


def test_a_curve_has_its_points_and_intervals_in_place() -> None:
    chart = ElementTree.fromstring({caption[:4]: svg for caption, svg in figures(content("a", "b"))}["BLEU"])
    circles = [float(circle.get("cy", 0)) for circle in chart.iter("circle")]
    assert len(circles) == 2 * 2 * 2 and len(set(circles)) == 2  # panels, models, points: two panels side by side
    across = [float(circle.get("cx", 0)) for circle in chart.iter("circle")]
    assert len(set(across)) == 8 and max(across[:4]) < 450 < min(across[4:])
    whiskers = [line for line in chart.iter("line") if line.get("class") == "whisker"]
    spans = [abs(float(line.get("y1", 0)) - float(line.get("y2", 0))) for line in whiskers]
    drop = circles[1] - circles[0]
    assert spans[1] == pytest.approx(3.5 / 10 * drop, rel=0.02) and spans[0] == 0


def test_bands_are_of_doubled_heights() -> None:
    assert [band(height, 1.0) for height in (0, 0.3, 0.99, 1.0, 7.9, 8.0)] == [0, 1, 2, 3, 5, 6]
    assert band(None, 1.0) == len(BANDS)
    assert band(1.0, 2.0) == band(0.5, 1.0)


def test_a_contour_lies_where_the_surface_has_its_level() -> None:
    """On the slope x + 2y it is the straight line; where a corner is missing there is none."""
    axis = [-2.0, -1.0, 0.0, 1.0, 2.0]
    slope: list[list[float | None]] = [[x + 2 * y for x in axis] for y in axis]
    points = contour_segments(axis, slope, 0.7)
    assert len(points) > 4 and len(points) % 2 == 0
    assert all(x + 2 * y == pytest.approx(0.7) for x, y in points)
    assert min(x for x, _ in points) == -2 and max(x for x, _ in points) == 2
    slope[4][0] = None
    assert not any(x < -1 and y > 1 for x, y in contour_segments(axis, slope, 0.7))
    assert contour_segments(axis, slope, 99) == []


def test_a_closed_contour_is_as_long_as_its_circle() -> None:
    axis = [at / 10 - 2 for at in range(41)]
    bowl = [[x * x + y * y for x in axis] for y in axis]
    points = contour_segments(axis, bowl, 1.0)
    lengths = [((a - c) ** 2 + (b - d) ** 2) ** 0.5 for (a, b), (c, d) in zip(points[::2], points[1::2], strict=True)]
    assert sum(lengths) == pytest.approx(2 * 3.14159, rel=0.01)


def test_the_cells_of_a_panel_fill_it() -> None:
    flat: list[list[float | None]] = [[1.0] * 3, [1.0, 2.0, 9.0], [None] * 3]
    chart = ElementTree.fromstring(
        contour_chart([Surface("a", AXIS, flat)], title="t", unit=1, unit_name="nats", axes="x")
    )
    cells = [rect for rect in chart.iter("rect") if float(rect.get("height", 0)) > 20]
    assert len(cells) == 1 + 3 + 1
    area = sum(float(cell.get("width", 0)) * float(cell.get("height", 0)) for cell in cells)
    assert area == pytest.approx(270 * 270, rel=1e-3)
    nothing = Surface("a", AXIS, [[None] * 3] * 3)
    assert contour_chart([nothing], title="t", unit=1, unit_name="nats", axes="x") == ""
