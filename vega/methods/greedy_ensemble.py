"""Greedy ensemble selection (Caruana et al. 2004; the classic step of WMT systems, as in arXiv 1907.00494).

Start from the best single model; add the model with which the ensemble scores best on dev sentences; stop when none
improves it. With repetition a model may be added again, which gives it more weight. By construction the result never
scores below the best single model on the sentences that it was chosen by. A search over K models for M members scores
about K * M ensembles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Round(NamedTuple):
    """The scores of the ensemble with each candidate, and which joined; None where none improved it enough."""

    scores: dict[str, float]
    joined: str | None


def greedy_ensemble(
    singles: Mapping[str, float],
    score: Callable[[list[str]], float],
    *,
    most: int,
    repeat: bool = False,
    least_gain: float = 0.0,
) -> list[Round]:
    """The rounds of the search, the first with the models' own scores `singles`, where the best joins.

    `score` is that of an ensemble of several, higher is better. At most `most` members join; a further one must add
    more than 0 points, and at least `least_gain`. Of candidates that score alike the earlier joins.
    """
    rounds = [Round(dict(singles), max(singles, key=lambda name: singles[name]))]
    while len(chosen := members(rounds)) < most:
        candidates = [name for name in singles if repeat or name not in chosen]
        if not candidates:
            break
        reached = _score(rounds[-1])
        scores = {name: score([*chosen, name]) for name in candidates}
        best = max(scores, key=lambda name: scores[name])
        gain = scores[best] - reached
        rounds.append(Round(scores, best if gain > 0 and gain >= least_gain else None))
        if rounds[-1].joined is None:
            break
    return rounds


def members(rounds: Sequence[Round]) -> list[str]:
    """The ensemble, in the order in which its members joined."""
    return [each.joined for each in rounds if each.joined is not None]


def _score(found: Round) -> float:
    assert found.joined is not None
    return found.scores[found.joined]
