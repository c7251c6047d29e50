"""On a bowl whose curvature is known, the rise is what can be worked out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from vega.methods.sharpness import loss_rise


@pytest.mark.parametrize("curvature", [1.0, 9.0])
def test_a_bowl(curvature: float) -> None:
    """L = c/2 |w|^2 at |w| = 2: along the gradient c/2 ((2 + rho)^2 - 4), at random c/2 rho^2 and a term of mean 0."""
    weights = [nn.Parameter(torch.full((50, 20), 2 / 2000**0.5)), nn.Parameter(torch.full((1000,), 2 / 2000**0.5))]

    def loss(with_gradient: bool) -> float:
        value = sum((curvature / 2 * w.square().sum() for w in weights), torch.zeros(()))
        if with_gradient:
            for w in weights:
                w.grad = None
            value.backward()
        return float(value)

    before = [w.detach().clone() for w in weights]
    rise = loss_rise(loss, weights, 0.5, directions=40)
    assert rise.loss == pytest.approx(curvature / 2 * 4, rel=1e-5)
    assert rise.along_gradient == pytest.approx(curvature / 2 * (2.5**2 - 4), rel=1e-4)
    assert rise.at_random == pytest.approx(curvature / 2 * 0.25, rel=0.1)
    assert all(torch.equal(w, b) for w, b in zip(weights, before, strict=True))
