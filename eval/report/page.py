"""report.html: report.json's content in words, tables and charts, in one file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.report import figures
from eval.report.axes import duration, number
from eval.report.data_page import data_sections
from eval.report.steps import gains, sections
from eval.report.summary import BASELINES
from vega.languages import LANGUAGES

FOLDER = Path(__file__).parent

#: A longer sentence is cut off on the page; report.json has it whole.
MAX_SHOWN_CHARACTERS = 2000

VERDICTS = {
    "yes": "Yes, it learned.",
    "partly": "It learned, but not in every direction.",
    "no": "Not yet: a baseline is as good.",
    "unknown": "Scored, with no baseline to compare with.",
}


def render(report: dict[str, Any]) -> str:
    """The whole page. Text from the run is escaped by jinja2, and in the charts by `charts`."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "duration": duration,
        "number": number,
        "clip": clip,
        "direction": direction_name,
        "trained_first": trained_first,
        "thousands": thousands,
    }
    return environment.get_template("template.html").render(
        report=report,
        style=Markup((FOLDER / "style.css").read_text(encoding="utf-8")),
        script=Markup((FOLDER / "report.js").read_text(encoding="utf-8")),
        verdicts=VERDICTS,
        colours=figures.colours(report["systems"]),
        panels=score_figures(report),
        tables=[score_table(report, metric) for metric in sorted(report["summary"], key=by_trust)],
        curves=[curve_figures(stage, curves) for stage, curves in report["curves"].items()],
        mixtures={stage: Markup(figures.mixture_chart(mixture)) for stage, mixture in report["mixture"].items()},
        time_chart=Markup(figures.time_chart(report["stages"])),
        total_seconds=sum(stage["seconds"] or 0.0 for stage in report["stages"]),
        speeds=translation_speeds(report["translate"]),
        gains=gains(report["steps"]),
        step_sections=[
            {**section, "figures": [(caption, Markup(chart)) for caption, chart in section["figures"]]}
            for section in sections(report["steps"])
        ],
        data=data_sections(report, sorted(report["summary"], key=by_trust)),
        languages=frozenset(LANGUAGES),
        directions=list(dict.fromkeys(sample["direction"] for sample in report["samples"])),
    )


def thousands(count: float | None) -> str:
    """`12,000`, and nothing where there is no number."""
    return "" if count is None else f"{count:,.0f}"


def clip(text: str) -> str:
    """At most MAX_SHOWN_CHARACTERS of a text."""
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[:MAX_SHOWN_CHARACTERS] + " …"


def trained_first(outputs: dict[str, str]) -> list[tuple[str, str]]:
    """(system, output), baselines last."""
    return sorted(outputs.items(), key=lambda pair: pair[0] in BASELINES)


def direction_name(direction: str) -> str:
    """`English to German` for en-de."""
    names = [LANGUAGES[code].name if code in LANGUAGES else code for code in direction.split("-")]
    return " to ".join(names)


def by_trust(metric: str) -> tuple[bool, str]:
    """Sorting key: chrF first, which tells systems apart even where BLEU is near zero."""
    return metric != "chrF", metric


def score_figures(report: dict[str, Any]) -> list[dict[str, Any]]:
    """One figure per test set, for chrF (or the first metric there is)."""
    if not report["summary"]:
        return []
    metric = min(report["summary"], key=by_trust)
    sets = dict.fromkeys(row["test_set"] for row in report["scores"] if row["metric"] == metric)
    return [
        {"metric": metric, "test_set": name, "charts": [Markup(c) for c in figures.score_panels(report, metric, name)]}
        for name in sets
    ]


def score_table(report: dict[str, Any], metric: str) -> dict[str, Any]:
    """Directions by systems; `best` marks the highest score of a row."""
    rows = [row for row in report["scores"] if row["metric"] == metric]
    cells = {(row["test_set"], row["direction"], row["system"]): row for row in rows}
    systems = [name for name in report["systems"] if name in report["summary"][metric]]
    lines = []
    for test_set, direction in dict.fromkeys((row["test_set"], row["direction"]) for row in rows):
        line = [cells.get((test_set, direction, system)) for system in systems]
        best = max(cell["score"] for cell in line if cell)
        lines.append({"test_set": test_set, "direction": direction, "cells": line, "best": best})
    return {
        "metric": metric,
        "systems": systems,
        "lines": lines,
        "means": [report["summary"][metric][system] for system in systems],
        "many_sets": len({row["test_set"] for row in rows}) > 1,
        "signatures": signatures(rows),
    }


def signatures(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Signature -> the target languages it was used for."""
    found: dict[str, list[str]] = {}
    for row in rows:
        target = row["direction"].split("-")[-1]
        targets = found.setdefault(row["signature"], [])
        if target not in targets:
            targets.append(target)
    return found


def curve_figures(stage: str, curves: dict[str, Any]) -> dict[str, Any]:
    """All charts of one training stage, and where its loss began and ended."""
    points = curves["train"] or curves["valid"]
    return {
        "stage": stage,
        "updates": points[-1]["updates"],
        "loss": Markup(figures.loss_chart(curves, stage)),
        "directions": {name: Markup(chart) for name, chart in figures.direction_charts(curves).items()},
        "speed": [(caption, Markup(chart)) for caption, chart in figures.speed_charts(curves)],
    }


def translation_speeds(translate: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Sentences and seconds of each system over all its directions, from translate.json's jobs."""
    totals: dict[str, dict[str, Any]] = {}
    for job in (translate or {}).get("jobs", []):
        total = totals.setdefault(job["system"], {"system": job["system"], "sentences": 0, "seconds": 0.0})
        total["sentences"] += job["sentences"]
        total["seconds"] += job["seconds"]
    return list(totals.values())
