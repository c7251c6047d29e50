"""The n best of a model or an ensemble, chosen among by weighted features of several models.

Features, each of one size for short and long lines, C candidates of a line:
- `model`: the score of beam search;
- `right_to_left`: log-probability by a model that writes from the end, normalised like the model's own;
- `channel`: log-probability of the source given the candidate, per token of the source (Yee et al. 2019, arXiv
  1908.05731: source-channel or "noisy channel" reranking);
- `length`: tokens of the candidate per token of the source, end of sentence counted;
- `consensus`: mean chrF with the other candidates, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fairseq_plugins.forced_scores import ForcedScorer, reads_right_to_left
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.translator import Candidate, FairseqTranslator, Search
from vega.directions import Direction
from vega.errors import UserError
from vega.methods.mbr import pairwise_chrf

Floats = NDArray[np.float64]

#: All there are, in the order of their columns.
MODEL, RIGHT_TO_LEFT, CHANNEL, LENGTH, CONSENSUS = "model", "right_to_left", "channel", "length", "consensus"


class Scored(NamedTuple):
    """The different candidates of a line, best of the model first, and their features (C, F)."""

    texts: list[str]
    features: Floats


class Reranker:
    """Candidates with features, and the best of them where `weights` are given."""

    def __init__(
        self,
        translator: FairseqTranslator,
        n_best: int,
        *,
        right_to_left: ForcedScorer | None = None,
        channel: ForcedScorer | None = None,
        length: bool = True,
        consensus: bool = False,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        """UserError where the order in which a model writes is not what its feature needs."""
        self.translator, self.n_best = translator, n_best
        self.right_to_left, self.channel = right_to_left, channel
        if right_to_left and reads_right_to_left(right_to_left.task) == translator.right_to_left:
            raise UserError(
                "right_to_left: this model writes in the same order as those that make the candidates. Train one with "
                "right_to_left: true."
            )
        has = {RIGHT_TO_LEFT: right_to_left, CHANNEL: channel, LENGTH: length, CONSENSUS: consensus}
        self.features = [MODEL, *(name for name, there in has.items() if there)]
        self.weights = weights

    def translate(self, lines: list[str], direction: Direction) -> list[str]:
        """One output line per line."""
        assert self.weights is not None
        weights = np.array([self.weights[name] for name in self.features])
        return [found.texts[int((found.features @ weights).argmax())] for found in self.score(lines, direction)]

    def score(self, lines: list[str], direction: Direction) -> list[Scored]:
        """All candidates of each line."""
        found = [_different(each) for each in self.translator.candidates(lines, direction, n_best=self.n_best)]
        texts = [[each.text for each in candidates] for candidates in found]
        sources = [line for line, candidates in zip(lines, found, strict=True) for _ in candidates]
        flat = [each for candidates in found for each in candidates]
        columns = np.stack([self._column(name, sources, flat, texts, direction) for name in self.features], 1)
        ends = np.cumsum([len(each) for each in found])[:-1]
        return [Scored(*each) for each in zip(texts, np.split(columns, ends), strict=True)]

    def _column(
        self, name: str, sources: list[str], flat: list[Candidate], texts: list[list[str]], direction: Direction
    ) -> Floats:
        """One feature of all candidates of all lines."""
        targets = [each.text for each in flat]
        if name == MODEL:
            return np.array([each.score for each in flat])
        if name == RIGHT_TO_LEFT:
            assert self.right_to_left is not None
            scores = self.right_to_left(sources, targets, direction)
            by_length: Floats = scores.log_probabilities / scores.tokens**self.translator.search.length_penalty
            return by_length
        if name == CHANNEL:
            assert self.channel is not None
            back = Direction(direction.target, direction.source)
            if back not in self.channel.task.directions:
                raise UserError(
                    f"channel: the model was trained in {self.channel.task.cfg.directions}; to score {direction} it "
                    f"must translate {back}."
                )
            scores = self.channel(targets, sources, back)
            per_token: Floats = scores.log_probabilities / scores.tokens
            return per_token
        if name == LENGTH:
            vocabulary = self.translator.vocabulary
            lengths = {line: len(vocabulary.encode(line, direction.source)) + 1 for line in set(sources)}
            return np.array([(len(each.tokens) + 1) / lengths[line] for each, line in zip(flat, sources, strict=True)])
        return np.concatenate([_consensus(each) for each in texts] or [np.zeros(0)])


def _different(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without those whose text an earlier one has."""
    first: dict[str, Candidate] = {}
    for each in candidates:
        first.setdefault(each.text, each)
    return list(first.values())


def _consensus(texts: list[str]) -> Floats:
    """(C,)"""
    if len(texts) == 1:
        return np.ones(1)
    table = pairwise_chrf(texts, texts)
    means: Floats = (table.sum(1) - np.diag(table)) / (len(texts) - 1) / 100
    return means


def open(content: dict[str, Any], models: dict[str, Path], data: Path, search: Search) -> Reranker:
    """As the stage had it: its size of the beam and its length penalty, to which the weights belong."""
    search = Search(**{**vars(search), "length_penalty": content["length_penalty"]})
    translator = FairseqTranslator([open_checkpoint(models[name]) for name in content["forward"]], data, search)

    def scorer(name: str | None) -> ForcedScorer | None:
        return scorer_of(name, content["forward"], translator, models, data) if name else None

    weights = content["weights"]
    return Reranker(
        translator,
        content["n_best"],
        right_to_left=scorer(content["right_to_left"]),
        channel=scorer(content["channel"]),
        length=LENGTH in weights,
        consensus=CONSENSUS in weights,
        weights=weights,
    )


def scorer_of(
    name: str, forward: Sequence[str], translator: FairseqTranslator, models: Mapping[str, Path], data: Path
) -> ForcedScorer:
    """The model that scores; not loaded again where it is the only one that translates."""
    if list(forward) == [name]:
        return translator.scorer()
    return ForcedScorer.load(open_checkpoint(models[name]), data, translator.search.max_tokens)
