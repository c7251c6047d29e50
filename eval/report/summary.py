"""What the scores say in short: means, how often a system beats the baselines, and whether training worked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vega.metrics import LOWER_IS_BETTER

#: Systems that have learnt nothing; every other one should beat them.
COPY, UNTRAINED = "copy", "untrained"
BASELINES = (COPY, UNTRAINED)

#: Share of directions that must beat copying for a plain "yes" (eight of ten; names and numbers favour the copy).
ENOUGH_ABOVE_COPY = 0.8

Row = dict[str, Any]
Cell = tuple[str, str]  # (test set, direction)


def base_name(system: str) -> str:
    """The name without that of its run, `RUN/SYSTEM`, where several runs are compared."""
    return system.rpartition("/")[2]


def is_baseline(system: str) -> bool:
    """Whether it has learnt nothing."""
    return base_name(system) in BASELINES


def best_of(metric: str, scores: Iterable[float]) -> float:
    """The highest score, or the lowest of an error rate."""
    return min(scores) if metric in LOWER_IS_BETTER else max(scores)


def by_trust(metric: str) -> tuple[bool, str]:
    """Sorting key: chrF first, which tells systems apart even where BLEU is near zero."""
    return metric != "chrF", metric


def by_system(scores: Iterable[Row], metric: str) -> dict[str, dict[Cell, Row]]:
    """Rows of one metric as system -> (test set, direction) -> row."""
    table: dict[str, dict[Cell, Row]] = {}
    for row in scores:
        if row["metric"] == metric:
            table.setdefault(row["system"], {})[row["test_set"], row["direction"]] = row
    return table


def mean(rows: dict[Cell, Row], cells: Iterable[Cell] | None = None) -> float | None:
    """Mean score over `cells` (default all), or None where one is missing."""
    chosen = list(rows if cells is None else cells)
    if not chosen or any(cell not in rows for cell in chosen):
        return None
    return sum(float(rows[cell]["score"]) for cell in chosen) / len(chosen)


def count_above(rows: dict[Cell, Row], baseline: dict[Cell, Row] | None) -> int | None:
    """In how many directions `rows` is better than `baseline`; None without a common direction or against itself."""
    if baseline is None or rows is baseline or not rows.keys() & baseline.keys():
        return None
    common = rows.keys() & baseline.keys()
    pairs = [(rows[cell]["metric"], float(rows[cell]["score"]), float(baseline[cell]["score"])) for cell in common]
    return sum(own != other and best_of(metric, (own, other)) == own for metric, own, other in pairs)


def summarise(scores: Sequence[Row]) -> dict[str, dict[str, dict[str, float | int | None]]]:
    """{metric: {system: {mean, directions, above_copy, above_untrained}}}; a mean is over the system's directions."""
    summary: dict[str, dict[str, dict[str, float | int | None]]] = {}
    for metric in dict.fromkeys(row["metric"] for row in scores):
        table = by_system(scores, metric)
        summary[metric] = {
            system: {
                "mean": mean(rows),
                "directions": len(rows),
                "above_copy": count_above(rows, table.get(COPY)),
                "above_untrained": count_above(rows, table.get(UNTRAINED)),
            }
            for system, rows in table.items()
        }
    return summary


def order_systems(scores: Sequence[Row], known: Sequence[str]) -> list[str]:
    """Baselines first, then as the translate stage listed them, then any others as they appear."""
    names = list(dict.fromkeys(row["system"] for row in scores))
    listed = [name for name in known if name in names]
    return list(dict.fromkeys([*sorted(filter(is_baseline, names), key=_baseline_order), *listed, *names]))


def _baseline_order(name: str) -> int:
    return BASELINES.index(base_name(name))


@dataclass(frozen=True)
class Headline:
    """The answer to "did it learn?". Means of the baselines are over the best system's directions."""

    verdict: str  # "yes", "partly", "no" or, without a baseline, "unknown"
    metric: str
    best: str
    mean: float
    directions: int
    copy_mean: float | None
    untrained_mean: float | None
    above_copy: int | None
    above_untrained: int | None


def headline(scores: Sequence[Row]) -> Headline | None:
    """Judge the trained system with the most directions (of those, the highest mean) by chrF, else by what there is."""
    metrics = list(dict.fromkeys(row["metric"] for row in scores))
    if not metrics:
        return None
    metric = "chrF" if "chrF" in metrics else metrics[0]
    table = by_system(scores, metric)
    trained = [name for name in table if not is_baseline(name)]
    if not trained:
        return None
    best = max(trained, key=lambda name: (len(table[name]), mean(table[name]) or 0.0))
    rows = table[best]
    copy, untrained = table.get(COPY), table.get(UNTRAINED)
    facts = Headline(
        verdict="unknown",
        metric=metric,
        best=best,
        mean=mean(rows) or 0.0,
        directions=len(rows),
        copy_mean=mean(copy, rows) if copy else None,
        untrained_mean=mean(untrained, rows) if untrained else None,
        above_copy=count_above(rows, copy),
        above_untrained=count_above(rows, untrained),
    )
    return Headline(**{**vars(facts), "verdict": verdict(facts)})


def verdict(facts: Headline) -> str:
    """yes: above untrained everywhere and above copying in most directions; partly: above both on average."""
    baselines = [value for value in (facts.copy_mean, facts.untrained_mean) if value is not None]
    if not baselines:
        return "unknown"
    if any(facts.mean <= value for value in baselines):
        return "no"
    everywhere = facts.above_untrained in (None, facts.directions)
    mostly = facts.above_copy is None or facts.above_copy >= ENOUGH_ABOVE_COPY * facts.directions
    return "yes" if everywhere and mostly else "partly"
