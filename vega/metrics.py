"""sacreBLEU's metrics on sets of sentences, and what one system gains over another, resampled in pairs.

Sentence statistics and point scores are sacreBLEU's own code; the sums over resamples and their scores, which it makes
one by one, are `vega.resampling` and `vega.ops.corpus_scores`, with the same draws (`numpy.random.default_rng(seed)`).

Shapes: R resamples, N lines, S statistics per line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from vega.errors import UserError
from vega.languages import language
from vega.ops.corpus_scores import bleu, chrf, ter
from vega.resampling import resampled_sums
from vega.spbleu import SentencePieceBLEU

#: Metric name in settings -> name in tables.
METRICS = {"bleu": "BLEU", "chrf": "chrF", "chrf++": "chrF++", "ter": "TER", "spbleu": "spBLEU"}

#: Names in tables of metrics of which less is better.
LOWER_IS_BETTER = frozenset({"TER"})

#: One reference of every line; None where this one has none. sacreBLEU takes "" for a translation without words.
References = Sequence[Sequence[str | None]]


def build_metric(
    name: str,
    target: str,
    references: References,
    *,
    tokenizers: Mapping[str, str] | None = None,
    spm_model: Path | None = None,
) -> Metric:
    """sacreBLEU's metric with the references' n-grams cached.

    BLEU has the tokenizer that `tokenizers` gives the target language, else that of `vega.languages`; spBLEU the
    SentencePiece model `spm_model`.
    """
    texts: Any = references  # sacreBLEU's types leave out None, which its code asks for
    if name == "chrf":
        return CHRF(references=texts)
    if name == "chrf++":
        return CHRF(word_order=2, references=texts)
    if name == "ter":
        return TER(references=texts)
    if name == "spbleu":
        if spm_model is None:
            raise UserError("spBLEU needs a SentencePiece model. Name its file: evaluate.spm_model, --spm-model.")
        return SentencePieceBLEU(spm_model, texts)
    tokenizer = (tokenizers or {}).get(target) or language(target).bleu_tokenizer
    try:
        return BLEU(tokenize=tokenizer, references=texts)
    except (ImportError, RuntimeError) as error:
        raise UserError(
            f"sacreBLEU's tokenizer '{tokenizer}' for {target} cannot be loaded ({error}). "
            "Fix: pip install 'sacrebleu[ja,ko]'."
        ) from None


def corpus_scores(metric: Metric, sums: NDArray[np.float64], *, single: bool = False) -> NDArray[np.float64]:
    """(R, S) sums of statistics -> (R,) scores. `single`: divide in 32 bits, see `vega.ops.corpus_scores.chrf`."""
    if isinstance(metric, BLEU):
        return bleu(sums, metric.max_ngram_order)
    if isinstance(metric, CHRF):
        return chrf(sums, metric.beta, single=single)
    if isinstance(metric, TER):
        return ter(sums, single=single)
    raise TypeError(f"no vectorised score of {type(metric).__name__}")


def line_statistics(metric: Metric, lines: Sequence[str]) -> NDArray[np.float64]:
    """What the score of these lines is made of (N, S)."""
    return np.asarray(metric._extract_corpus_statistics(lines, None), dtype=np.float64)


def point_score(metric: Metric, statistics: NDArray[np.float64]) -> float:
    """The corpus score, to the last bit sacreBLEU's own; (N, S) -> 0 to 100."""
    sums = statistics.sum(0)
    whole = bool((sums == np.rint(sums)).all())
    return float(metric._compute_score_from_stats(sums.astype(int).tolist() if whole else sums.tolist()).score)


class Reference(NamedTuple):
    """The right translations of a set, and their language."""

    target: str
    lines: Sequence[str]


class Gain(NamedTuple):
    """What a system scores more than a base, with the 95 % interval of the difference."""

    base: float
    score: float
    gain: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval excludes that the system is no better."""
        return self.low > 0

    @property
    def is_loss(self) -> bool:
        """Whether the interval excludes that the system is no worse."""
        return self.high < 0


#: Of one system, per set (N, S).
Statistics = list[NDArray[np.float64]]
Scores = NDArray[np.float64]


class Judge:
    """Scores systems on several sets, the mean over sets: each direction and domain counts alike."""

    def __init__(
        self, references: Sequence[Reference], metric: str = "chrf", tokenizers: Mapping[str, str] | None = None
    ) -> None:
        self.metric = metric
        self._scorers = [build_metric(metric, each.target, [each.lines], tokenizers=tokenizers) for each in references]
        self._lines = [len(each.lines) for each in references]

    def statistics(self, outputs: Sequence[Sequence[str]]) -> Statistics:
        """What the scores of a system's outputs, per set one per line, are made of."""
        found = []
        for scorer, lines, known in zip(self._scorers, outputs, self._lines, strict=True):
            if len(lines) != known:
                raise ValueError(f"{len(lines)} lines against {known} of the reference")
            found.append(line_statistics(scorer, lines))
        return found

    def scores(self, statistics: Statistics) -> list[float]:
        """Of each set, 0 to 100."""
        return [point_score(scorer, each) for scorer, each in zip(self._scorers, statistics, strict=True)]

    def score(self, statistics: Statistics) -> float:
        """The mean over sets."""
        return float(np.mean(self.scores(statistics)))

    def gain(self, base: Statistics, better: Statistics, *, resamples: int = 1000, seed: int = 12345) -> Gain:
        """Of the mean over sets. The same lines are drawn for both systems, and in all sets that are as long."""
        return self.gains(base, better, resamples=resamples, seed=seed)[0]

    def gain_by_set(
        self, base: Statistics, better: Statistics, *, resamples: int = 1000, seed: int = 12345
    ) -> list[Gain]:
        """Of each set."""
        return self.gains(base, better, resamples=resamples, seed=seed)[1]

    def gains(
        self, base: Statistics, better: Statistics, *, resamples: int = 1000, seed: int = 12345
    ) -> tuple[Gain, list[Gain]]:
        """Of the mean over sets, and of each set, from the same draws."""
        drawn = self._differences(base, better, resamples, seed)
        whole = _gain(self.score(base), self.score(better), np.mean(drawn, axis=0))
        return whole, [_gain(*each) for each in zip(self.scores(base), self.scores(better), drawn, strict=True)]

    def _differences(self, base: Statistics, better: Statistics, resamples: int, seed: int) -> list[Scores]:
        """Per set (R,)."""
        return [
            self._resampled(scorer, mine, resamples, seed) - self._resampled(scorer, theirs, resamples, seed)
            for scorer, theirs, mine in zip(self._scorers, base, better, strict=True)
        ]

    @staticmethod
    def _resampled(scorer: Metric, statistics: NDArray[np.float64], resamples: int, seed: int) -> Scores:
        return corpus_scores(scorer, resampled_sums(statistics, resamples=resamples, seed=seed))


def _gain(base: float, score: float, drawn: Scores) -> Gain:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Gain(base, score, score - base, float(low), float(high))
