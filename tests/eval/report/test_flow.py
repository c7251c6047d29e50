from __future__ import annotations

from xml.etree import ElementTree

import pytest

from eval.report.build import build_report
from eval.report.flow import data_flow
from eval.report.flow_page import OTHERS, flow_chart, flow_section
from eval.report.read_run import read_run


def test_every_line_is_kept_or_lost_for_a_reason_from_stage_to_stage(run_with_rounds):
    flow = build_report(read_run(run_with_rounds))["flow"]
    steps = {step["step"]: step["parts"] for step in flow["lines"]}
    assert list(steps) == ["clean", "binarize", "synthesize-r1", "clean-r1", "binarize-r1"]
    assert steps["clean"] == {"kept": 799, "length_ratio": 100, "duplicate": 50, "held_out": 50, "set aside": 1}
    assert sum(steps["synthesize-r1"].values()) == 1200
    assert steps["binarize"] == {"kept": 799}


def test_passes_are_consumed_tokens_over_those_of_the_directions_trained():
    news = {"name": "news", "languages": ["en", "de"]}
    sets = [
        {**news, "split": "train", "sentences": 10, "tokens": {"en": 100, "de": 200}},
        {**news, "split": "valid", "sentences": 2, "tokens": {"en": 9, "de": 9}},
    ]
    report = {
        "data": {"binarize": {"sets": sets}},
        "rounds": [],
        "mixture": {"train": {"consumed_tokens": {"en-de/news": 500.0, "de-en/news": 400.0}}},
    }
    flow = data_flow(report)
    assert flow is not None
    assert flow["lines"] == [{"step": "binarize", "parts": {"kept": 10, "valid set": 2}}]
    (row,) = flow["sets"]
    assert row["tokens"] == 300 and row["consumed"] == 900 and row["passes"] == pytest.approx(3)
    # A text of the same name in other languages is no part of what these directions read.
    other = {**news, "languages": ["en", "cs"], "split": "train", "sentences": 5, "tokens": {"en": 50, "cs": 60}}
    both = data_flow({**report, "data": {"binarize": {"sets": [*sets, other]}}})
    assert both is not None and both["sets"][0]["passes"] == pytest.approx(3)
    untrained = data_flow(report | {"mixture": {}})
    assert untrained is not None and untrained["sets"][0]["passes"] is None


def test_without_any_counts_there_is_no_flow():
    assert data_flow({"data": {}, "rounds": [], "mixture": {}}) is None
    assert flow_section(None) is None


def test_bars_are_as_long_as_their_lines_on_one_scale_and_many_reasons_share_a_colour():
    steps = [
        {"step": "clean", "parts": {"kept": 500} | {f"rule{at}": 100 - at for at in range(8)}},
        {"step": "binarize", "parts": {"kept": 500}},
    ]
    section = flow_section({"lines": steps, "sets": []})
    assert section is not None
    parts = list(section["legend"])
    assert (parts[0], parts[-1], len(parts)) == ("kept", OTHERS, 7)
    bars = [
        [
            float(rect.get("width", 0))
            for rect in ElementTree.fromstring(flow_chart(part, section["legend"])).iter("rect")
        ]
        for part in (steps, [steps[0], {"step": "binarize", "parts": {"kept": 250}}])
    ]
    total = sum(bars[0][:7])
    assert bars[0][0] == pytest.approx(total * 500 / sum(steps[0]["parts"].values()), abs=1)
    assert bars[0][7] == pytest.approx(bars[0][0], abs=0.2) and bars[1][7] == pytest.approx(bars[0][0] / 2, abs=0.3)
