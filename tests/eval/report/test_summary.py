from __future__ import annotations

from typing import Any

import pytest

from eval.report.summary import headline, order_systems, summarise


def rows(metric: str = "chrF", **systems: dict[str, float]) -> list[dict[str, Any]]:
    return [
        {"system": name, "direction": direction, "test_set": "t", "metric": metric, "score": score}
        for name, scores in systems.items()
        for direction, score in scores.items()
    ]


THREE = rows(
    vega={"en-de": 20, "de-en": 30, "en-zh": 4},
    copy={"en-de": 10, "de-en": 12, "en-zh": 5},
    untrained={"en-de": 1, "de-en": 2, "en-zh": 3},
)


def test_means_and_counts_against_the_baselines():
    assert summarise(THREE)["chrF"] == {
        "vega": {"mean": 18, "directions": 3, "above_copy": 2, "above_untrained": 3},
        "copy": {"mean": 9, "directions": 3, "above_copy": None, "above_untrained": 3},
        "untrained": {"mean": 2, "directions": 3, "above_copy": 0, "above_untrained": None},
    }


def test_a_system_with_one_direction_is_compared_there_only():
    summary = summarise(THREE + rows(tuned={"en-de": 25}))["chrF"]["tuned"]
    assert summary == {"mean": 25, "directions": 1, "above_copy": 1, "above_untrained": 1}


def test_a_tie_is_not_above():
    assert summarise(rows(vega={"en-de": 5}, copy={"en-de": 5}))["chrF"]["vega"]["above_copy"] == 0


def test_one_direction_in_two_test_sets_counts_twice():
    scores = rows(vega={"en-de": 10}) + [row | {"test_set": "u", "score": 20} for row in rows(vega={"en-de": 0})]
    assert summarise(scores)["chrF"]["vega"] == {
        "mean": 15, "directions": 2, "above_copy": None, "above_untrained": None,
    }  # fmt: skip


def test_the_headline_is_about_the_system_with_the_most_directions_even_if_a_tuned_one_scores_higher():
    facts = headline(THREE + rows(tuned={"en-de": 90}))
    assert facts is not None
    assert (facts.best, facts.mean, facts.directions) == ("vega", 18, 3)
    assert (facts.copy_mean, facts.untrained_mean, facts.above_copy, facts.above_untrained) == (9, 2, 2, 3)


def test_baseline_means_are_over_the_best_systems_directions():
    facts = headline(rows(vega={"en-de": 20}, copy={"en-de": 10, "de-en": 90}))
    assert facts is not None and facts.copy_mean == 10 and facts.verdict == "yes"


def test_chrf_is_judged_before_bleu():
    facts = headline(rows("BLEU", vega={"en-de": 1}) + rows("chrF", vega={"en-de": 20}))
    assert facts is not None and facts.metric == "chrF"


@pytest.mark.parametrize(
    ("vega", "expected"),
    [
        ([20, 20, 20, 20, 20], "yes"),
        ([20, 20, 20, 20, 9], "yes"),  # above copying in 4 of 5 = 80 %
        ([20, 20, 20, 9, 9], "partly"),
        ([90, 20, 20, 20, 1], "partly"),  # below untrained once
        ([10, 10, 10, 10, 10], "no"),
        ([0, 0, 0, 0, 0], "no"),
    ],
)
def test_the_verdict(vega, expected):
    names = ["en-de", "de-en", "en-zh", "zh-en", "en-ja"]
    systems = {"vega": vega, "copy": [10] * 5, "untrained": [2] * 5}
    facts = headline(rows(**{name: dict(zip(names, scores, strict=True)) for name, scores in systems.items()}))
    assert facts is not None and facts.verdict == expected


def test_without_baselines_there_is_no_verdict_and_without_a_trained_system_no_headline():
    facts = headline(rows(vega={"en-de": 5}))
    assert facts is not None and facts.verdict == "unknown"
    assert headline(rows(copy={"en-de": 5})) is None
    assert headline([]) is None


def test_baselines_come_first_then_the_order_of_translating():
    scores = rows(**{name: {"en-de": 1.0} for name in ("a", "b", "copy", "stray", "untrained")})
    assert order_systems(scores, ["b", "a", "copy", "gone"]) == ["copy", "untrained", "b", "a", "stray"]
