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


@dataclass(frozen=True)
class BatchLimits:
    """`max_tokens`: rows times the longest row, padding counted; `max_sentences`: rows; None = no limit."""

    max_tokens: int | None
    max_sentences: int | None
    multiple: int = 1

    def split(self, indices: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """Cut `indices`, in their order, into batches; `lengths[i]` belongs to `indices[i]`."""
        if len(indices) == 0:
            return []
        return list(
            batch_by_size_vec(
                np.ascontiguousarray(indices, dtype=np.int64),
                np.ascontiguousarray(lengths, dtype=np.int64),
                self.max_tokens or -1,
                self.max_sentences or -1,
                self.multiple,
            )
        )


def batches_of_one_pass(dataset: MultidirectionalDataset, limits: BatchLimits) -> int:
    """About as many batches as one pass has, from file sizes; a multiple of 64 so that update groups stay whole."""
    tokens = sum(b.num_tokens for b in dataset.bitexts)
    count = tokens // limits.max_tokens if limits.max_tokens else len(dataset) // (limits.max_sentences or 1)
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
