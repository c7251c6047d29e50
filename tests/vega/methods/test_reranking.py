"""Weights that suit a corpus metric: no step loses, a line's best place is found, equal seeds give equal weights."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from vega.methods.reranking import Pool, best_step, choose, corpus_score, tune
from vega.ops.corpus_scores import bleu, chrf

Floats = NDArray[np.float64]
START = np.array([1.0, 0.0, 0.0, 0.0])


def pool(seed: int, sentences: int = 40, features: int = 4, orders: int = 2) -> Pool:
    """Candidates whose later features say something about their quality; the first is the model's own, sorted."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 7, sentences)
    starts = np.concatenate([[0], np.cumsum(counts)])
    quality = rng.random(starts[-1])
    noise = rng.standard_normal((starts[-1], features))
    table = quality[:, None] * np.arange(features) * np.array([1, -10, 0.1, 0][:features]) + noise
    for begin, end in pairwise(starts):
        table[begin:end, 0] = np.sort(table[begin:end, 0])[::-1]
    length = rng.integers(4, 12, (starts[-1], 1)).astype(float)
    both = np.round(length * quality[:, None])
    statistics = np.tile(np.concatenate([length, np.full_like(length, 8), both], 1), orders)
    return Pool(table, statistics, starts)


def test_the_highest_sum_is_chosen_and_of_equal_ones_the_first() -> None:
    table = np.array([[1.0, 0], [0, 5], [1, 0], [2, 0], [2, 1]])
    made = Pool(table, np.zeros((5, 3)), np.array([0, 3, 5]))
    assert choose(made, np.array([1.0, 0])).tolist() == [0, 3]
    assert choose(made, np.array([1.0, 1])).tolist() == [1, 4]
    assert choose(made, np.zeros(2)).tolist() == [0, 3]


def test_only_the_weight_of_the_model_gives_the_models_own_order() -> None:
    made = pool(1)
    assert choose(made, START).tolist() == made.starts[:-1].tolist()


def test_a_part_of_a_pool_has_its_sentences() -> None:
    made, weights = pool(1), np.array([0.1, 1, 1, 1])
    sentences = np.array([3, 17, 4])
    some = made.part(sentences)
    assert np.array_equal(some.features[choose(some, weights)], made.features[choose(made, weights)[sentences]])
    assert np.array_equal(some.statistics[choose(some, weights)], made.statistics[choose(made, weights)[sentences]])


@pytest.mark.parametrize("seed", range(6))
def test_the_best_place_of_a_line_is_at_least_as_good_as_any_of_a_grid(seed: int) -> None:
    pools = [pool(seed), pool(seed + 100, sentences=7)]
    rng = np.random.default_rng(seed)
    weights, direction = rng.standard_normal(4), rng.standard_normal(4)
    step = best_step(pools, weights, direction, chrf)
    grid = [corpus_score(pools, weights + g * direction, chrf) for g in np.linspace(-30, 30, 2001)]
    assert corpus_score(pools, weights + step * direction, chrf) >= max(grid) - 1e-9
    assert max(grid) > corpus_score(pools, weights, chrf)


def test_where_nothing_is_better_the_place_stays() -> None:
    made = pool(2)
    same = Pool(made.features, np.ones_like(made.statistics), made.starts)
    assert best_step([same], START, np.ones(4), chrf) == 0.0
    assert best_step([made], START, np.zeros(4), chrf) == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_tuning_gains_and_never_ends_below_where_it_began(seed: int) -> None:
    pools = [pool(seed), pool(seed + 50, sentences=25)]
    tuned = tune(pools, START, chrf, restarts=2, seed=1)
    assert tuned.started == corpus_score(pools, START, chrf)
    assert tuned.score == corpus_score(pools, tuned.weights, chrf) > tuned.started + 5
    assert tuned.weights[1] < 0
    again = tune(pools, tuned.weights, chrf, restarts=0, seed=2)
    assert again.score >= tuned.score - 1e-9


def test_equal_seeds_give_equal_weights_and_units_of_features_do_not_matter() -> None:
    made = pool(3)
    first, second = (tune([made], START, chrf, restarts=3, seed=5) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    units = np.array([1.0, 1024, 2.0**-10, 4])
    scaled = tune([Pool(made.features * units, made.statistics, made.starts)], START, chrf, restarts=3, seed=5)
    assert scaled.score == pytest.approx(first.score)


def test_what_is_alike_for_all_candidates_keeps_its_weight() -> None:
    made = pool(4)
    table = made.features.copy()
    table[:, 3] = np.repeat(np.arange(len(made)), np.diff(made.starts))
    tuned = tune([Pool(table, made.statistics, made.starts)], START, chrf, seed=1)
    assert tuned.weights[3] == 0 and tuned.score > tuned.started


def test_nothing_to_choose_among_keeps_the_start() -> None:
    made = Pool(np.random.default_rng(1).random((9, 4)), np.ones((9, 10)), np.arange(10))
    tuned = tune([made], START, bleu, seed=1)
    assert np.array_equal(tuned.weights, START) and tuned.score == tuned.started
