"""The `rerank` stage: weights of features for choosing among the n best, and what they gain on dev sentences.

Weights that were tuned on a set flatter themselves on it. `gain.json` has the gain of each fold of the dev set with the
weights of the other folds; `decoder.json` the weights of all of it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairseq_plugins.decoders import write_decoder, write_dev_outputs
from fairseq_plugins.decoders.rerank import Reranker, Scored, scorer_of
from fairseq_plugins.dev.text import DevText, Outputs, write_gain
from fairseq_plugins.forced_scores import ForcedScorer
from fairseq_plugins.loading import open_checkpoint
from vega.atomic import write_json
from vega.errors import UserError
from vega.methods.reranking import Pool, Tuned, choose, corpus_score, tune
from vega.metrics import Gain
from vega.ops.corpus_scores import SCORES
from vega.progress import say
from vega.settings.dev import NamedModel
from vega.settings.rerank import RerankSettings

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


def run(settings: RerankSettings, output: Path) -> None:
    """Write `decoder.json`, `gain.json`, `rerank.json` and the dev sentences' outputs with the weights of all."""
    dev = DevText(settings)
    smallest = min(dev.parts, key=lambda part: len(part.sources))
    if len(smallest.sources) < settings.folds:
        raise UserError(
            f"valid: {smallest.label} has {len(smallest.sources)} sentences, too few for folds: {settings.folds}."
        )
    translator = dev.translator([open_checkpoint(model.checkpoint) for model in settings.models])
    reranker = _reranker(settings, translator)
    base = dev.translate(translator)
    started = time.monotonic()
    scored = [reranker.score(part.sources, part.direction) for part in dev.parts]
    tuning = Tuning(settings, dev, scored, time.monotonic() - started)
    say(f"Tuning {len(reranker.features)} weights on {sum(map(len, tuning.pools)):,} sentences...")
    tuned, held_out = tuning.of_all(), tuning.held_out()
    best = tuning.outputs([choose(pool, tuned.weights) for pool in tuning.pools])
    weights = {name: float(weight) for name, weight in zip(reranker.features, tuned.weights, strict=True)}
    _write_decoder(settings, output, weights)
    write_dev_outputs(output, dev, best)
    gain = write_gain(output, dev, ("beam search", base), ("reranked", held_out), {})
    write_json(output / "rerank.json", _facts(tuning, weights, {"held out": gain, "tuned": dev.gain(base, best)}))
    say(
        f"{settings.metric} {gain.base:.2f} by beam search, {gain.score:.2f} reranked by weights of other sentences, "
        f"{tuned.score:.2f} by weights of the same."
    )


def _reranker(settings: RerankSettings, translator: Any) -> Reranker:
    forward = [model.name for model in settings.models]
    named = [*settings.models, *(each for each in (settings.right_to_left, settings.channel) if each)]
    paths = {each.name: each.checkpoint for each in named}
    if any(paths[each.name] != each.checkpoint for each in named):
        raise UserError("models: one name stands for two checkpoints. Give each its own.")

    def scorer(each: NamedModel | None) -> ForcedScorer | None:
        return scorer_of(each.name, forward, translator, paths, settings.data) if each else None

    return Reranker(
        translator,
        settings.n_best,
        right_to_left=scorer(settings.right_to_left),
        channel=scorer(settings.channel),
        length=settings.length,
        consensus=settings.consensus,
    )


def _write_decoder(settings: RerankSettings, output: Path, weights: dict[str, float]) -> None:
    forward = [model.name for model in settings.models]
    others = {
        "right_to_left": settings.right_to_left and settings.right_to_left.name,
        "channel": settings.channel and settings.channel.name,
    }
    write_decoder(
        output,
        "rerank",
        list(dict.fromkeys([*forward, *(name for name in others.values() if name)])),
        forward=forward,
        **others,
        n_best=settings.n_best,
        length_penalty=settings.length_penalty,
        weights=weights,
    )


