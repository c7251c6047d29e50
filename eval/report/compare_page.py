"""The page of several runs: recipes, scores, curves and time side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from eval.report import figures, scoring_page
from eval.report.charts import Line, line_chart
from eval.report.page import Cells, common, fill
from eval.report.scores_page import translation_speeds


def render_several(report: Mapping[str, Any], cells: Cells, links: Mapping[str, str]) -> str:
    """The whole page. `links` leads to the folder of each run."""
    runs = report["runs"]
    return fill(
        "compare.html",
        **common(report, cells, links),
        domains=scoring_page.domains(report, figures.colours(report["systems"])),
        run_colours={run["name"]: f"series-{at % figures.NUM_COLOURS}" for at, run in enumerate(runs)},
        links=links,
        curves=shared_curves(report["curves"]),
        times=side_by_side(runs),
        speeds=[speed for run in runs for speed in translation_speeds(run["translate"], f"{run['name']}/")],
    )


def shared_curves(curves: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Run -> stage -> points as charts, for each training stage all runs in one."""
    stages = dict.fromkeys(stage for found in curves.values() for stage in found)
    return [
        {"stage": stage, "figures": [(caption, Markup(chart)) for caption, chart in _charts(curves, stage)]}
        for stage in stages
    ]


def _charts(curves: Mapping[str, Mapping[str, Any]], stage: str) -> list[tuple[str, str]]:
    runs = {run: (at, found[stage]) for at, (run, found) in enumerate(curves.items()) if stage in found}
    points = [point for _, found in runs.values() for part in ("train", "valid") for point in found[part]]
    key = figures.loss_key(points)
    wanted = [
        ("valid", key, "Validation loss, bits per target token"),
        ("train", key, "Training loss, bits per target token"),
        *(("train", name, caption) for name, caption, _ in figures.SPEED),
    ]
    charts = []
    for part, name, caption in wanted:
        lines = [
            Line(run, drawn, f"series-{at % figures.NUM_COLOURS}", dots=part == "valid" and len(drawn) <= 40)
            for run, (at, found) in runs.items()
            if (drawn := figures.series_of(found[part], name))
        ]
        if lines:
            ends = ", ".join(f"{line.name} {line.points[-1][1]:.4g}" for line in lines)
            title = f"{caption} of {stage} over updates; last: {ends}"
            charts.append((caption, line_chart(lines, title=title, x_label="updates", y_label=caption)))
    return charts


def side_by_side(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row per part of the time budgets: part -> seconds of each run, None where it has no such part."""
    spent = [{row["part"]: row["seconds"] for row in (run["budget"] or {"rows": []})["rows"]} for run in runs]
    return [
        {"part": part, "seconds": [found.get(part) for found in spent]}
        for part in dict.fromkeys(part for found in spent for part in found)
    ]
