"""Dev sentences by domain: some for choosing, the others only to check the choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from data_pipeline.folding import fold
from data_pipeline.tuning.clusters import Clusters
from data_pipeline.tuning.pool import Candidate, number_of, read_all, side_of
from data_pipeline.tuning.scores import Row
from vega.errors import UserError
from vega.settings.tuning import TuningTextSettings

#: Domains with too few sentences are joined in it.
OTHER = "other"


class Part(NamedTuple):
    """A domain in a group of languages."""

    domain: str
    group: str


#: Sentences of each part, in order.
Parts = dict[Part, list[Row]]


class Dev(NamedTuple):
    """Sentences that choose, and sentences that check."""

    choose: Parts
    check: Parts


def dev_parts(settings: TuningTextSettings, clusters: dict[str, Clusters]) -> Dev:
    """At most `dev_lines` sentences of each domain and group, in both halves together.

    A sentence is in the same half in all its translations.
    """
    groups: dict[str, list[Candidate]] = {}
    for labelled in settings.dev:
        groups.setdefault(labelled.corpus.group, []).extend(read_all(labelled, settings, clusters))
    _join_small(groups, settings)
    dev = Dev({}, {})
    for group, candidates in groups.items():
        for domain in sorted({each.domain for each in candidates}):
            mine = sorted((each for each in candidates if each.domain == domain), key=_order)
            for row in _distinct(mine)[: settings.dev_lines]:
                half = dev.check if checks(row, settings) else dev.choose
                half.setdefault(Part(domain, group), []).append(row)
    _complete(dev, groups)
    return dev


def checks(row: Row, settings: TuningTextSettings) -> bool:
    """Whether a sentence is of those that nothing is chosen by."""
    side = side_of(row)
    return number_of(settings.seed, "check", fold(row[side], side)) < settings.check_share * 2**64


def _order(candidate: Candidate) -> tuple[int, tuple[str, ...]]:
    return candidate.priority, tuple(candidate.row.values())


def _distinct(candidates: Sequence[Candidate]) -> list[Row]:
    return list({tuple(each.row.values()): each.row for each in candidates}.values())


def _join_small(groups: dict[str, list[Candidate]], settings: TuningTextSettings) -> None:
    """Give sentences of small domains the common one; those that are held out stay by themselves."""
    counts = Counter(each.domain for candidates in groups.values() for each in candidates)
    if missing := [name for name in settings.held_out_domains if not counts[name]]:
        raise UserError(
            f"held_out_domains: no dev sentence is of '{missing[0]}'. Domains of the dev sets: "
            f"{', '.join(f'{name} ({count})' for name, count in sorted(counts.items()))}."
        )
    for candidates in groups.values():
        for each in candidates:
            if counts[each.domain] < settings.min_dev_lines and each.domain not in settings.held_out_domains:
                each.domain = OTHER


def _complete(dev: Dev, groups: dict[str, list[Candidate]]) -> None:
    """Every part has a sentence that chooses; UserError where a group has none at all."""
    for part, rows in list(dev.check.items()):
        if part not in dev.choose:
            dev.choose[part] = [rows.pop()]
            if not rows:
                del dev.check[part]
    for group in groups:
        if not any(part.group == group for part in dev.choose):
            raise UserError(f"valid: no dev sentence in {group} has text in all of its languages.")
