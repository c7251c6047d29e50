"""Greedy ensemble selection on scores that are made up."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.methods.greedy_ensemble import greedy_ensemble, members


@given(st.integers(0, 10**6), st.integers(1, 6), st.booleans(), st.sampled_from([0.0, 0.2]))
def test_the_laws(seed: int, most: int, repeat: bool, least: float) -> None:
    import random

    scores: dict[tuple[str, ...], float] = {}
    rng = random.Random(seed)

    def score(names: list[str]) -> float:
        return scores.setdefault(tuple(sorted(names)), rng.random())

    singles = {name: score([name]) for name in "abcd"}
    rounds = greedy_ensemble(singles, score, most=most, repeat=repeat, least_gain=least)
    chosen = members(rounds)
    assert 1 <= len(chosen) <= most
    assert repeat or len(set(chosen)) == len(chosen)
    reached = [scores[tuple(sorted(chosen[: n + 1]))] for n in range(len(chosen))]
    assert reached[0] == max(singles.values())
    assert all(after > before and after - before >= least for before, after in pairwise(reached))
    for number, found in enumerate(rounds):  # in each round the best candidate, or none
        best = max(found.scores.values())
        assert found.joined is None or found.scores[found.joined] == best
        assert found.joined is not None or number == len(rounds) - 1
        assert found.joined is not None or best - reached[-1] <= max(least, 0)
    everyone = not repeat and len(chosen) == 4
    assert rounds[-1].joined is None or len(chosen) == most or everyone


def test_without_a_gain_the_best_single_model_stays_alone() -> None:
    rounds = greedy_ensemble({"a": 1.0, "b": 2.0}, lambda names: 2.0, most=3)
    assert members(rounds) == ["b"] and rounds[1].joined is None


def test_with_repetition_a_model_may_weigh_double() -> None:
    def score(names: list[str]) -> float:
        return -abs(names.count("a") / len(names) - 2 / 3)

    singles = {"a": score(["a"]), "b": score(["b"])}
    assert sorted(members(greedy_ensemble(singles, score, most=5, repeat=True))) == ["a", "a", "b"]
    assert members(greedy_ensemble(singles, score, most=5)) == ["a", "b"]


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_than_asked_for_are_scored(most: int) -> None:
    asked: list[list[str]] = []
    greedy_ensemble({"a": 1.0, "b": 2.0, "c": 0.0}, lambda names: asked.append(names) or 9.0, most=most)  # type: ignore[func-returns-value]
    assert all(len(names) <= most for names in asked) and len(asked) == (0, 2)[most - 1]
