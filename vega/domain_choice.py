"""Which model between the untuned and the tuned one is taken: the best for all domains that harms none for sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vega.metrics import Gain


class Point(NamedTuple):
    """A model with `weight` of the tuned one and 1 - weight of the untuned one, and its gains over the untuned."""

    weight: float
    mean: Gain
    domains: Mapping[str, Gain]

    @property
    def worst(self) -> str:
        """The domain that gains least."""
        return min(self.domains, key=lambda name: (self.domains[name].gain, name))

    @property
    def losses(self) -> list[str]:
        """Domains that are worse for sure: their whole interval is below 0."""
        return [name for name, gain in self.domains.items() if gain.is_loss]

    def worth(self, worst_weight: float) -> float:
        """The mean gain and that of the worst domain, which has `worst_weight` of it."""
        return (1 - worst_weight) * self.mean.gain + worst_weight * self.domains[self.worst].gain


def choose(points: Sequence[Point], worst_weight: float) -> Point | None:
    """The point of most worth among those where no domain loses for sure; None if none is worth more than 0.

    None means: stay with the untuned model, whose worth is 0. Of equal ones the nearest to the untuned model.
    """
    allowed = [point for point in points if not point.losses and point.worth(worst_weight) > 0]
    return max(allowed, key=lambda point: (point.worth(worst_weight), -point.weight), default=None)


def best_refused(points: Sequence[Point], worst_weight: float) -> Point:
    """Where none is taken: the one with fewest losses and then of most worth, to show what tuning would have done."""
    return min(points, key=lambda point: (len(point.losses), -point.worth(worst_weight), point.weight))
