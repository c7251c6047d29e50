"""report.html: report.json's content in words, tables and charts, in one file that needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.report import figures, scoring_page, shown
from eval.report.axes import duration, number
from eval.report.data_page import data_sections
from eval.report.flow_page import budget_section, flow_section
from eval.report.policy import source_hash
from eval.report.scores_page import score_figures, score_table, translation_speeds
from eval.report.sentences import script_json
from eval.report.steps import gains, sections
from eval.report.summary import COPY, base_name, by_trust, is_baseline
from vega.languages import LANGUAGES

FOLDER = Path(__file__).parent

#: The page's script; the browser runs no other (see the policy in head.html).
SCRIPTS = ("report.js", "diff.js", "browser.js")

VERDICTS = {
    "yes": "Yes, it learned.",
    "partly": "It learned, but not in every direction.",
    "no": "Not yet: a baseline is as good.",
    "unknown": "Scored, with no baseline to compare with.",
}

FILTERS = {
    "duration": duration,
    "number": number,
    "clip": shown.clip,
    "direction": shown.direction_name,
    "thousands": shown.thousands,
    "gap": shown.gap,
    "p_value": shown.p_value,
    "fixed": lambda value, places: f"{value:.{places}f}",
    "trained_first": lambda outputs: sorted(outputs.items(), key=lambda pair: is_baseline(pair[0])),
    "is_copy": lambda system: base_name(system) == COPY,
}

Cells = Sequence[Mapping[str, Any]]


def render(report: Mapping[str, Any], links: Mapping[str, str], cells: Cells = ()) -> str:
    """The whole page of one run. `cells` are those of the sentence browser, `links` leads to the run's folder."""
    metrics = sorted(report["summary"], key=by_trust)
    return fill(
        "template.html",
        **common(report, cells, links),
        verdicts=VERDICTS,
        domains=scoring_page.domains(report, figures.colours(report["systems"])),
        analysis=scoring_page.analysis(report, figures.colours(report["systems"])),
        curves=[curve_figures(stage, curves) for stage, curves in report["curves"].items()],
        mixtures={stage: Markup(figures.mixture_chart(mixture)) for stage, mixture in report["mixture"].items()},
        budgets=budget_section(report["budget"]),
        speeds=translation_speeds(report["translate"]),
        flow=flow_section(report["flow"]),
        gains=gains(report["steps"]),
        step_sections=[
            {**section, "figures": [(caption, Markup(chart)) for caption, chart in section["figures"]]}
            for section in sections(report["steps"])
        ],
        data=data_sections(report, metrics),
        stage_links={each["stage"]: f"{links['']}/{quote(each['stage'])}/manifest.json" for each in report["stages"]},
        languages=frozenset(LANGUAGES),
    )


def common(report: Mapping[str, Any], cells: Cells, links: Mapping[str, str]) -> dict[str, Any]:
    """What the pages of one and of several runs have alike."""
    return {
        "report": report,
        "colours": figures.colours(report["systems"]),
        "panels": score_figures(report),
        "tables": [score_table(report, metric) for metric in sorted(report["summary"], key=by_trust)],
        "significance": scoring_page.significance(report["significance"]),
        "warnings": scoring_page.warnings(report["warnings"]),
        "cells": cells,
        "browsed": frozenset(scoring_page.cell_name(cell) for cell in cells),
        "shown_in_part": any(cell["count"] < cell["lines"] for cell in cells),
        "traces": linked(report["traces"], links),
    }


def fill(template: str, **context: Any) -> str:
    """A template with style, script and data. Text from the run is escaped by jinja2, and in charts by `charts`."""
    script = "".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return (
        _environment()
        .get_template(template)
        .render(
            **context,
            style=Markup((FOLDER / "style.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_hash=Markup(source_hash(script)),
            browser_data=Markup(script_json({"cells": context["cells"]})),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    return environment


def links_below(run: Path, output: Path) -> str:
    """What the page in the folder `output` puts before a file of the run: a relative link."""
    return quote(os.path.relpath(run.resolve(), output.resolve()))


def linked(traces: Mapping[str, Mapping[str, Any]], links: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Section -> files of all runs, each with the link to it and the command that wrote it."""
    found: dict[str, list[dict[str, str]]] = {}
    for run, sections_of_run in traces.items():
        for section, files in sections_of_run.items():
            found.setdefault(section, []).extend(
                {
                    "file": f"{run}/{each['file']}" if run else each["file"],
                    "link": f"{links[run]}/{quote(each['file'])}",
                    "command": each["command"],
                }
                for each in files
            )
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
