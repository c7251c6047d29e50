"""Minimum Bayes risk decoding with samples of a model or an ensemble (`vega.methods.mbr`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.sampling import Sampling
from fairseq_plugins.translator import FairseqTranslator, Search
from vega.directions import Direction
from vega.methods.mbr import choose


class Decision(NamedTuple):
    """Of a line: the text, its expected chrF with the samples, and how many different candidates there were."""

    text: str
    utility: float
    different: int


class MbrDecoder:
    """Draws samples of each line, and takes the candidate with the highest expected chrF."""

    def __init__(
        self, translator: FairseqTranslator, sampling: Sampling, *, with_beam: bool = True, aggregated: bool = False
    ) -> None:
        """`with_beam`: what beam search finds is a candidate too, never a reference, as it is no sample."""
        self.translator, self.sampling = translator, sampling
        self.with_beam, self.aggregated = with_beam, aggregated

    def translate(self, lines: list[str], direction: Direction) -> list[str]:
        """One output line per line."""
        return [each.text for each in self.decide(lines, direction)]

    def decide(self, lines: list[str], direction: Direction) -> list[Decision]:
        """What is chosen of each line."""
        samples = [
            [each.text for each in found]
            for found in self.translator.candidates(lines, direction, sampling=self.sampling)
        ]
        found = self.translator.translate(lines, direction) if self.with_beam else [""] * len(lines)
        chosen = []
        for drawn, best in zip(samples, found, strict=True):
            hypotheses = [*drawn, best] if self.with_beam else drawn
            choice = choose(hypotheses, drawn, aggregated=self.aggregated)
            chosen.append(Decision(*choice, len(set(hypotheses))))
        return chosen


def open(content: dict[str, Any], models: dict[str, Path], data: Path, search: Search) -> MbrDecoder:
    """As the stage had it; `search` is for the beam's candidate."""
    weights = [open_checkpoint(models[name]) for name in content["models"]]
    return MbrDecoder(
        FairseqTranslator(weights, data, search),
        Sampling(**content["sampling"]),
        with_beam=content["with_beam"],
        aggregated=content["aggregated"],
    )
