"""How well the sides of a pair fit, larger = better; only scores of one kind are compared.

What a learned filter of `vega clean` measured is in its provenance, for every line that was kept. Without such a
filter: how usual the ratio of the sides' lengths is, which finds cut and loose translations, and knows no meaning.
"""

from __future__ import annotations

from collections.abc import Sequence

from data_pipeline.filters.length_ratio import LengthRatio
from data_pipeline.filters.pair_similarity import PairSimilarity
from data_pipeline.tuning.domains import score_columns
from vega.errors import UserError
from vega.settings.tuning import Labelled

#: Filters whose scores say how well a pair fits; the best judge first.
LEARNED = ("bicleaner", "encoder", "pair_similarity")

Row = dict[str, str]


def kind_of_score(wanted: str, train: Sequence[Labelled]) -> str:
    """`e5`, `length_ratio`, or the filter whose scores all corpora have; UserError where they lack what is wanted."""
    if wanted not in ("auto", "provenance"):
        return wanted
    for each in LEARNED:
        if train and all(labelled.provenance and score_columns(labelled.provenance, (each,)) for labelled in train):
            return each
    if wanted == "provenance":
        raise UserError(
            "score: provenance needs one learned filter that has scored all corpora to draw from: add bicleaner, "
            "encoder or pair_similarity to clean.filters, or take score: e5."
        )
    return "length_ratio"


def e5_scores(rows: Sequence[Row]) -> list[float]:
    """Cosine of multilingual-e5-small between the first side and the one that fits it least; 1 with one side."""
    return [min(scores.values(), default=1.0) for scores in PairSimilarity().score_all(rows)]


def length_scores(rows: Sequence[Row]) -> list[float]:
    """Minus how many times a side is longer or shorter than expected, of the worst side: -1 at best."""
    return [-max(scores.values(), default=1.0) for scores in LengthRatio().score_all(rows)]
