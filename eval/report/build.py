"""The stage `report`: report.json, everything a run has to say, and report.html, the same for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.report.budget import budget
from eval.report.data_stages import DataStages
from eval.report.flow import data_flow
from eval.report.page import links_below, render
from eval.report.read_run import Run, read_run
from eval.report.rounds import compare_rounds
from eval.report.samples import samples
from eval.report.scoring import Scoring
from eval.report.sentences import Facts, pack_all
from eval.report.summary import headline, order_systems, summarise
from eval.report.texts import Texts, read_texts_of
from eval.report.traces import traces
from vega.atomic import write_json, write_text
from vega.settings import ReportOptions, ReportSettings
from vega.version import __version__

#: Of a report that nobody has said anything about.
DEFAULTS = ReportOptions()


def run(settings: ReportSettings, output: Path, at: Path | None = None) -> None:
    """Write report.json and report.html for the run in `settings.run`, whatever stages it has.

    Links to the run's files are those from the folder `at`, where the page will be, else from `output`.
    """
    found = read_run(settings.run)
    texts = read_texts_of(found, order_systems(found.scores, found.systems))
    report = build_report(found, settings, texts)
    cells = pack_all(texts, line_facts(found.scoring), settings.sentences)
    links = {"": links_below(found.folder, at or output)}
    write_json(output / "report.json", report)
    write_text(output / "report.html", render(report, links, cells))


def build_report(run: Run, options: ReportOptions = DEFAULTS, texts: Sequence[Texts] = ()) -> dict[str, Any]:
    """The content of report.json. What a run does not have is empty or null, never made up."""
    judged = headline(run.scores)
    report: dict[str, Any] = {
        "name": run.name,
        "folder": str(run.folder.resolve()),
        **written(),
        "headline": asdict(judged) if judged else None,
        "systems": order_systems(run.scores, run.systems),
        "scores": run.scores,
        "summary": summarise(run.scores),
        **evaluated(run.scoring),
        "curves": run.curves,
        "mixture": run.mixture,
        "phases": run.phases,
        "stages": [stage_facts(stage, manifest) for stage, manifest in run.manifests.items()],
        "budget": budget(run.manifests, run.metrics, options.cost_per_hour),
        "data": facts_of(run.stages),
        "rounds": [{"round": name, **facts_of(stages)} for name, stages in run.rounds.items()],
        "comparison": compare_rounds(run),
        "steps": run.steps,
        "translate": run.translate,
        "samples": samples(texts, options.samples),
        "recipe": run.recipe,
        "versions": collect_versions(run),
        "traces": {"": traces(run.folder, run.manifests)},
    }
    return report | {"flow": data_flow(report)}


def written() -> dict[str, str]:
    """When and by which Vega a report is written."""
    return {"created": datetime.now(UTC).isoformat(timespec="seconds"), "vega_version": __version__}


def evaluated(scoring: Scoring) -> dict[str, Any]:
    """What the evaluation found beside the scores; scores of single lines are left to its own file."""
    return {key: value for key, value in vars(scoring).items() if key != "segments"}


def line_facts(scoring: Scoring) -> Facts:
    """What is known of single lines."""
    return Facts(scoring.segments, scoring.analysis, scoring.worst)


def facts_of(stages: DataStages) -> dict[str, Any]:
    """What the data stages of a round wrote, null where one has not run."""
    facts = asdict(stages)
    return {key: facts[key] for key in ("synthesize", "clean", "leakage", "binarize", "histograms")}


def stage_facts(stage: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """When a stage ran, for how long and by which command."""
    return {"stage": stage} | {key: manifest.get(key) for key in ("seconds", "started", "finished", "command")}


def collect_versions(run: Run) -> dict[str, str]:
    """Package -> version; all of them, in order, where stages ran with different ones."""
    found: dict[str, list[str]] = {}
    for manifest in run.manifests.values():
        for package, version in manifest.get("versions", {}).items():
            found.setdefault(package, []).append(str(version))
    return {package: ", ".join(dict.fromkeys(versions)) for package, versions in sorted(found.items())}
