"""The score of a part is that of its lines alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.breakdown import by_document, by_domain, groups
from eval.score import measure
from tests.vega.test_metrics import REFERENCES, outputs

REFERENCE = list(REFERENCES[0].lines)
SYSTEMS = {"good": outputs(0.1)[0], "bad": outputs(0.9)[0]}


@pytest.mark.parametrize("metric", ["bleu", "chrf", "ter"])
@settings(max_examples=5, deadline=None)
@given(names=st.lists(st.sampled_from(["", "x", "y"]), min_size=len(REFERENCE), max_size=len(REFERENCE)))
def test_parts_are_scored_like_files_of_their_lines(metric: str, names: list[str]) -> None:
    whole = measure(SYSTEMS, [REFERENCE], metric=metric, target="en")
    domains = {(row["domain"], row["system"]): row for row in by_domain(whole, names, resamples=30, seed=3)}
    documents = {row["document"]: row for row in by_document(whole, names, None)}
    assert {name for name, _ in domains} == set(documents) == set(names) - {""}
    for name, lines in groups(names).items():
        part = {system: [text[line] for line in lines] for system, text in SYSTEMS.items()}
        alone = measure(part, [[REFERENCE[line] for line in lines]], metric=metric, target="en")
        scores = alone.with_intervals(alone.resampled(30, 3), 3)
        assert documents[name]["first_line"] == names.index(name) + 1
        for system, expected in scores.items():
            row = domains[name, system]
            assert (row["score"], row["low"], row["high"]) == (expected.score, expected.low, expected.high)
            assert documents[name]["scores"][system] == pytest.approx(expected.score, abs=1e-9)
            assert row["lines"] == documents[name]["lines"] == len(lines)


def test_lines_without_a_name_are_in_no_part() -> None:
    whole = measure(SYSTEMS, [REFERENCE], metric="chrf", target="en")
    assert by_domain(whole, [""] * len(REFERENCE), resamples=0, seed=1) == []
    assert by_document(whole, [""] * len(REFERENCE), None) == []
