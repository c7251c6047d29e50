"""What `vega data stats` prints: tables of what cleaning, the leakage gate and synthesis did in a run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data_pipeline.clean_reports import CleanReport, clean_reports
from data_pipeline.text_table import options_text, table
from data_pipeline.verdict import KEPT


def stats(run: Path, samples: int = 3) -> str:
    """Per clean stage and corpus a table of outcomes, one of filters, and rows that were dropped or nearly so.

    With synthesis rounds also what each made and kept, and what every leakage gate found.
    """
    reports = clean_reports(run)
    parts: list[str] = []
    for report in reports:
        name = report.folder.name.removeprefix("clean")
        parts += _synthesis(_json(run / f"synthesize{name}" / "synthesize.json"), f"synthesize{name}")
        parts += _cleaning(report, samples, titled=len(reports) > 1)
        parts += _leakage(_json(run / f"leakage{name}" / "leakage.json"), f"leakage{name}")
    return "\n".join(parts).rstrip()


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _cleaning(report: CleanReport, samples: int, titled: bool) -> Iterator[str]:
    for name, facts in report.corpora.items():
        counts = {KEPT: facts["kept"], **facts["dropped"], **facts["quarantined"]}
        rows = [[rule, f"{count:,}", f"{count / facts['read']:.2%}"] for rule, count in counts.items()]
        yield f"{report.folder.name}, {name}: {facts['read']:,} lines" if titled else f"{name}: {facts['read']:,} lines"
        yield from table(["outcome", "lines", "share"], rows)
        yield ""
        if facts["filters"]:
            yield from _filters(facts["filters"])
        yield from _shown("dropped", facts["examples"], samples)
        yield from _shown("nearly dropped", facts["nearly_dropped"], samples)


def _filters(filters: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [
            rule,
            f"{found['evaluated']:,}",
            f"{found['dropped']:,}",
            f"{found['failed']:,}",
            options_text(found["options"]),
        ]
        for rule, found in filters.items()
    ]
    yield from table(["filter", "asked", "dropped", "failed", "options"], rows)
    yield ""


def _synthesis(facts: Mapping[str, Any], stage: str) -> Iterator[str]:
    """A table of the texts that a round made."""
    texts = facts.get("texts") or {}
    rows = []
    for name, text in texts.items():
        lost = {**text["dropped"], **text["quarantined"]}
        reasons = " ".join(f"{gate}={count:,}" for gate, count in lost.items())
        hours = text["hours_per_million_kept"]
        rows.append(
            [name, f"{text['lines']:,}", f"{text['candidates']:,}", f"{text['kept']:,}", f"{hours:.2f}", reasons]
        )
    if rows:
        yield stage
        yield from table(["text", "lines", "pairs", "kept", "hours per million kept", "dropped"], rows)
        yield ""


def _leakage(facts: Mapping[str, Any], stage: str) -> Iterator[str]:
    if facts:
        verdict = "passed" if facts["passed"] else "not passed"
        yield f"{stage}: {verdict}, {facts['hits']:,} rows match a test set, {facts['allow']:,} allowed"
        yield ""


def _shown(heading: str, shown: Mapping[str, Sequence[Mapping[str, Any]]], samples: int) -> Iterator[str]:
    for rule, entries in shown.items() if samples else ():
        yield f"  {heading}, {rule}:"
        for entry in entries[:samples]:
            yield from _entry(entry)
        yield ""


def _entry(entry: Mapping[str, Any]) -> Iterator[str]:
    facts = [f"line {entry['line']:,}"]
    if "of" in entry:
        facts.append(f"{entry.get('match') or 'repeats'} {entry['of']}:{entry['of_line']}")
    facts += [f"{name}={score}" for name, score in entry.get("scores", {}).items()]
    facts += [str(entry["error"])] if "error" in entry else []
    yield f"    {', '.join(facts)}"
    yield from (f"      {code}: {text}" for code, text in entry["text"].items())
