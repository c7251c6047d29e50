"""Greedy soup on scores that are made up."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from vega.methods.soup import Tried, greedy_soup, ingredients


class Scores(dict[frozenset[str], float]):
    """Of any set of models the score of their average, with many that are alike."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = random.Random(seed)

    def __missing__(self, key: frozenset[str]) -> float:
        return self.setdefault(key, float(self._rng.randint(0, 5)))


def soup_of(scores: Scores) -> tuple[list[Tried], list[list[str]]]:
    asked: list[list[str]] = []

    def score(names: list[str]) -> float:
        asked.append(names)
        return scores[frozenset(names)]

    return greedy_soup({name: scores[frozenset(name)] for name in "abcde"}, score), asked


@given(st.integers(0, 10**6))
def test_the_laws(seed: int) -> None:
    scores = Scores(seed)
    steps, asked = soup_of(scores)
    singles = [scores[frozenset(step.model)] for step in steps]
    assert sorted(step.model for step in steps) == list("abcde")
    assert singles == sorted(singles, reverse=True)
    assert len(asked) == 4  # every model but the first, once
    soup: list[str] = []
    reached = float("-inf")
    for step in steps:
        assert step.score == scores[frozenset([*soup, step.model])]
        assert step.joined == (step.score >= reached)
        if step.joined:
            soup, reached = [*soup, step.model], step.score
    assert ingredients(steps) == soup
    assert reached == scores[frozenset(soup)] >= max(singles)


def test_models_that_change_nothing_all_join_and_worse_ones_do_not() -> None:
    same = greedy_soup({"a": 1.0, "b": 1.0, "c": 1.0}, lambda names: 1.0)
    assert ingredients(same) == ["a", "b", "c"]
    worse = greedy_soup({"a": 1.0, "b": 3.0, "c": 2.0}, lambda names: 2.9)
    assert ingredients(worse) == ["b"] and [step.model for step in worse] == ["b", "c", "a"]
