"""The page's sections on what the evaluation found beside the scores: clusters, domains, documents, rates, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from eval.report.charts import Bar, bar_chart
from eval.report.shown import digits
from eval.report.summary import by_trust

#: Documents in one table; report.json has all.
MOST_DOCUMENTS = 300

#: What the rates of analysis.json are, in words; all but the first are percent of the lines that were judged.
RATES = {
    "length_ratio": "length over the reference's",
    "empty": "empty",
    "copied": "copied from the source",
    "untranslated": "mostly the source's words",
    "wrong_language": "in another language",
    "over_long": "too long",
    "under_long": "too short",
    "repeated": "repeats itself",
    "digits_missing": "digits missing",
    "names_missing": "names missing",
    "quotes_off": "quotes against the convention",
    "punctuation_off": "punctuation against the convention",
}

#: What groups of analysis.json are measured in.
UNITS = {"length": "of the source", "frequency": "of the reference's rarest word"}

Rows = Sequence[Mapping[str, Any]]


def cell_name(place: Mapping[str, Any]) -> str:
    """The name of a test set and direction, as the sentence browser has it."""
    return f"{place['test_set']}/{place['direction']}"


def places(rows: Rows) -> list[tuple[str, str]]:
    """(test set, direction) of rows, in their order."""
    return list(dict.fromkeys((str(row["test_set"]), str(row["direction"])) for row in rows))


def at_place(rows: Rows, place: tuple[str, str]) -> list[Mapping[str, Any]]:
    """The rows of a test set and direction."""
    return [row for row in rows if (row["test_set"], row["direction"]) == place]


# Significance


def significance(rows: Rows) -> dict[str, Any] | None:
    """Clusters with their ranks and all pairs, the trusted metric first."""
    if not rows:
        return None
    ordered = sorted(rows, key=lambda row: by_trust(row["metric"]))
    return {
        "many_sets": len({row["test_set"] for row in rows}) > 1,
        "rows": [
            {**row, "clusters": _ranked(row["clusters"]), "digits": digits([pair["gain"] for pair in row["pairs"]])}
            for row in ordered
        ],
    }


def _ranked(clusters: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    rank, found = 1, []
    for systems in clusters:
        found.append({"rank": rank, "systems": systems})
        rank += len(systems)
    return found


# Domains and documents


def domains(report: Mapping[str, Any], colours: Mapping[str, str]) -> dict[str, Any] | None:
    """A chart and tables per test set and direction with domains, and a table of its documents."""
    rows, documents = report["domains"], report["documents"]
    if not rows and not documents:
        return None
    return {
        "parts": [_domains(place, at_place(rows, place), colours) for place in places(rows)],
        "documents": [_documents(place, at_place(documents, place)) for place in places(documents)],
    }


def _domains(place: tuple[str, str], rows: Rows, colours: Mapping[str, str]) -> dict[str, Any]:
    metrics = sorted({row["metric"] for row in rows}, key=by_trust)
    systems = [name for name in colours if any(row["system"] == name for row in rows)]
    first = [row for row in rows if row["metric"] == metrics[0]]
    return {
        "test_set": place[0],
        "direction": place[1],
        "metric": metrics[0],
        "systems": systems,
        "chart": _group_chart(
            {(row["domain"], row["system"]): Bar(row["score"], row["low"], row["high"]) for row in first},
            {name: colours[name] for name in systems},
            f"{metrics[0]} by domain, {place[1]}",
            metrics[0],
        ),
        "tables": [_domain_table([row for row in rows if row["metric"] == metric], systems) for metric in metrics],
    }


def _domain_table(rows: Rows, systems: Sequence[str]) -> dict[str, Any]:
    cells = {(row["domain"], row["system"]): row for row in rows}
    return {
        "metric": rows[0]["metric"],
        "digits": digits([row["score"] for row in rows]),
        "lines": [
            {"domain": name, "lines": lines, "cells": [cells.get((name, system)) for system in systems]}
            for name, lines in {row["domain"]: row["lines"] for row in rows}.items()
        ],
    }


def _documents(place: tuple[str, str], rows: Rows) -> dict[str, Any]:
    metric = min({row["metric"] for row in rows}, key=by_trust)
    own = [row for row in rows if row["metric"] == metric]
    return {
        "test_set": place[0],
        "direction": place[1],
        "cell": "/".join(place),
        "metric": metric,
        "count": len(own),
        "systems": list(dict.fromkeys(system for row in own for system in row["scores"])),
        "digits": digits([score for row in own for score in row["scores"].values()]),
        "rows": own[:MOST_DOCUMENTS],
    }


def _group_chart(values: Mapping[tuple[str, str], Bar], series: Mapping[str, str], title: str, metric: str) -> Markup:
    highest = max(bar.value if bar.high is None else bar.high for bar in values.values())
    groups = list(dict.fromkeys(group for group, _ in values))
    said = f"{title}. The numbers are in the table below."
    return Markup(bar_chart(groups, series, values, title=said, y_label=metric, highest=highest))


# Analysis


def analysis(report: Mapping[str, Any], colours: Mapping[str, str]) -> dict[str, Any] | None:
    """Rates per system, scores by group, and the lines furthest below another system, by test set and direction."""
    parts = [
        {
            "test_set": place[0],
            "direction": place[1],
            "cell": "/".join(place),
            **_rates(at_place(report["analysis"], place)),
            "groups": _groups(place, report, colours),
            "worst": [row for row in at_place(report["worst"], place) if row["lines"]],
        }
        for place in places([*report["analysis"], *report["groups"], *report["worst"]])
    ]
    return {"parts": parts} if parts else None


def _rates(rows: Rows) -> dict[str, Any]:
    known = [rate for rate in RATES if any(rate in row["rates"] for row in rows)]
    others = [rate for rate in dict.fromkeys(rate for row in rows for rate in row["rates"]) if rate not in RATES]
    return {
        "lines": rows[0]["lines"] if rows else None,
        "systems": [row["system"] for row in rows],
        "rates": [
            {
                "rate": rate,
                "name": RATES.get(rate, rate.replace("_", " ")),
                "cells": [_rate_cell(row, rate) for row in rows],
            }
            for rate in [*known, *others]
        ],
    }


def _rate_cell(row: Mapping[str, Any], rate: str) -> dict[str, Any] | None:
    """None where it was not measured, as where a language has no convention."""
    value = row["rates"].get(rate)
    if value is None:
        return None
    shown = f"{value:.2f}" if rate == "length_ratio" else f"{value:.1f} %"
    return {"text": shown, "examples": row["examples"].get(rate, []), "system": row["system"]}


def _groups(place: tuple[str, str], report: Mapping[str, Any], colours: Mapping[str, str]) -> list[dict[str, Any]]:
    """A chart per kind of group; domains have one of their own where they were scored with intervals."""
    rows = at_place(report["groups"], place)
    kinds = list(dict.fromkeys(row["by"] for row in rows))
    if at_place(report["domains"], place):
        kinds = [by for by in kinds if by != "domain"]
    return [_group(place, by, [row for row in rows if row["by"] == by], colours) for by in kinds]


def _group(place: tuple[str, str], by: str, rows: Rows, colours: Mapping[str, str]) -> dict[str, Any]:
    systems = [name for name in colours if any(name in row["scores"] for row in rows)]
    values = {
        (str(row["group"]), name): Bar(row["scores"][name])
        for row in rows
        for name in systems
        if row["scores"].get(name) is not None
    }
    series = {name: colours[name] for name in systems}
    return {
        "by": by,
        "unit": UNITS.get(by, ""),
        "systems": systems,
        "rows": rows,
        "chart": _group_chart(values, series, f"chrF by {by}, {place[1]}", "chrF") if values else Markup(""),
    }


# Warnings


def warnings(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each with the cell of the browser that its lines are in."""
    return [{**row, "cell": cell_name(row)} for row in rows]
