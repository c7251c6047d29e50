"""Scores of filters, read from the provenance of cleaning."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.report.data_charts import mirror_chart, stacked_chart
from eval.report.histograms import BINS, ROW_GROUPS, histogram, read_histograms

SCORES = st.lists(
    st.tuples(st.floats(width=32, allow_nan=True), st.sampled_from(["kept", "length", "other"])),
    min_size=1,
    max_size=60,
)


@given(SCORES)
def test_every_line_with_a_score_is_counted_once(rows):
    scores = np.array([score for score, _ in rows], np.float32)
    kept, dropped = (np.array([outcome == name for _, outcome in rows]) for name in ("kept", "length"))
    found = histogram("length", "ratio", scores, kept, dropped, len(rows))
    measured = ~np.isnan(scores)
    if not (np.isfinite(scores) & (kept | dropped)).any():
        assert found is None
        return
    assert sum(found.kept) == (kept & measured).sum()
    assert sum(found.dropped) == (dropped & measured).sum()
    assert found.elsewhere == (measured & ~kept & ~dropped).sum()
    assert found.low < found.high and len(found.kept) == len(found.dropped) == BINS


def test_the_range_shows_dropped_lines_however_few_they_are():
    scores = np.append(np.linspace(1, 2, 100_000), [9.0, 10.0]).astype(np.float32)
    dropped = scores > 5
    found = histogram("length_ratio", "de", scores, ~dropped, dropped, len(scores))
    assert found.low < 1.1 and found.high > 9
    assert sum(1 for count in found.kept[BINS // 2 :] if count) == 0
    assert sum(found.dropped[BINS // 2 :]) == 2


def test_provenance_is_read_by_filter_and_measure(run_with_rounds):
    (found,) = read_histograms(run_with_rounds / "clean", {"corpora": {"lohelp.en-de-zh": {}}})["lohelp.en-de-zh"]
    assert (found.filter, found.measure, found.rows, found.of) == ("length_ratio", "de", 1000, 1000)
    assert sum(found.kept) == 898 and sum(found.dropped) == 100 and found.elsewhere == 1


def test_of_a_large_corpus_whole_row_groups_are_read_all_over_the_file(tmp_path: Path):
    (tmp_path / "provenance").mkdir()
    lines = 100 * ROW_GROUPS
    table = pa.table({"outcome": ["kept"] * lines, "length.longest": pa.array(range(lines), pa.float32())})
    pq.write_table(table, tmp_path / "provenance/a.en.parquet", row_group_size=20)
    (found,) = read_histograms(tmp_path, {"corpora": {"a.en": {}, "gone.en": {}}})["a.en"]
    assert found.of == lines and found.rows == sum(found.kept) == 20 * ROW_GROUPS
    assert found.low < lines * 0.05 and found.high > lines * 0.95
    thirds = [sum(found.kept[at : at + BINS // 3]) for at in range(0, BINS, BINS // 3)]
    assert max(thirds) < 1.2 * min(thirds)


def test_a_stage_without_provenance_has_none(tmp_path: Path):
    assert read_histograms(tmp_path, {"corpora": {"a.en": {}}}) == {}
    assert read_histograms(tmp_path, {}) == {}


@pytest.mark.parametrize("dropped", [True, False])
def test_the_chart_of_scores_has_a_bar_for_every_bin_with_lines(dropped):
    scores = np.array([0.5, 1, 2, 3, math.inf], np.float32)
    kept = np.array([True, True, True, not dropped, not dropped])
    found = histogram("f<", "m", scores, kept, ~kept, 5)
    chart = ElementTree.fromstring(mirror_chart(found))
    paths = {path.get("class"): path.get("d") for path in chart.iter("path")}
    assert paths["bar good"].count("M") == sum(1 for count in found.kept if count)
    assert ("bar bad" in paths) == dropped
    assert f"{kept.sum()} lines kept" in chart.get("aria-label")


def test_a_stacked_bar_is_divided_by_share_and_no_part_is_lost():
    rows = {"a<b": {"kept": 750, "length": 250, "copy": 0}, "empty": {}}
    series = {"kept": "quiet", "length": "series-0", "copy": "series-1"}
    text = stacked_chart(rows, series, {"a<b": "75%", "empty": "0"}, title="t")
    chart = ElementTree.fromstring(text)
    widths = {bar.get("class"): float(bar.get("width")) for bar in chart.iter("rect")}
    first, second = ((float(bar.get("x")), float(bar.get("width"))) for bar in chart.iter("rect"))
    assert sum(first) == pytest.approx(second[0], abs=0.11)  # side by side
    assert widths["bar quiet"] == pytest.approx(3 * widths["bar series-0"], rel=0.01) and len(widths) == 2
    assert "a<b: length 250 (25.00%)" in [title.text for title in chart.iter("title")]
    assert stacked_chart({}, series, {}, title="t") == ""
