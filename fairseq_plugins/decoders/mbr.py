"""Minimum Bayes risk decoding with samples of a model or an ensemble (`vega.methods.mbr`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.sampling import Sampling
from fairseq_plugins.translator import FairseqTranslator, Search
from vega.directions import Direction
from vega.errors import UserError
from vega.methods.mbr import choose, pairwise_chrf
from vega.neural.mbr_utility import NeuralUtility
from vega.settings.neural import NeuralMetric


class Decision(NamedTuple):
    """Of a line: the text, its expected utility with the samples, and how many different candidates there were."""

    text: str
    utility: float
    different: int


class MbrDecoder:
    """Draws samples of each line, and takes the candidate with the highest expected utility."""

    def __init__(
        self,
        translator: FairseqTranslator,
        sampling: Sampling,
        *,
        with_beam: bool = True,
        aggregated: bool = False,
        utility: NeuralUtility | None = None,
    ) -> None:
        """`with_beam`: what beam search finds is a candidate too, never a reference, as it is no sample.

        The utility is chrF where none is given.
        """
        self.translator, self.sampling = translator, sampling
        self.with_beam, self.aggregated, self.utility = with_beam, aggregated, utility

    def translate(self, lines: list[str], direction: Direction) -> list[str]:
        """One output line per line."""
        return [each.text for each in self.decide(lines, direction)]

    def decide(self, lines: list[str], direction: Direction) -> list[Decision]:
        """What is chosen of each line."""
        samples = [
            [each.text for each in found]
            for found in self.translator.candidates(lines, direction, sampling=self.sampling)
        ]
        candidates = samples
        if self.with_beam:
            found = self.translator.translate(lines, direction)
            candidates = [[*drawn, best] for drawn, best in zip(samples, found, strict=True)]
        pairwise = [pairwise_chrf] * len(lines)
        if self.utility is not None:
            pairwise = self.utility.pairwise(lines, candidates, samples)
        chosen = []
        for hypotheses, drawn, pairs in zip(candidates, samples, pairwise, strict=True):
            choice = choose(hypotheses, drawn, aggregated=self.aggregated, pairwise=pairs)
            chosen.append(Decision(*choice, len(set(hypotheses))))
        return chosen


def utility_content(utility: NeuralUtility | None, metric: Any) -> Any:
    """What `decoder.json` says of the utility: its settings, and the model's SHA-256."""
    return "chrf" if utility is None else {**metric.model_dump(mode="json"), "sha256": utility.sha256}


def open(content: dict[str, Any], models: dict[str, Path], data: Path, search: Search) -> MbrDecoder:
    """As the stage had it; `search` is for the beam's candidate."""
    weights = [open_checkpoint(models[name]) for name in content["models"]]
    return MbrDecoder(
        FairseqTranslator(weights, data, search),
        Sampling(**content["sampling"]),
        with_beam=content["with_beam"],
        aggregated=content["aggregated"],
        utility=_open_utility(content.get("utility", "chrf")),
    )


def _open_utility(stated: Any) -> NeuralUtility | None:
    if stated == "chrf":
        return None
    metric = NeuralMetric(**{key: value for key, value in stated.items() if key != "sha256"})
    utility = NeuralUtility(metric)
    if utility.sha256 != stated["sha256"]:
        raise UserError(
            f"{metric.path}: this is not the model that the stage `mbr` used (SHA-256 {stated['sha256'][:12]}, not "
            f"{utility.sha256[:12]}). Put that one back, or run the stage again."
        )
    return utility
