"""How probable given translations are: log-probabilities of texts by models that are made to write them.

What reranking asks of other models: one that writes from right to left, and the source-channel model, which translates
the candidate back (Yee et al. 2019, arXiv 1908.05731).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from fairseq.sequence_scorer import SequenceScorer
from numpy.typing import NDArray
from torch import Tensor

from fairseq_plugins.data.batching import BatchLimits
from fairseq_plugins.loading import load
from vega.checkpoints.sources import Weights
from vega.directions import Direction
from vega.errors import UserError
from vega.vocabulary import Vocabulary

#: Tokens whose distributions over the vocabulary are in memory at once.
_TOKENS_AT_ONCE = 1024


class ForcedScores(NamedTuple):
    """Of each pair, (N,): log-probability of the target in nats, and its tokens; both with the end of sentence."""

    log_probabilities: NDArray[np.float64]
    tokens: NDArray[np.int64]


def reads_right_to_left(task: Any) -> bool:
    """Whether models of the task write the last token first."""
    return bool(getattr(task.cfg, "right_to_left", False))


def encoded_sources(lines: Sequence[str], code: str, task: Any, vocabulary: Vocabulary) -> list[list[int]]:
    """What the encoder reads: the language's tag, the line, the end of sentence."""
    tag, eos = task.tag(code), task.dictionary.eos()
    return [[tag, *vocabulary.encode(line, code), eos] for line in lines]


def padded(rows: Sequence[Sequence[int]], pad: int) -> Tensor:
    """(B, longest) int64."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows])


class ForcedScorer:
    """One model or an ensemble, whose probabilities of each token are averaged."""

    def __init__(self, models: Sequence[Any], task: Any, vocabulary: Vocabulary, max_tokens: int = 4096) -> None:
        """`models` of fairseq on any device; a batch has at most `max_tokens` tokens on either side."""
        self.models, self.task, self.vocabulary, self.max_tokens = list(models), task, vocabulary, max_tokens
        self.device = next(self.models[0].parameters()).device
        self._scorer = SequenceScorer(task.dictionary, softmax_batch=_TOKENS_AT_ONCE)

    @classmethod
    def load(cls, weights: Weights, data: Path, max_tokens: int = 4096) -> ForcedScorer:
        """Of one checkpoint; `data` is the binarized folder."""
        model, task = load(weights, data)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return cls([model.to(device)], task, Vocabulary.load(data), max_tokens)

    def __call__(self, sources: Sequence[str], targets: Sequence[str], direction: Direction) -> ForcedScores:
        """Of target i given source i; a text is cut into the vocabulary's own tokens, whatever wrote it."""
        encoded = encoded_sources(sources, direction.source, self.task, self.vocabulary)
        written = [self._written(line, direction.target) for line in targets]
        first = self.task.tag(direction.target)
        lengths = np.array([[len(row) for row in encoded], [len(row) for row in written]]).reshape(2, -1)
        self._check_lengths(lengths, sources, targets)
        order = np.lexsort((lengths[0], lengths[1]))
        scores = np.zeros(len(written))
        for batch in BatchLimits(self.max_tokens, None).split(order, lengths.max(0)[order]):
            scores[batch] = self._scores([encoded[i] for i in batch], [written[i] for i in batch], first)
        return ForcedScores(scores, lengths[1])

    def _written(self, line: str, code: str) -> list[int]:
        """The tokens in the order in which the models write them."""
        tokens = self.vocabulary.encode(line, code)
        return [*(tokens[::-1] if reads_right_to_left(self.task) else tokens), self.task.dictionary.eos()]

    def _scores(self, sources: list[list[int]], targets: list[list[int]], first: int) -> list[float]:
        pad = self.task.dictionary.pad()
        source, target = padded(sources, pad).to(self.device), padded(targets, pad).to(self.device)
        before = torch.cat([torch.full_like(target[:, :1], first), target[:, :-1]], 1)
        sample = {
            "net_input": {
                "src_tokens": source,
                "src_lengths": torch.tensor([len(row) for row in sources], device=self.device),
                "prev_output_tokens": before,
            },
            "target": target,
        }
        found = self._scorer.generate(self.models, sample)  # without gradients
        return [float(each[0]["positional_scores"].double().sum()) for each in found]

    def _check_lengths(self, lengths: NDArray[np.int64], sources: Sequence[str], targets: Sequence[str]) -> None:
        limits = np.array([[self.max_tokens] * 2, *(model.max_positions()[:2] for model in self.models)]).min(0)
        too_long = np.argwhere(limits < lengths.T)
        if too_long.size:
            line, side = too_long[0].tolist()
            text = (sources, targets)[side][line]
            raise UserError(
                f"Line {line + 1} has {lengths[side, line]:,} tokens, the limit is {limits[side]:,} "
                f"('{text[:40]}...'). Split it into sentences, or raise max_tokens."
            )
