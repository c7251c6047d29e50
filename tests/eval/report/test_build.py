"""The whole page, parsed as a browser would."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from eval.report.build import build_report, run
from eval.report.figures import score_panels
from eval.report.page import render
from eval.report.read_run import read_run
from eval.report.shown import MAX_SHOWN_CHARACTERS, clip
from tests.eval.report.parsed_page import LINKS, Page
from vega.settings import ReportSettings


@pytest.fixture(scope="module")
def output(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    run(ReportSettings(run=finished_run, samples=8), folder)
    return folder


def test_report_json_has_the_scores_as_evaluate_wrote_them_and_everything_else(report, finished_run):
    assert report["scores"] == json.loads((finished_run / "evaluate/scores.json").read_text())
    assert report["systems"] == ["copy", "untrained", "multidirectional", "finetuned"]
    assert set(report["summary"]) == {"BLEU", "chrF"}
    assert report["summary"]["chrF"]["multidirectional"]["above_untrained"] == 4
    assert report["headline"]["best"] == "multidirectional" and report["headline"]["verdict"] == "yes"
    assert [stage["stage"] for stage in report["stages"]][:2] == ["clean", "vocab"]
    assert report["stages"][0]["seconds"] == 5.2
    assert report["versions"] == {"python": "3.11.4", "sacrebleu": "2.6.0", "torch": "2.13.0"}
    assert report["data"]["clean"]["corpora"]["lohelp"]["kept"] == 3600
    assert len(report["samples"]) == 8 * 4


def test_html_nests_and_ids_are_unique(page):
    assert page.stack == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [link["href"][1:] for link in page.all("a") if link["href"].startswith("#")]
    assert set(targets) <= set(ids) and len(targets) >= 7


def test_sentences_with_markup_are_text(html, page):
    assert "<script>alert" not in html
    assert page.all("script") == [{"type": "application/json", "id": "browser-data"}, {}]
    assert len(page.all("style")) == 1 and not page.all("b")
    assert any("<script>alert(1)</script> & \"quotes\" 'and' </style>" in text for text in page.text)
    assert "demo <b>" in page.text


def test_the_file_needs_nothing_from_elsewhere(html, page):
    loads = [
        value for tag, given in page.elements for key in ("src", "href") if tag != "a" and (value := given.get(key))
    ]
    assert all(value.startswith("data:") for value in loads)
    assert not re.search(r"url\(|@import|https?://", html)
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert str(policy["content"]).startswith("default-src 'none'")
    assert len(html.encode()) < 3_000_000


def test_the_browser_runs_our_script_and_no_other(html):
    (policy,) = re.findall(r"script-src ([^;]*);", html)
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == f"'sha256-{digest}'"


def test_links_lead_to_files_of_the_run(page, finished_run, output):
    links = [str(link["href"]) for link in page.all("a") if not str(link["href"]).startswith("#")]
    assert len(links) > 10
    assert all((output / unquote(link)).resolve().is_relative_to(finished_run.resolve()) for link in links)
    assert all((output / unquote(link)).is_file() for link in links)


def test_every_section_with_numbers_says_where_they_come_from(html):
    body = html.partition("<main")[2]
    sections = re.findall(r'<section id="(\S+)".*?</section>', body, flags=re.DOTALL)
    traced = re.findall(r'<section id="(\S+)"(?:(?!</section>).)*class="traced"', body, flags=re.DOTALL)
    assert set(sections) - set(traced) == {"provenance", "rounds"}  # this run has no rounds
    assert "written by <code>vega evaluate" in html


def test_there_is_a_bar_for_each_chrf_score_and_a_cell_for_each_score(report, html, page):
    scores = [row for row in report["scores"] if row["metric"] == "chrF"]
    hints = re.findall(r"<g><title>(\S+), (\S+): ([\d.]+) \(([\d.]+) to ([\d.]+)\)</title>", html)
    assert sorted(hints) == sorted(
        (row["direction"], row["system"], *(f"{row[key]:.1f}" for key in ("score", "low", "high"))) for row in scores
    )
    for row in report["scores"]:
        assert f"{row['score']:.1f}" in html and f"{row['low']:.1f}–{row['high']:.1f}" in html
        assert row["signature"] in html


def test_the_best_system_of_a_direction_is_bold(report, html):
    best = [
        max(r["score"] for r in report["scores"] if r["direction"] == "en-de" and r["metric"] == m)
        for m in ("chrF", "BLEU")
    ]
    scores = html.partition('<section id="scores"')[2].partition("</section>")[0]
    rows = re.findall(r'title="English to German">.*?</tr>', scores, flags=re.DOTALL)
    assert [re.findall(r"<strong>(.*?)</strong>", row) for row in rows] == [[f"{score:.1f}"] for score in best]


def test_sentences_carry_their_language_and_sections_can_be_reached_by_ear(page):
    languages = [attributes.get("lang") for attributes in page.all("dd", dir="auto")]
    assert {"en", "de", "zh"} == set(languages)
    assert all(svg.get("aria-label") for svg in page.all("svg")) and page.all("svg", role="img")
    assert len(page.all("caption")) == len(page.all("table"))
    assert len(page.all("figcaption")) == len(page.all("figure"))
    assert all(header.get("scope") in {"col", "row", "colgroup"} for header in page.all("th"))
    assert all(region.get("aria-label") and region.get("tabindex") == "0" for region in page.all("div", role="region"))
    assert page.elements[0] == ("html", {"lang": "en"})


def test_without_its_script_the_page_shows_the_samples_and_no_browser(report, page):
    articles = page.all("article")
    assert [article["data-direction"] for article in articles] == [s["direction"] for s in report["samples"]]
    (browser,) = page.all("div", id="browser")
    assert "hidden" in browser


def test_the_numbers_of_the_headline_are_on_the_page(report, page):
    words = " ".join(" ".join(page.text).split())
    head = report["headline"]
    assert "Yes, it learned." in words
    for number in (head["mean"], head["copy_mean"], head["untrained_mean"], head["mean"] / head["copy_mean"]):
        assert f"{number:.1f}" in words


def test_a_run_without_scores_says_so_and_shows_what_it_has(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train/train.log").write_text('{"loss": "7", "nll_loss": "6", "num_updates": "10"}\n')
    html = render(build_report(read_run(tmp_path)), links=LINKS)
    page = Page(html)
    assert page.stack == []
    assert "No scores yet." in page.text
    assert 'id="curves"' in html
    assert not any(f'id="{name}"' in html for name in ("scores", "sentences", "mixture", "time", "data"))


def test_scores_without_intervals_or_baselines_are_shown_plainly(finished_run):
    report = build_report(read_run(finished_run))
    scores = [row | {"low": None, "high": None} for row in report["scores"] if row["system"] == "multidirectional"]
    one = {"systems": ["multidirectional"], "summary": {"chrF": report["summary"]["chrF"]}}
    html = render(report | one | {"scores": scores}, links=LINKS)
    assert 'class="whisker"' not in html.partition('id="steps"')[0] and 'id="sentences"' not in html


def test_a_very_long_sentence_is_cut_on_the_page_only():
    assert clip("a" * MAX_SHOWN_CHARACTERS) == "a" * MAX_SHOWN_CHARACTERS
    assert clip("a" * 90_000) == "a" * MAX_SHOWN_CHARACTERS + " …"


def test_many_directions_go_into_panels_on_one_scale(finished_run):
    report = build_report(read_run(finished_run))
    row = next(row for row in report["scores"] if row["metric"] == "chrF")
    codes = "abcdefghijkl"
    scores = [row | {"direction": f"en-x{code}", "score": 10.0 + at, "high": 40.0} for at, code in enumerate(codes)]
    panels = score_panels(report | {"scores": scores}, "chrF", "help")
    assert [panel.count("<rect") for panel in panels] == [10, 2]
    assert all(">40</text>" in panel and ">50</text>" not in panel for panel in panels)
