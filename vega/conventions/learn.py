"""Count how text writes things, and decide what is clear.

The share of a variant is the mean of its shares in the corpora that have the thing often enough: one large corpus with
a style of its own, as a program's manual with straight quotation marks, does not speak for the language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from vega.conventions.features import find, finders
from vega.conventions.occurrence import Variant

#: How often a corpus must write a thing for its share to count beside those of other corpora.
ENOUGH_IN_CORPUS = 20

Counts = Counter[tuple[str, Variant]]


@dataclass(frozen=True)
class Clarity:
    """What makes a convention clear; the defaults are those of `vega.settings.PostprocessOptions`."""

    share: float = 0.66
    count: int = 50


@dataclass(frozen=True)
class Rule:
    """How one thing is written: times and share of each variant, and the variant that is restored, if one is clear."""

    counts: dict[Variant, int]
    shares: dict[Variant, float]
    choice: Variant | None


@dataclass(frozen=True)
class Conventions:
    """The rules of a language by feature, from so many lines."""

    language: str
    lines: int
    rules: dict[str, Rule] = field(default_factory=dict)

    @cached_property
    def choices(self) -> dict[str, Variant]:
        """Feature -> what is restored, where that is clear."""
        return {feature: rule.choice for feature, rule in self.rules.items() if rule.choice is not None}

    def as_json(self) -> dict[str, Any]:
        """{language, lines, rules: [{feature, choice, applied, variants: [{text, count, share}]}]}, clear first."""
        rules = [
            {
                "feature": feature,
                "choice": list(rule.choice) if rule.choice is not None else None,
                "applied": rule.choice is not None,
                "variants": [
                    {"text": list(variant), "count": rule.counts[variant], "share": round(share, 4)}
                    for variant, share in rule.shares.items()
                ],
            }
            for feature, rule in sorted(self.rules.items(), key=lambda item: (item[1].choice is None, item[0]))
        ]
        return {"language": self.language, "lines": self.lines, "rules": rules}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Conventions:
        """What `as_json` gave, with rounded shares."""
        rules = {
            str(rule["feature"]): Rule(
                {tuple(each["text"]): int(each["count"]) for each in rule["variants"]},
                {tuple(each["text"]): float(each["share"]) for each in rule["variants"]},
                tuple(rule["choice"]) if rule["choice"] is not None else None,
            )
            for rule in content["rules"]
        }
        return cls(str(content["language"]), int(content["lines"]), rules)


def learn(lines: Iterable[str], language: str, clarity: Clarity = Clarity()) -> Conventions:
    """The conventions of one text, a sentence a line."""
    return choose([count(lines, language)], language, clarity)


def count(lines: Iterable[str], language: str) -> tuple[int, Counts]:
    """Number of lines, and how often they write each thing in each way."""
    number, counts = 0, Counts()
    for line in lines:
        number += 1
        for finder in finders(language):
            counts.update((each.feature, each.variant) for each in find(line, finder))
    return number, counts


def choose(corpora: Sequence[tuple[int, Counts]], language: str, clarity: Clarity = Clarity()) -> Conventions:
    """The conventions that the counts of several corpora show together."""
    totals: dict[str, Counter[Variant]] = {}
    by_corpus: list[dict[str, Counter[Variant]]] = []
    for _, counts in corpora:
        mine: dict[str, Counter[Variant]] = {}
        for (feature, variant), times in counts.items():
            mine.setdefault(feature, Counter())[variant] += times
            totals.setdefault(feature, Counter())[variant] += times
        by_corpus.append(mine)
    rules = {
        feature: _rule(total, [mine[feature] for mine in by_corpus if feature in mine], clarity)
        for feature, total in totals.items()
    }
    return Conventions(language, sum(number for number, _ in corpora), rules)


def _rule(total: Counter[Variant], corpora: Sequence[Counter[Variant]], clarity: Clarity) -> Rule:
    counted = [each for each in corpora if each.total() >= ENOUGH_IN_CORPUS] or [total]
    shares = {variant: sum(each[variant] / each.total() for each in counted) / len(counted) for variant in total}
    shares = dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))
    best, share = next(iter(shares.items()))
    is_clear = share >= clarity.share and total.total() >= clarity.count
    return Rule(dict(total), shares, best if is_clear else None)
