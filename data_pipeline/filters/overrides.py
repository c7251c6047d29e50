"""Which filters a corpus gets: those of the recipe, changed for its languages, then for itself.

    filters: {length: {max_tokens: 150}, copy: {}}
    filters_for:
      en-zh: {length: {max_tokens: 200}}       # all corpora in these languages
      subtitles: {length: {min_tokens: 2}, copy: null, numbers: {}}   # one corpus

An override changes the options it names and leaves the others; null or false switches a rule off, true puts it back.
Rules that are not in `filters` come after those that are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from data_pipeline.filters import build_filters, known_rule, nearest
from vega.errors import UserError
from vega.settings import Corpus
from vega.settings.clean import concerns

#: Options of a rule; null or false = off, true = on.
Chosen = Mapping[str, Any] | bool | None
#: Rule -> its options.
Rules = Mapping[str, Chosen]


def resolve(
    filters: Rules, filters_for: Mapping[str, Rules], name: str, languages: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Rule -> options of the corpus `name`, in the order the rules are applied; the corpus wins over its languages."""
    found: dict[str, Chosen] = dict(filters)
    for key in sorted(filters_for, key=lambda key: key == name):  # the name last
        if concerns(key, name, languages):
            for rule, chosen in filters_for[key].items():
                found[rule] = _merge(found.get(rule), chosen)
    return _on(found)


def check(filters: Rules, filters_for: Mapping[str, Rules], corpora: Iterable[Corpus]) -> None:
    """A UserError for a key that is no corpus and no languages of one, and for an unknown rule or option."""
    corpora = list(corpora)
    known = list(dict.fromkeys([*(corpus.name for corpus in corpora), *(corpus.group for corpus in corpora)]))
    for key in filters_for:
        if not any(concerns(key, corpus.name, corpus.languages) for corpus in corpora):
            raise UserError(
                f"filters_for.{key}: no corpus has this name or these languages.{nearest(key, known)} "
                f"Known: {', '.join(known)}."
            )
    _check_rules(filters)
    for key, rules in filters_for.items():
        try:
            _check_rules({rule: _merge(filters.get(rule), chosen) for rule, chosen in rules.items()})
        except UserError as error:
            raise UserError(f"filters_for.{key}: {error}") from None


def _check_rules(rules: Rules) -> None:
    for rule in rules:
        known_rule(rule)  # also those that are switched off
    build_filters(_on(rules))


def _merge(base: Chosen, change: Chosen) -> Chosen:
    if isinstance(change, Mapping):
        return {**base, **change} if isinstance(base, Mapping) else change
    return (base if isinstance(base, Mapping) else True) if change else None


def _on(rules: Rules) -> dict[str, dict[str, Any]]:
    """The rules that are switched on, with their options."""
    return {
        rule: dict(chosen) if isinstance(chosen, Mapping) else {}
        for rule, chosen in rules.items()
        if isinstance(chosen, Mapping) or chosen
    }
