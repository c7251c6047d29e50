"""Cleaning rules, one per file. A new rule is one new file and one row in the table below."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from data_pipeline.filters.alphabet import Alphabet
from data_pipeline.filters.bicleaner import Bicleaner
from data_pipeline.filters.contract import Filter, Row, Scores
from data_pipeline.filters.copy import Copy
from data_pipeline.filters.encoder import Encoder
from data_pipeline.filters.language_id import LanguageId
from data_pipeline.filters.length import Length
from data_pipeline.filters.length_ratio import LengthRatio
from data_pipeline.filters.markup import Markup
from data_pipeline.filters.numbers import Numbers
from data_pipeline.filters.pair_similarity import PairSimilarity
from data_pipeline.filters.punctuation import Punctuation
from data_pipeline.filters.repetition import Repetition
from data_pipeline.filters.script import Script
from vega.errors import UserError

__all__ = ["FILTERS", "Filter", "Row", "Scores", "build_filters"]

FILTERS: dict[str, type[Filter]] = {
    rule.name: rule
    for rule in (
        Length,
        LengthRatio,
        Copy,
        Script,
        Punctuation,
        Numbers,
        Repetition,
        Markup,
        Alphabet,
        LanguageId,
        PairSimilarity,
        Encoder,
        Bicleaner,
    )
}


def build_filters(options: Mapping[str, Mapping[str, Any]]) -> list[Filter]:
    """Rule name -> its options, to filters in the same order, but the learned ones last.

    An unknown rule or option is a UserError.
    """
    return sorted((_build(name, chosen or {}) for name, chosen in options.items()), key=lambda rule: rule.learned)


def known_rule(name: str) -> type[Filter]:
    """The rule of this name; an unknown one is a UserError that names the nearest."""
    if name not in FILTERS:
        raise UserError(f"Unknown filter '{name}'.{nearest(name, FILTERS)} Known: {', '.join(FILTERS)}.")
    return FILTERS[name]


def _build(name: str, options: Mapping[str, Any]) -> Filter:
    rule = known_rule(name)
    for option in options:
        if option not in rule.model_fields:
            raise UserError(
                f"Filter '{name}' has no option '{option}'.{nearest(option, rule.model_fields)} "
                f"Known: {', '.join(rule.model_fields)}."
            )
    try:
        return rule(**options)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise UserError(f"Filter '{name}', option '{where}': {fault['msg']}, got {fault['input']!r}.") from None


def nearest(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'length'?`, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.3)
    return f" Did you mean '{near[0]}'?" if near else ""
