"""Greedy soup (Wortsman et al. 2022, arXiv 2203.05482, recipe 1): whose weights are averaged, by dev scores.

Models are tried from the best to the worst. One joins if the average with it scores no worse than without. So the soup
never scores below the best single model, on the sentences that it was chosen by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Tried(NamedTuple):
    """A model, the score of the soup with it, and whether it joined."""

    model: str
    score: float
    joined: bool


def greedy_soup(singles: Mapping[str, float], score: Callable[[list[str]], float]) -> list[Tried]:
    """Every model in the order tried; of models that score alike, the earlier first.

    `singles` are the models' own scores, higher is better; `score` is that of the average of the weights of several.
    """
    steps: list[Tried] = []
    soup: list[str] = []
    reached = float("-inf")
    for model in sorted(singles, key=lambda name: -singles[name]):
        found = score([*soup, model]) if soup else singles[model]
        joined = found >= reached
        if joined:
            soup, reached = [*soup, model], found
        steps.append(Tried(model, found, joined))
    return steps


def ingredients(steps: list[Tried]) -> list[str]:
    """The models that joined."""
    return [step.model for step in steps if step.joined]
