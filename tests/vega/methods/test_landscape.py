"""Planes through weights."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from vega.methods.landscape import (
    Plane,
    differences,
    filter_norms,
    flatness,
    kinship,
    losses_on,
    moving,
    random_direction,
    scaled,
    towards,
)

AXIS = [-1.0, 0.0, 1.0, 2.0]


def weights(seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = {
        "encoder.embed_tokens.weight": (7, 4), "fc1.weight": (6, 4), "fc1.bias": (6,), "fc2.weight": (4, 6),
        "decoder.output_projection.weight": (7, 4),
    }  # fmt: skip
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def distance(mine: dict[str, Tensor], theirs: dict[str, Tensor]) -> float:
    return math.sqrt(sum(float((mine[name] - theirs[name]).square().sum()) for name in mine))


def test_only_matrices_between_the_embeddings_move() -> None:
    assert moving(weights(1)) == ["fc1.weight", "fc2.weight"]


def test_the_model_is_at_1_0_and_its_start_at_0_0_and_nothing_is_changed_at_the_end() -> None:
    """The 'loss' is a distance: it is 0 where the weights are what they should be."""
    model, start, other = weights(1), weights(2), weights(3)
    first = differences(model, start.__getitem__)
    plane = Plane(first, towards(other.__getitem__, start.__getitem__, first))
    kept = {name: tensor.clone() for name, tensor in model.items()}
    began = {name: start[name] if name in first else tensor for name, tensor in kept.items()}
    to_model = list(losses_on(plane, model, lambda: distance(model, kept), AXIS))
    to_start = list(losses_on(plane, model, lambda: distance(model, began), AXIS))
    assert to_model[1][2] == 0
    assert to_start[1][1] == pytest.approx(0, abs=1e-5)
    assert sum(value < 1e-4 for row in to_model for value in row) == 1
    beyond = {name: tensor + plane.second.get(name, 0) for name, tensor in kept.items()}
    to_beyond = list(losses_on(plane, model, lambda: distance(model, beyond), AXIS))
    assert to_beyond[2][2] == pytest.approx(0, abs=1e-5)
    assert to_model[1][3] == pytest.approx(to_model[1][1]) == distance(kept, began)
    assert all(torch.equal(model[name], kept[name]) for name in model)


def test_the_weights_come_back_where_a_loss_cannot_be_had() -> None:
    model, start = weights(1), weights(2)
    first = differences(model, start.__getitem__)
    kept = {name: tensor.clone() for name, tensor in model.items()}

    def broken() -> float:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        list(losses_on(Plane(first, first), model, broken, AXIS))
    assert all(torch.equal(model[name], kept[name]) for name in model)


def test_the_second_direction_has_the_filter_norms_of_the_first_and_its_own_course() -> None:
    model, start, other = weights(1), weights(2), weights(3)
    first = differences(model, start.__getitem__)
    second = towards(other.__getitem__, start.__getitem__, first)
    drawn = random_direction(first, 1)
    for name, d in first.items():
        for direction in (second[name], drawn[name]):
            torch.testing.assert_close(filter_norms(direction), filter_norms(d))
            assert not torch.allclose(direction, d)
        cosines = torch.cosine_similarity(second[name], other[name] - start[name], dim=0)
        torch.testing.assert_close(cosines, torch.ones_like(cosines))


def test_a_filter_is_a_column() -> None:
    assert filter_norms(torch.tensor([[3.0, 0.0], [4.0, 1.0]])).tolist() == [[5.0, 1.0]]


def test_a_filter_that_did_not_move_does_not_move() -> None:
    still = torch.tensor([[1.0, 0.0], [2.0, 0.0]])
    assert torch.equal(scaled(torch.ones(2, 2), still)[:, 1], torch.zeros(2))
    assert scaled(still, torch.ones(2, 2)).isfinite().all()


def test_a_random_direction_is_as_long_as_the_models_filters_and_depends_on_the_seed() -> None:
    model = weights(1)
    one, again, another = (random_direction(model, seed) for seed in (1, 1, 2))
    assert all(torch.equal(one[name], again[name]) and not torch.equal(one[name], another[name]) for name in one)
    torch.testing.assert_close(filter_norms(one["fc1.weight"]), filter_norms(model["fc1.weight"]))


def test_flatness_is_the_share_below_the_lowest_plus_the_margin() -> None:
    assert flatness([[1.0, 1.9], [2.0, math.inf]], 1.0) == 0.5
    assert flatness([[1.0, 1.0], [1.0, math.nan]], 0.1) == 0.75
    assert flatness([[math.nan]], 1.0) == 0


def test_a_model_is_akin_to_where_it_began_and_to_no_other_start() -> None:
    start, model = weights(1), weights(2)
    trained = {name: start[name] + 0.5 * model[name] for name in start}
    cosine, least = kinship(trained, start.__getitem__)
    assert cosine > least
    assert abs(kinship(trained, weights(3).__getitem__)[0]) < least
    assert least == pytest.approx(6 / math.sqrt(48))
