"""The stage `report`: report.json, everything a run has to say, and report.html, the same for people."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.report.data_stages import DataStages
from eval.report.page import render
from eval.report.read_run import Run, read_run
from eval.report.rounds import compare_rounds
from eval.report.samples import read_samples
from eval.report.summary import headline, order_systems, summarise
from vega.atomic import write_json, write_text
from vega.settings import ReportSettings
from vega.version import __version__


def run(settings: ReportSettings, output: Path) -> None:
    """Write report.json and report.html for the run in `settings.run`, whatever stages it has."""
    report = build_report(read_run(settings.run), samples=settings.samples)
    write_json(output / "report.json", report)
    write_text(output / "report.html", render(report))


def build_report(run: Run, *, samples: int) -> dict[str, Any]:
    """The content of report.json. What a run does not have is empty or null, never made up."""
    systems = order_systems(run.scores, run.systems)
    judged = headline(run.scores)
    return {
        "name": run.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "vega_version": __version__,
        "headline": asdict(judged) if judged else None,
        "systems": systems,
        "scores": run.scores,
        "summary": summarise(run.scores),
        "curves": run.curves,
        "mixture": run.mixture,
        "phases": run.phases,
        "stages": [stage_facts(stage, manifest) for stage, manifest in run.manifests.items()],
        "data": facts_of(run.stages),
        "rounds": [{"round": name, **facts_of(stages)} for name, stages in run.rounds.items()],
        "comparison": compare_rounds(run),
        "steps": run.steps,
        "translate": run.translate,
        "samples": read_samples(run, systems, samples),
        "recipe": run.recipe,
        "versions": collect_versions(run),
    }


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
