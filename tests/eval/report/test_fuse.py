"""What the report shows of a fusion is what its stage wrote."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from eval.report.fuse import figures, tables

CONTENT: dict[str, Any] = {
    "metric": "chrf",
    "first": "ri",
    "second": "pt",
    "fused": "fused model",
    "sentences": ["The fused model is worse on dev than pt, the better parent.", "Over plain average: +1.00."],
    "models": [
        {"name": "ri", "score": 40.0, "loss": 2.5, "fused_gain": 1.25, "fused_low": 0.5, "fused_high": 2.0},
        {"name": "pt", "score": 42.0, "loss": 2.25, "fused_gain": -0.75, "fused_low": -1.5, "fused_high": -0.1},
        {"name": "fused model", "score": 41.25, "loss": 2.75, "fused_gain": 0.0, "fused_low": 0.0, "fused_high": 0.0},
    ],
    "squared_distance": {"before": 1234.5, "after": 1000.0},
    "lines": {
        "before": {"shares": [0.0, 0.5, 1.0], "losses": [2.25, 5.0, 2.5], "height": 2.625, "highest": 0.5},
        "after": {"shares": [0.0, 0.5, 1.0], "losses": [2.25, 3.0, 2.5], "height": 0.625, "highest": 0.5},
    },
}


def test_the_verdict_stands_over_the_models() -> None:
    models, barriers = tables(CONTENT)
    assert models.caption.startswith("The fused model is worse on dev than pt")
    assert models.rows[1] == ["pt", "42.00", "2.250", "-0.75", "-1.50 to -0.10"]
    assert models.rows[2] == ["fused model", "41.25", "2.750", "", ""]
    assert barriers.rows == [
        ["before alignment", "2.6250", "0.5", "1234.5"],
        ["after alignment", "0.6250", "0.5", "1000"],
    ]
    assert all(len(row) == len(table.head) for table in (models, barriers) for row in table.rows)


def test_the_chart_has_a_line_before_and_one_after_alignment() -> None:
    [(caption, chart)] = figures(CONTENT)
    assert "from pt (0) to ri (1): before alignment orange, after alignment blue" in caption
    lines = [each for each in ElementTree.fromstring(chart).iter() if each.tag.endswith("polyline")]
    assert [line.get("class") for line in lines] == ["line series-2", "line series-0"]
    heights = [[float(point.split(",")[1]) for point in (line.get("points") or "").split()] for line in lines]
    assert heights[0][0] == heights[1][0] and heights[0][2] == heights[1][2]  # both end at the parents
    assert heights[0][1] < heights[1][1]  # the barrier before is higher; y goes down


@pytest.mark.parametrize("names", [[], ["before"]])
def test_without_a_line_there_is_no_chart_and_without_alignment_one_line(names: list[str]) -> None:
    content = {**CONTENT, "lines": {name: CONTENT["lines"][name] for name in names}}
    assert len(tables(content)) == 1 + len(names)
    assert len(figures(content)) == len(names)
