"""Groups, worst sentences, and the file."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.analysis.check import Text
from eval.analysis.groups import count_words, find_groups, mean_scores
from eval.analysis.run import analyse, write_analysis
from eval.analysis.worst import MOST, worst_lines

SOURCE = ["a b c", "a b", "d e f g h", "a"]
REFERENCE = ["eins zwei drei", "eins zwei", "vier eins zwei drei eins", "eins"]


def groups(text: Text, domains=None, frequencies=None) -> dict[str, dict[str, list[int]]]:
    found: dict[str, dict[str, list[int]]] = {}
    for group in find_groups(text, domains, frequencies):
        found.setdefault(group.by, {})[group.name] = group.lines
    return found


def test_groups() -> None:
    found = groups(Text(SOURCE, REFERENCE, "en", "de"), ["news", "", "news", "chat"])
    assert found == {
        "length": {"1": [3], "2": [1], "3": [0], "5": [2]},
        "frequency": {"1": [2], "2-3": [0, 1], "4-9": [3]},
        "domain": {"chat": [3], "news": [0, 2]},
    }


def test_frequencies_of_training_text() -> None:
    training = count_words(["Eins, eins ZWEI!"] * 60 + ["drei"], "de")
    assert training == {"eins": 120, "zwei": 60, "drei": 1}
    found = groups(Text(SOURCE, REFERENCE, "en", "de"), None, training)
    assert found["frequency"] == {"0": [2], "1": [0], "10-99": [1], "100-999": [3]}
    assert count_words(["字字 a。"], "zh") == {"字": 2, "a": 1}


@given(st.lists(st.text("ab ", max_size=20), min_size=1, max_size=30), st.sampled_from(["en", "zh"]))
def test_every_line_is_in_one_group_by_length(source: list[str], code: str) -> None:
    found = groups(Text(source, source, code, code))["length"]
    assert sorted(line for lines in found.values() for line in lines) == list(range(len(source)))
    assert len(found) <= 4


def test_groups_have_the_mean_of_their_lines() -> None:
    group = find_groups(Text(SOURCE, REFERENCE, "en", "de"), ["x", "y", "x", "y"], None)[-2]
    assert (group.by, group.name) == ("domain", "x")
    assert mean_scores(group, {"a": [10, 0, 20, 0], "b": [1, 5, 2.5, 5]}) == {"a": 15, "b": 1.75}


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=120))
def test_worst_lines_are_the_largest_gaps(scores: list[tuple[int, int]]) -> None:
    own, other = [float(a) for a, _ in scores], [float(b) for _, b in scores]
    rows = {(row["system"], row["against"]): row["lines"] for row in worst_lines({"own": own, "other": other})}
    gaps = [row["gap"] for row in rows["own", "other"]]
    assert gaps == sorted((b - a for a, b in scores if b > a), reverse=True)[:MOST]
    for row in rows["own", "other"]:
        assert other[row["line"] - 1] - own[row["line"] - 1] == row["gap"]
    behind = {row["line"] for row in rows["own", "other"]}
    assert not behind & {row["line"] for row in rows["other", "own"]}


def test_the_file_has_all_test_sets(tmp_path: Path) -> None:
    outputs = {"good": REFERENCE, "bad": ["", *REFERENCE[1:]]}
    scores = {"good": [100.0] * 4, "bad": [0.0, 100, 100, 100]}
    analyses = [analyse(name, "en-de", SOURCE, REFERENCE, outputs, scores, None) for name in ("one", "two")]
    write_analysis(tmp_path / "analysis.json", analyses)
    content = json.loads((tmp_path / "analysis.json").read_text(encoding="utf-8"))
    assert [(row["test_set"], row["direction"], row["system"], row["lines"]) for row in content["systems"]] == [
        (name, "en-de", system, 4) for name in ("one", "two") for system in ("good", "bad")
    ]
    assert content["systems"][1]["rates"]["empty"] == 25 and content["systems"][1]["examples"]["empty"] == [1]
    assert content["systems"][0]["rates"]["digits_missing"] is None
    assert content["worst"][1] == {
        "test_set": "one", "direction": "en-de", "system": "bad", "against": "good",
        "lines": [{"line": 1, "gap": 100.0}],
    }  # fmt: skip
    assert {"by": "length", "group": "3", "lines": 1, "scores": {"good": 100.0, "bad": 0.0}}.items() <= (
        next(row for row in content["groups"] if row["group"] == "3").items()
    )


def test_nothing_depends_on_the_order_of_lines() -> None:
    scores = {"a": [1.0, 2, 3, 4], "b": [4.0, 3, 2, 1]}
    domains = ["x", "y", "x", ""]
    before = analyse("t", "en-de", SOURCE, REFERENCE, {"a": SOURCE}, scores, domains)
    order = random.Random(3).sample(range(4), 4)

    def moved(column: list) -> list:
        return [column[place] for place in order]

    after = analyse(
        "t", "en-de", moved(SOURCE), moved(REFERENCE), {"a": moved(SOURCE)},
        {name: moved(column) for name, column in scores.items()}, moved(domains),
    )  # fmt: skip
    assert after.systems[0]["rates"] == before.systems[0]["rates"]
    assert after.groups == before.groups
    assert [{row["gap"] for row in pair["lines"]} for pair in after.worst] == [
        {row["gap"] for row in pair["lines"]} for pair in before.worst
    ]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="3 lines against 4"):
        analyse("t", "en-de", SOURCE, REFERENCE, {"a": SOURCE[:3]}, {}, None)


def test_a_test_set_without_lines_has_no_rates() -> None:
    found = analyse("t", "en-de", [], [], {"a": []}, {"a": []}, [])
    assert set(found.systems[0]["rates"].values()) == {None}
    assert found.groups == []
