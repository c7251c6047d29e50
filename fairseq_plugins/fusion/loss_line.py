"""The dev loss along the straight line between two models, and the barrier on it.

All mixtures are put into the one model that `DevLoss` holds, tensor by tensor: no second one is in memory, and nothing
is written. The barrier's height is that of Frankle et al. 2020 (arXiv 1912.05671) and Entezari et al. 2022 (arXiv
2110.06296): how far the loss rises above the straight line between the losses of the ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from fairseq_plugins.dev.loss import DevLoss
from vega.checkpoints.fuse import Fused
from vega.checkpoints.heap import giving_back
from vega.checkpoints.sources import Weights, all_names
from vega.errors import UserError
from vega.progress import track


class Line(NamedTuple):
    """Shares of the first model, 0 to 1, and the losses of the mixtures, in nats per token."""

    shares: list[float]
    losses: list[float]

    @property
    def above(self) -> list[float]:
        """How far each loss is above the straight line between those of the ends."""
        start, end = self.losses[0], self.losses[-1]
        return [loss - (1 - share) * start - share * end for share, loss in zip(self.shares, self.losses, strict=True)]

    @property
    def height(self) -> float:
        """Of the barrier: 0 where no mixture is above the line."""
        return max(self.above)

    @property
    def highest(self) -> float:
        """The share at which the barrier is highest."""
        return self.shares[self.above.index(self.height)]

    def content(self) -> dict[str, Any]:
        """For JSON."""
        return {**self._asdict(), "height": self.height, "highest": self.highest}


def put(weights: Weights, model: Any) -> None:
    """Make `model`, of the same architecture and on any device, compute with `weights`."""
    stored = dict(all_names(weights))
    with torch.no_grad():
        for name, parameter in giving_back(model.named_parameters()):  # tied ones once
            parameter.copy_(weights.tensor(stored[name]))


def loss_of(weights: Weights, loss: DevLoss) -> float:
    """UserError where it is no finite number, which no comparison makes sense of."""
    put(weights, loss.model)
    found = loss()
    if not math.isfinite(found):
        raise UserError(f"{weights.path}: the dev loss is {found}. Its weights, or a mixture with them, are damaged.")
    return found


def loss_line(
    first: Weights, second: Weights, loss: DevLoss, shares: list[float], known: Mapping[float, float]
) -> Line:
    """Of share x first + (1 - share) x second, embeddings too; the losses of `known` shares are not measured again."""
    losses = [
        known[share] if share in known else loss_of(Fused(first, second, share, keep_embeddings=False), loss)
        for share in track(shares, "Losses between the models", len(shares))
    ]
    return Line(shares, losses)
