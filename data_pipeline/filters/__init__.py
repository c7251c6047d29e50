"""Cleaning rules, one per file: every `Filter` with a name in a file of this folder can be used in a recipe."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from data_pipeline.filters.contract import Filter, Row, Scores
from vega.errors import UserError

__all__ = ["FILTERS", "Filter", "Row", "Scores", "build_filters"]


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


def _find() -> Iterator[type[Filter]]:
    """The rules that the files of this folder define, in the order of their names."""
    for file in sorted(pkgutil.iter_modules(__path__), key=lambda file: file.name):
        module = importlib.import_module(f"{__name__}.{file.name}")
        defined = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
        yield from (v for v in defined if isinstance(v, type) and issubclass(v, Filter) and "name" in vars(v))


FILTERS: dict[str, type[Filter]] = {rule.name: rule for rule in _find()}
