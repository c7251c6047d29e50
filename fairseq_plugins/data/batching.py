"""Sentences to batches under a token budget, losing none.

fairseq's `batch_by_size` drops the last batch when it is not a multiple of `--required-batch-size-multiple` (8 by
default), which silently shortens validation and test sets; the compiled function under it does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from fairseq.data.data_utils_fast import batch_by_size_vec


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
