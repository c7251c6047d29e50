"""Sentences to batches under a token budget, losing none.

fairseq's `batch_by_size` drops the last batch when it is not a multiple of `--required-batch-size-multiple` (8 by
default), which silently shortens validation and test sets; the compiled function under it does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from fairseq.data.data_utils_fast import batch_by_size_vec

from fairseq_plugins.data.bitext import MultidirectionalDataset
from vega.errors import UserError

#: Token budgets by length: (longest sentence, tokens) of each bucket, in rising order of length.
BatchBudgets = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class BatchLimits:
    """`max_tokens`: rows times the longest row, padding counted; `max_sentences`: rows; None = no limit.

    With `budgets`, a batch holds sentences of one bucket and no more tokens than that bucket's budget.
    """

    max_tokens: int | None
    max_sentences: int | None
    multiple: int = 1
    budgets: BatchBudgets = ()

    def admits(self, lengths: np.ndarray) -> np.ndarray:
        """Which sentences, by their lengths, fit into a batch at all; the others must not be given to `split`."""
        if not self.budgets:
            return np.ones(len(lengths), dtype=bool) if self.max_tokens is None else lengths <= self.max_tokens
        budgets = np.array([tokens for _, tokens in self.budgets] + [0])  # 0: longer than the last bucket
        return lengths <= budgets[self._buckets(lengths)]

    def split(self, indices: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """Cut `indices`, in their order, into batches; `lengths[i]` belongs to `indices[i]`. Bucket after bucket."""
        if not self.budgets:
            return self._cut(indices, lengths, self.max_tokens)
        buckets = self._buckets(lengths)
        return [
            batch
            for number, (_, tokens) in enumerate(self.budgets)
            for batch in self._cut(indices[buckets == number], lengths[buckets == number], tokens)
        ]

    def _buckets(self, lengths: np.ndarray) -> np.ndarray:
        return np.searchsorted([longest for longest, _ in self.budgets], lengths)

    def _cut(self, indices: np.ndarray, lengths: np.ndarray, max_tokens: int | None) -> list[np.ndarray]:
        if len(indices) == 0:
            return []
        return list(
            batch_by_size_vec(
                np.ascontiguousarray(indices, dtype=np.int64),
                np.ascontiguousarray(lengths, dtype=np.int64),
                max_tokens or -1,
                self.max_sentences or -1,
                self.multiple,
            )
        )


def batches_of_one_pass(dataset: MultidirectionalDataset, limits: BatchLimits) -> int:
    """About as many batches as one pass has, from file sizes; a multiple of 64 so that update groups stay whole."""
    tokens = sum(b.num_tokens for b in dataset.bitexts)
    of_batch = limits.max_tokens
    if limits.budgets:  # that of sentences of mean length
        mean = tokens / max(1, len(dataset))
        of_batch = next((budget for longest, budget in limits.budgets if longest >= mean and budget), of_batch)
    count = tokens // of_batch if of_batch else len(dataset) // (limits.max_sentences or 1)
    return max(64, -(-count // 64) * 64)


def single_direction_batches(
    dataset: MultidirectionalDataset, limits: BatchLimits, max_positions: tuple[int, int], *, may_skip: bool
) -> list[np.ndarray]:
    """Every sentence once, for validation and test sets, each batch of one direction.

    So a batch's loss belongs to a direction, and generation has one first token per batch. Sentences longer than
    `max_positions` (source, target) are an error, or left out with `may_skip`.
    """
    batches = []
    too_long = 0
    for which, start in enumerate(dataset.starts[:-1]):
        rows = np.arange(len(dataset.bitexts[which].source))
        source, target = dataset.lengths(which, rows)
        fits = (source <= max_positions[0]) & (target <= max_positions[1])
        too_long += int((~fits).sum())
        order = np.lexsort((source[fits], target[fits]))
        lengths = np.maximum(source, target)[fits][order]
        batches += BatchLimits(limits.max_tokens, limits.max_sentences).split(start + rows[fits][order], lengths)
    if too_long and not may_skip:
        raise UserError(
            f"{too_long} sentences are longer than the model's {max_positions} positions. Shorten them, or leave them "
            "out with --skip-invalid-size-inputs-valid-test."
        )
    return batches
