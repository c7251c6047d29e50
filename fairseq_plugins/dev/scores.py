"""Scores of combinations of models on dev sentences, for searches that come to the same combination twice."""

from __future__ import annotations

from collections.abc import Callable

from fairseq_plugins.dev.text import DevText, Outputs
from vega.checkpoints.sources import Weights
from vega.progress import say


class Scores:
    """Of names of models, in whatever order; each combination is translated once, with `models_of` it."""

    def __init__(self, dev: DevText, models_of: Callable[[list[str]], list[Weights]]) -> None:
        self._dev, self._models_of = dev, models_of
        self._outputs: dict[tuple[str, ...], Outputs] = {}

    def outputs(self, names: list[str]) -> Outputs:
        """What they make of the dev sentences."""
        key = tuple(sorted(names))
        if key not in self._outputs:
            self._outputs[key] = self._dev.translate(self._dev.translator(self._models_of(names)))
            say(f"{' + '.join(names)}: {self._dev.score(self._outputs[key]):.2f}")
        return self._outputs[key]

    def __call__(self, names: list[str]) -> float:
        return self._dev.score(self.outputs(names))