class Tuning:
    """Candidates of the dev sentences, with features and statistics, and what is chosen among them."""

    def __init__(self, settings: RerankSettings, dev: DevText, scored: Sequence[list[Scored]], seconds: float) -> None:
        """`seconds`: what making and scoring the candidates took."""
        self.settings, self.texts, self.seconds = settings, [[each.texts for each in part] for part in scored], seconds
        self.pools = _pools(dev, scored)
        self.score = SCORES[settings.metric]
        #: The model's own order.
        self.start = np.eye(self.pools[0].features.shape[1])[0]

    def outputs(self, chosen: Sequence[Numbers]) -> Outputs:
        """Of the candidates that are chosen of each part, one per sentence."""
        lines = [
            [texts[place] for texts, place in zip(part, (rows - pool.starts[:-1]).tolist(), strict=True)]
            for part, rows, pool in zip(self.texts, chosen, self.pools, strict=True)
        ]
        return Outputs(lines, [p.statistics[rows] for p, rows in zip(self.pools, chosen, strict=True)], self.seconds)

    def of_all(self) -> Tuned:
        """Weights of all dev sentences."""
        return self._tune(self.pools)

    def held_out(self) -> Outputs:
        """Each fold with the weights of the others. A fold has the same lines of a set in all directions."""
        folds = [
            np.random.default_rng(self.settings.seed).permutation(len(pool)) % self.settings.folds
            for pool in self.pools
        ]
        chosen = [np.zeros(len(pool), np.int64) for pool in self.pools]
        for fold in range(self.settings.folds):
            rest = [pool.part(np.flatnonzero(of != fold)) for pool, of in zip(self.pools, folds, strict=True)]
            weights = self._tune(rest).weights
            for mine, pool, of in zip(chosen, self.pools, folds, strict=True):
                mine[of == fold] = choose(pool, weights)[of == fold]
        return self.outputs(chosen)

    def alone(self, feature: int, sign: float) -> float:
        """The score where only one feature decides."""
        return corpus_score(self.pools, sign * np.eye(len(self.start))[feature], self.score)

    def oracle(self) -> float:
        """The score of the candidates that are best by the metric of the sentence: what reranking could reach."""
        best = [Pool(self.score(pool.statistics)[:, None], pool.statistics, pool.starts) for pool in self.pools]
        return corpus_score(best, np.ones(1), self.score)

    def _tune(self, pools: Sequence[Pool]) -> Tuned:
        return tune(pools, self.start, self.score, restarts=self.settings.restarts, seed=self.settings.seed)


def _pools(dev: DevText, scored: Sequence[list[Scored]]) -> list[Pool]:
    """Of each part: statistics come from the judge, which takes one candidate of every sentence at a time."""
    starts = [np.cumsum([0, *(len(each.texts) for each in part)]) for part in scored]
    most = max(len(each.texts) for part in scored for each in part)
    statistics: list[Floats] = []
    for rank in range(most):
        lines = [[each.texts[min(rank, len(each.texts) - 1)] for each in part] for part in scored]
        found = dev.judge.statistics(lines)
        if not statistics:
            statistics = [np.zeros((of[-1], each.shape[1])) for of, each in zip(starts, found, strict=True)]
        for into, of, each in zip(statistics, starts, found, strict=True):
            there = np.flatnonzero(np.diff(of) > rank)
            into[of[there] + rank] = each[there]
    features = [np.concatenate([each.features for each in part]) for part in scored]
    return [Pool(*each) for each in zip(features, statistics, starts, strict=True)]


def _facts(tuning: Tuning, weights: dict[str, float], gains: dict[str, Gain]) -> dict[str, Any]:
    """What the report shows beside the gain."""
    features = [
        {"feature": name, "weight": weight, "alone": round(tuning.alone(place, 1 if weight >= 0 else -1), 3)}
        for place, (name, weight) in enumerate(weights.items())
    ]
    return {
        "metric": tuning.settings.metric,
        "folds": tuning.settings.folds,
        "sentences": sum(map(len, tuning.pools)),
        "candidates": int(sum(pool.starts[-1] for pool in tuning.pools)),
        "features": features,
        "gains": {
            name: {part: round(getattr(gain, part), 3) for part in ("score", "gain", "low", "high")}
            for name, gain in gains.items()
        },
        "oracle": round(tuning.oracle(), 3),
    }
