"""A time budget sums to the wall time, whatever ran when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.report.budget import BETWEEN, REST, RESTARTS, STARTING, Span, budget, divide, merged


def manifest(start: float, end: float) -> dict[str, Any]:
    return {key: datetime.fromtimestamp(at, UTC).isoformat() for key, at in (("started", start), ("finished", end))}


spans = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 30)).map(lambda pair: Span(pair[0], pair[0] + pair[1])), min_size=1
).map(merged)


@given(st.dictionaries(st.sampled_from("abcd"), spans, min_size=1))
def test_parts_sum_to_the_time_from_the_first_start_to_the_last_end(stages):
    seconds = divide(stages)
    ends = [edge for found in stages.values() for span in found for edge in span]
    assert sum(seconds.values()) == pytest.approx(max(ends) - min(ends))
    assert all(seconds[stage] <= sum(span.end - span.start for span in stages[stage]) + 1e-9 for stage in stages)


def test_stages_that_ran_together_share_their_time_and_waiting_is_a_part():
    found = budget({"a": manifest(0, 100), "b": manifest(50, 150), "c": manifest(200, 210)}, {}, 36.0)
    assert found is not None and found["wall"] == 210 and found["cost"] == pytest.approx(2.1)
    seconds = {row["part"]: row["seconds"] for row in found["rows"]}
    assert seconds == {"a": 75, "b": 75, "c": 10, BETWEEN: 50}
    assert [row["cost"] for row in found["rows"]] == pytest.approx([0.75, 0.75, 0.1, 0.5])


#: Trained for 100 s, was killed, began again 40 s later, and validated and saved after its last log line.
EVENTS = [
    {"event": "start", "time": 1010.0, "seconds": 10.0},
    {"event": "train", "time": 1060.0, "wall_s": 50.0, "compute_share": 0.8, "data_share": 0.2, "pad_share": 0.3},
    {"event": "validation", "time": 1100.0, "seconds": 30.0},
    {"event": "start", "time": 1150.0, "seconds": 10.0},
    {"event": "validation", "time": 1160.0, "seconds": 4.0},
    {"event": "train", "time": 1200.0, "wall_s": 50.0, "compute_share": 0.9, "validation_share": 0.1},
    {"event": "checkpoint", "time": 1208.0, "seconds": 8.0},
]


def test_training_that_was_started_twice_has_both_starts_and_the_wait_between_them():
    found = budget({"train": manifest(1140, 1215)}, {"train": EVENTS}, None)
    assert found is not None
    assert {row["part"]: row["seconds"] for row in found["rows"]} == {"train": 175, RESTARTS: 40}
    (training,) = found["training"]
    assert training["starts"] == 2 and training["seconds"] == 175
    # The validation before the second log line is in that line's share; the one after the first line is in none.
    expected = {STARTING: 20, "compute": 85, "data": 10, "validation": 35, "checkpoint": 8, REST: 17}
    assert training["parts"] == pytest.approx(expected)
    assert sum(training["parts"].values()) == pytest.approx(training["seconds"])


def test_events_without_a_time_or_with_nulls_do_no_harm():
    events = [
        {"event": "start", "time": 5.0, "seconds": None},
        {"event": "train"},
        {"note": 1, "time": 2.0},
        {"event": "train", "time": 15.0, "wall_s": None, "compute_share": None},
        {"event": "other", "time": 25.0},
    ]
    found = budget({}, {"train": events}, None)
    assert found is not None and found["wall"] == 20 and found["training"][0]["parts"][REST] == 20


def test_without_times_there_is_no_budget():
    assert budget({"clean": {}}, {}, 5.0) is None
    assert budget({}, {"train": []}, None) is None
