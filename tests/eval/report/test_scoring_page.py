"""The sections on what the evaluation found beside the scores."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from eval.report.build import run as write_report
from eval.report.page import render
from eval.report.scores_page import score_table
from eval.report.scoring_page import RATES, significance
from eval.report.shown import digits, gap, p_value
from eval.report.summary import summarise
from tests.eval.report.conftest import FEW, HOSTILE, write, write_manifest
from tests.eval.report.parsed_page import LINKS, Page
from vega.settings import ReportSettings

PLACE = {"test_set": "help", "direction": "en-de"}
SYSTEM = "multidirectional"
SECTIONS = ("warnings", "significance", "domains", "analysis", "postprocess", "time", "flow")


def add_findings(run: Path) -> None:
    """Everything that evaluate and postprocess may write."""
    scored = {**PLACE, "metric": "chrF"}
    domains = [
        {**scored, "system": name, "domain": domain, "lines": 4, "score": 41.5 + at, "low": 30.0, "high": 50.0}
        for at, name in enumerate((SYSTEM, "copy")) for domain in (HOSTILE, "chat")
    ]  # fmt: skip
    documents = [
        {**scored, "document": f"doc{at}", "domain": "chat", "first_line": 4 * at + 1, "lines": 4,
         "scores": {SYSTEM: 40.25 + at}} for at in range(2)
    ]  # fmt: skip
    write(run / "evaluate/breakdown.json", {"domains": domains, "documents": documents})
    rates = {**dict.fromkeys(RATES, 12.5), "length_ratio": 1.0625, "quotes_off": None, "new_rate": 50.0}
    rows = [{**PLACE, "system": SYSTEM, "lines": 8, "rates": rates, "examples": {"copied": [2], "new_rate": []}}]
    groups = [
        {**PLACE, "by": by, "group": f"{by} {at}", "lines": 4, "scores": {"copy": 20.0, SYSTEM: 31.5 + at}}
        for by in ("length", "domain") for at in range(2)
    ]  # fmt: skip
    worst = [{**PLACE, "system": SYSTEM, "against": "finetuned", "lines": [{"line": 5, "gap": 12.5}]}]
    write(run / "evaluate/analysis.json", {"systems": rows, "groups": groups, "worst": worst})
    message = f"line 3 is line 4 of the reference {HOSTILE}"
    warnings = [{**PLACE, "system": SYSTEM, "kind": "order", "message": message, "lines": [3, 4]}]
    write(run / "evaluate/warnings.json", warnings)
    samples = [{"line": 1, "before": f'"{HOSTILE}"', "after": f"„{HOSTILE}“"}]
    changed = [{**PLACE, "system": SYSTEM, "lines": 8, "changed": 2, "samples": samples}]
    write(run / "postprocess/postprocess.json", {"languages": {}, "changed": changed})
    shutil.copytree(run / "translate", run / "postprocess", dirs_exist_ok=True)
    (run / "postprocess/translate.json").unlink()
    write_manifest(run, "postprocess", 39, 2.0)
    write_manifest(run, "evaluate", 40, 9.4, translations=f"/elsewhere/{run.name}/postprocess", **FEW)


@pytest.fixture(scope="module")
def output(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("found") / "demo"
    shutil.copytree(finished_run, run)
    add_findings(run)
    write_report(ReportSettings(run=run, cost_per_hour=3.0), run / "report")
    return run / "report"


def words(html: str, section: str) -> str:
    """The text of a section."""
    body = html.partition(f'<section id="{section}"')[2].partition("</section>")[0]
    return " ".join(" ".join(Page(f"<section {body}</section>").text).split())


def test_the_page_is_sound_with_every_section(page, html):
    assert page.stack == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) and set(SECTIONS) <= set(ids)
    assert "<script>alert" not in html and not page.all("b")
    assert len(page.all("caption")) == len(page.all("table"))
    assert len(page.all("figcaption")) == len(page.all("figure"))


def test_numbers_of_each_section_are_those_of_its_file(html):
    assert "41.5 30.0–50.0" in words(html, "domains") and "40.2" in words(html, "domains")
    analysis = words(html, "analysis")
    assert "length over the reference's 1.06" in analysis and "copied from the source 12.5 %" in analysis
    assert "new rate 50.0 %" in analysis
    assert re.search(r"quotes against the convention (?!\d)", analysis)  # was not measured
    assert "31.5 +11.5" in analysis and "32.5 +12.5" in analysis
    assert "8 2 25.0%" in words(html, "postprocess")
    assert HOSTILE in words(html, "warnings")
    assert "cost" in words(html, "time")


def test_domains_are_not_drawn_twice(html):
    assert "Mean sentence chrF by length" in words(html, "analysis") and "chrF by domain" not in words(html, "analysis")


def test_links_into_the_sentences_name_a_cell_and_a_line_of_it(page):
    into = [link for link in page.all("a") if "data-cell" in link]
    places = [(link["data-cell"], link.get("data-line"), link.get("data-flag")) for link in into]
    assert {("help/en-de", line, None) for line in "1345"} <= set(places)
    assert ("help/en-de", None, "copied") in places
    assert all(cell == "help/en-de" for cell, _, _ in places)


def test_outputs_are_those_that_were_scored(output):
    changed = output.parent / f"postprocess/{SYSTEM}/help.en-de.de"
    changed.write_text("".join(f"rewritten {at}\n" for at in range(8)))
    write_report(ReportSettings(run=output.parent), output)
    report = json.loads((output / "report.json").read_text())
    said = [sample["systems"][SYSTEM] for sample in report["samples"] if sample["direction"] == "en-de"]
    assert said == [f"rewritten {at}" for at in range(8)]


def test_clusters_have_ranks_that_count_all_before_them():
    row: dict[str, Any] = {**PLACE, "metric": "BLEU", "pairs": [], "clusters": [["a", "b"], ["c"]]}
    found = significance([row, {**row, "metric": "chrF"}])
    assert found is not None and [each["metric"] for each in found["rows"]] == ["chrF", "BLEU"]
    assert [cluster["rank"] for cluster in found["rows"][0]["clusters"]] == [1, 3]
    assert significance([]) is None


def rows(metric: str, **scores: float) -> list[dict[str, Any]]:
    return [
        {**PLACE, "metric": metric, "system": name, "score": score, "low": None, "high": None, "signature": "s"}
        for name, score in scores.items()
    ]


def test_the_least_error_is_the_best_and_beats_the_baselines():
    scores = rows("TER", vega=40.0, copy=90.0)
    summary = summarise(scores)
    assert summary["TER"]["vega"]["above_copy"] == 1
    table = score_table({"scores": scores, "systems": ["copy", "vega"], "summary": summary}, "TER")
    assert table["lines"][0]["best"] == 40.0 and table["lower_is_better"]


def test_scores_between_0_and_1_are_shown_with_more_digits():
    assert digits([0.84, 0.851]) == 4 and digits([40.0, 0.3]) == 1 and digits([]) == 1
    assert (gap(-0.01, 1), gap(1.25, 1), gap(0.0123, 4)) == ("+0.0", "+1.2", "+0.0123")
    assert (p_value(0.000999), p_value(0.05), p_value(None)) == ("< 0.001", "0.050", "")


def test_reports_of_runs_that_evaluated_less_have_none_of_the_sections(report):
    lists = ("significance", "domains", "documents", "warnings", "analysis", "groups", "worst")
    less = report | {key: [] for key in lists}
    html = render(less | {"postprocess": None, "flow": None, "budget": None, "translate": None}, LINKS)
    assert not any(f'id="{section}"' in html for section in SECTIONS)
