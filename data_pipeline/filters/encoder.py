"""Pairs that mean different things, by a sentence encoder of the user's own: LaBSE, e5, a LASER student.

Any folder that the sentence-transformers library reads, with its tokenizer, pooling and layers behind; nothing is
downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from data_pipeline.filters.contract import Scores, above
from data_pipeline.filters.similarity import Similarity, need_package
from vega.errors import UserError


class Encoder(Similarity):
    """Cosine of the encoder's embeddings of the first side and of each other one.

    There is no default for the threshold, encoders differ too much: unrelated lines have 0.79 with
    multilingual-e5-small and should have about 0 with LaBSE. Score some good pairs and look.
    """

    name: ClassVar[str] = "encoder"

    model: Path = Field(description="folder of a sentence-transformers model")
    min_similarity: float = Field(ge=-1, le=1, description="cosine of the embeddings at least")
    prefix: str = Field(default="", description="put before each line, as e5 needs 'query: '")
    batch: int = Field(default=64, ge=1, description="lines encoded at once")

    def model_post_init(self, context: Any) -> None:
        if not (self.model / "modules.json").is_file():
            raise UserError(
                f"Filter 'encoder': {self.model} is no sentence-transformers folder (no modules.json in it)."
            )
        need_package("sentence_transformers", self.name, "encoder")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        lines = [f"{self.prefix}{text}" for text in texts]
        found = _encoder(self.model).encode(
            lines, batch_size=self.batch, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(found, dtype=np.float32)

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values(), default=1.0), self.min_similarity)


@cache
def _encoder(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer  # loads transformers: seconds

    return SentenceTransformer(str(folder), local_files_only=True)
