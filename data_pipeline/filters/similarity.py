"""The base of rules that compare sentence embeddings of the sides."""

from __future__ import annotations

import importlib.util
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from data_pipeline.filters.contract import Batched, Row, Scores
from vega.errors import UserError

#: Scores are rounded: the last bits of a number may depend on the texts it was computed with.
_DECIMALS = 4


class Similarity(Batched):
    """Cosine between the embeddings of the first side and of each other one, -1 to 1."""

    learned: ClassVar[bool] = True

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of length 1, (texts, dimensions)."""

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        # Short lines together: batches are then evenly long.
        texts = sorted({text for row in rows for text in row.values()}, key=lambda text: (len(text), text))
        if not texts or len(rows[0]) < 2:
            return [{} for _ in rows]
        vectors = self.embed(texts)
        place = {text: number for number, text in enumerate(texts)}
        return [self._scores([place[text] for text in row.values()], list(row), vectors) for row in rows]

    @staticmethod
    def _scores(places: list[int], languages: list[str], vectors: NDArray[np.float32]) -> Scores:
        cosines = vectors[places[1:]] @ vectors[places[0]]
        return {code: round(float(cosine), _DECIMALS) for code, cosine in zip(languages[1:], cosines, strict=True)}


def need_package(module: str, rule: str, extra: str) -> None:
    """A UserError unless the module can be imported; nothing is loaded yet."""
    if importlib.util.find_spec(module) is None:
        raise UserError(f"Filter '{rule}' needs the package {module}: pip install 'vega-mt[{extra}]'.")
