from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.report.axes import Scale, axis, duration, number, ticks
from eval.report.charts import MAX_POINTS, Bar, Line, Row, bar_chart, line_chart, row_chart, thin

HOSTILE = "<script>alert(\"1\")</script> & 'x'"
finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(finite, min_size=1), st.booleans())
def test_an_axis_covers_all_its_values_with_a_handful_of_even_ticks(values, from_zero):
    scale, marks = axis(values, 300, 20, from_zero=from_zero)
    slack = 1e-6 * (marks[-1] - marks[0])  # of rounding
    assert marks[0] - slack <= min(values) and max(values) <= marks[-1] + slack
    assert all(20 - 1e-3 <= scale(value) <= 300 + 1e-3 for value in values)
    assert 2 <= len(marks) <= 8
    steps = [after - before for before, after in pairwise(marks)]
    assert max(steps) == pytest.approx(min(steps), rel=1e-6)
    assert not from_zero or marks[0] <= 0 <= marks[-1]


def test_ticks_are_round_numbers():
    assert ticks(0, 100) == [0, 25, 50, 75, 100]
    assert ticks(4.1, 11.6) == [4, 6, 8, 10, 12]
    assert ticks(3, 3) == [2, 2.5, 3, 3.5, 4]


def test_a_scale_maps_ends_to_ends():
    scale = Scale(10, 20, 300, 0)
    assert [scale(10), scale(15), scale(20)] == [300, 150, 0]


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (12000, "12,000"), (0.5, "0.5"), (2.5, "2.5"), (0.0005, "5e-04"), (0.02, "0.02")]
)
def test_numbers_have_no_needless_digits(value, written):
    assert number(value) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(4.23, "4.2 s"), (59.4, "59 s"), (59.9, "1 min 0 s"), (200, "3 min 20 s"), (18720, "5 h 12 min")],
)
def test_durations_are_said_as_people_say_them(seconds, written):
    assert duration(seconds) == written


def bars(values: dict[tuple[str, str], Bar], names: list[str]) -> ElementTree.Element:
    groups = list(dict.fromkeys(group for group, _ in values))
    series = {name: f"series-{at}" for at, name in enumerate(names)}
    chart = bar_chart(groups, series, values, title=HOSTILE, y_label="chrF", highest=90)
    return ElementTree.fromstring(chart)


def test_one_bar_for_each_score_as_tall_as_its_value():
    values = {("en-de", "a"): Bar(30, 25, 35), ("en-de", "b"): Bar(60), ("de-en", "a"): Bar(15, 10, 20)}
    chart = bars(values, ["a", "b"])
    heights = [float(rect.get("height", 0)) for rect in chart.iter("rect")]
    assert heights == pytest.approx([2 * heights[2], 4 * heights[2], heights[2]], abs=0.2)
    assert len([line for line in chart.iter("line") if line.get("class") == "whisker"]) == 2
    hints = [title.text for title in chart.iter("title")]
    assert hints == ["en-de, a: 30.0 (25.0 to 35.0)", "en-de, b: 60.0", "de-en, a: 15.0 (10.0 to 20.0)"]


def test_bars_of_a_group_do_not_overlap():
    names = [f"system{at}" for at in range(6)]
    chart = bars({(group, name): Bar(50) for group in ("en-de", "de-en") for name in names}, names)
    spans = sorted((float(r.get("x", 0)), float(r.get("width", 0))) for r in chart.iter("rect"))
    assert all(x + width <= after for (x, width), (after, _) in pairwise(spans))


def test_charts_with_the_same_highest_value_share_their_scale():
    heights = []
    for other in (5.0, 80.0):
        chart = bars({("en-de", "a"): Bar(40), ("de-en", "a"): Bar(other)}, ["a"])
        heights.append(next(chart.iter("rect")).get("height"))
    assert heights[0] == heights[1]


def test_a_line_passes_through_all_its_points_within_the_chart():
    points = [(10.0, 9.0), (20.0, 7.0), (30.0, 5.5)]
    chart = ElementTree.fromstring(
        line_chart([Line(HOSTILE, points, "series-0", dots=True)], title=HOSTILE, x_label="updates", y_label="bits")
    )
    drawn = [tuple(map(float, pair.split(","))) for pair in next(chart.iter("polyline")).get("points", "").split()]
    assert len(drawn) == 3
    assert all(0 <= x <= 940 and 0 <= y <= 320 for x, y in drawn)
    assert [x for x, _ in drawn] == sorted(x for x, _ in drawn)
    assert [y for _, y in drawn] == sorted(y for _, y in drawn)  # falling loss: larger y is lower on the page
    assert len(list(chart.iter("circle"))) == 3


def test_a_line_without_points_draws_nothing_and_a_single_point_is_a_dot():
    assert line_chart([Line("a", [], "series-0")], title="t", x_label="x", y_label="y") == ""
    assert "<circle" in line_chart([Line("a", [(1, 2)], "series-0")], title="t", x_label="x", y_label="y")


@given(st.integers(1, 5000))
def test_thinning_keeps_the_first_and_the_last_point(count):
    points = [(float(at), 0.0) for at in range(count)]
    kept = thin(points)
    assert kept[0] == points[0] and kept[-1] == points[-1]
    assert len(kept) <= MAX_POINTS + 1 and kept == sorted(set(kept))


def test_rows_are_as_long_as_their_values_and_fit():
    chart = ElementTree.fromstring(
        row_chart(
            [Row("train", 400, "6 min 40 s", 300), Row(HOSTILE[:9], 100, "1 min"), Row("zero", 0, "0 s")], title="t"
        )
    )
    lengths = [float(rect.get("width", 0)) for rect in chart.iter("rect")]
    assert lengths[0] == pytest.approx(4 * lengths[1], abs=0.5)
    assert lengths[2] >= 1
    assert max(float(r.get("x", 0)) + float(r.get("width", 0)) for r in chart.iter("rect")) < 940
    assert len([line for line in chart.iter("line") if line.get("class") == "mark"]) == 1
    assert row_chart([], title="t") == ""


def test_text_from_a_run_is_escaped_in_every_chart():
    charts = [
        bar_chart(
            [HOSTILE], {HOSTILE: "copy"}, {(HOSTILE, HOSTILE): Bar(1)}, title=HOSTILE, y_label=HOSTILE, highest=2
        ),
        line_chart([Line(HOSTILE, [(1, 2)], "copy", dots=True)], title=HOSTILE, x_label=HOSTILE, y_label=HOSTILE),
        row_chart([Row(HOSTILE, 1, HOSTILE)], title=HOSTILE),
    ]
    for chart in charts:
        assert "<script" not in chart
        texts = [element.text for element in ElementTree.fromstring(chart).iter() if element.text]
        assert any(HOSTILE in text for text in texts)
        assert not re.search(r"(NaN|inf)", chart)
