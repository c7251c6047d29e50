"""Tables of averages, soups and ensembles, from what their stages write."""

from __future__ import annotations

from eval.report import average, ensemble, soup


def test_an_average_lists_its_parts() -> None:
    parts = [{"name": "update 20", "update": 20, "validation_loss": 1.5}, {"name": "b", "score": 30.0}]
    content = {"metric": "chrf", "base": "update 20", "base_score": 31.0, "score": 31.5, "parts": parts}
    (table,) = average.tables(content)
    assert table.head == ["checkpoint", "validation loss", "chrF on dev"]
    assert table.rows == [
        ["update 20", "1.500", ""],
        ["b", "", "30.00"],
        ["best single: update 20", "", "31.00"],
        ["average", "", "31.50"],
    ]
    assert average.figures(content) == []


def test_a_soup_shows_who_joined_and_the_soup_of_all() -> None:
    content = {
        "metric": "bleu",
        "singles": {"a": 20.0, "b": 21.0},
        "steps": [{"model": "b", "score": 21.0, "joined": True}, {"model": "a", "score": 20.5, "joined": False}],
        "soup": ["b"],
        "score": 21.0,
        "uniform": {"base": 21.0, "score": 20.5, "gain": -0.5, "low": -1.0, "high": 0.25},
    }
    (table,) = soup.tables(content)
    assert table.rows == [
        ["b", "21.00", "21.00", "yes"], ["a", "20.00", "20.50", "no"], ["uniform soup of all", "", "20.50", ""],
    ]  # fmt: skip
    assert "-0.50 (-1.00 to +0.25)" in table.caption and table.head[1] == "alone (BLEU on dev)"


def test_an_ensemble_shows_every_candidate_of_every_round() -> None:
    rounds = [
        {"joined": "a", "scores": {"a": 20.0, "b": 19.0, "c": 18.0}},
        {"joined": "c", "scores": {"b": 20.5, "c": 21.0}},
        {"joined": None, "scores": {"b": 20.9}},
    ]
    content = {"metric": "chrf", "models": ["a", "b", "c"], "rounds": rounds, "ensemble": ["a", "c"], "score": 21.0}
    (table,) = ensemble.tables(content)
    assert table.head == ["model", "alone", "as member 2", "as member 3"]
    assert table.rows == [["a", "20.00 *", "", ""], ["b", "19.00", "20.50", "20.90"], ["c", "18.00", "21.00 *", ""]]
