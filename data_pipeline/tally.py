"""What cleaning did to one corpus, for clean.json: counts, and a few rows that were dropped or nearly so."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_pipeline.filters import Filter
from data_pipeline.provenance import MARGIN, is_kept, score_columns
from data_pipeline.shards import SAMPLES, plain_scores, shorten
from data_pipeline.verdict import ERROR, KEPT, filter_of

#: Gives the text of the row at a place of a unit's table; the row passed all rules of its unit.
Text = Callable[[int], Mapping[str, str]]


class Tally:
    """Counts the rows of a corpus by outcome; units come in the order of their lines."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self.outcomes: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._examples: dict[str, list[dict[str, Any]]] = {}
        self._filters = filters
        self._nearest = {rule.name: Nearest(rule.name) for rule in filters}

    def add(self, table: pa.Table, passed: npt.NDArray[np.bool_], examples: Mapping[str, Any], text: Text) -> None:
        """Take a unit: its provenance, which rows passed its own rules, and examples of the others."""
        for entry in table["outcome"].value_counts().to_pylist():
            self.outcomes[entry["values"]] += entry["counts"]
        asked: dict[str, int] = {}
        for column in score_columns(table.schema.names):
            name = filter_of(column)
            asked[name] = max(asked.get(name, 0), len(table) - table[column].null_count)
        self._asked.update(asked)
        for rule, shown in examples.items():
            self._show(rule, shown)
        self._show_duplicates(table, passed, text)
        for nearest in self._nearest.values():
            nearest.add(table, text)

    @property
    def kept(self) -> int:
        return self.outcomes[KEPT]

    @property
    def dropped(self) -> dict[str, int]:
        """Rows by the rule that dropped them, most first."""
        return {rule: count for rule, count in self._by_count() if rule != KEPT and not rule.startswith(ERROR)}

    @property
    def quarantined(self) -> dict[str, int]:
        """Rows by ERROR and the step that failed on them, most first."""
        return {rule: count for rule, count in self._by_count() if rule.startswith(ERROR)}

    def _by_count(self) -> list[tuple[str, int]]:
        return sorted(self.outcomes.items(), key=lambda item: (-item[1], item[0]))

    def content(self) -> dict[str, Any]:
        """The corpus in clean.json; `samples` is the text of `examples` alone."""
        return {
            "read": self.outcomes.total(),
            "kept": self.kept,
            "dropped": self.dropped,
            "quarantined": self.quarantined,
            "samples": {
                rule: [entry["text"] for entry in shown]
                for rule, shown in self._examples.items()
                if rule in self.dropped
            },
            "filters": {
                rule.name: {
                    "evaluated": self._asked[rule.name],
                    "dropped": self.outcomes[rule.name],
                    "failed": self.outcomes[f"{ERROR}{rule.name}"],
                    "options": rule.model_dump(mode="json"),
                }
                for rule in self._filters
            },
            "examples": {rule: self._examples[rule] for rule, _ in self._by_count() if rule in self._examples},
            "nearly_dropped": {name: shown for name, nearest in self._nearest.items() if (shown := nearest.content())},
        }

    def _show(self, rule: str, entries: Iterable[dict[str, Any]]) -> None:
        shown = self._examples.setdefault(rule, [])
        shown.extend(list(entries)[: SAMPLES - len(shown)])

    def _show_duplicates(self, table: pa.Table, passed: npt.NDArray[np.bool_], text: Text) -> None:
        places = np.flatnonzero(passed & ~is_kept(table))
        outcomes = table["outcome"].take(pa.array(places))
        for rule in outcomes.unique().to_pylist():
            free = SAMPLES - len(self._examples.get(rule, []))
            first = places[np.array([outcome == rule for outcome in outcomes.to_pylist()])][: max(free, 0)]
            facts = table.select(["line", "of", "of_line", "similarity"]).take(pa.array(first)).to_pylist()
            self._show(
                rule, [{**entry, "text": shorten(text(int(at)))} for entry, at in zip(facts, first, strict=True)]
            )


class Nearest:
    """The kept rows that came closest to being dropped by one filter; of equals the first ones.

    None if all rows are equally far: then the filter knows no distance.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: list[tuple[float, int, dict[str, Any]]] = []
        self._largest = -np.inf

    def add(self, table: pa.Table, text: Text) -> None:
        """Take the next unit."""
        column = f"{MARGIN}{self._name}"
        if column not in table.schema.names:
            return
        margins = np.where(is_kept(table), table[column].to_numpy(zero_copy_only=False), np.nan)
        if np.isnan(margins).all():
            return
        self._largest = max(self._largest, float(np.nanmax(margins)))
        worst = self._found[-1][0] if len(self._found) == SAMPLES else np.inf
        places = np.flatnonzero(margins < worst)
        for place in places[np.argsort(margins[places], kind="stable")][:SAMPLES]:
            self._take(table, int(place), float(margins[place]), text)

    def _take(self, table: pa.Table, place: int, margin: float, text: Text) -> None:
        row = table.slice(place, 1)
        line = row["line"][0].as_py()
        entry = {"line": line, "margin": float(f"{margin:.6g}"), "text": shorten(text(place))}
        own = [column for column in score_columns(table.schema.names) if filter_of(column) == self._name]
        entry["scores"] = plain_scores({column: row[column][0].as_py() for column in own})
        insort(self._found, (margin, line, entry), key=lambda found: found[:2])
        del self._found[SAMPLES:]

    def content(self) -> list[dict[str, Any]]:
        if not self._found or self._found[0][0] == self._largest:
            return []
        return [entry for _, _, entry in self._found]
