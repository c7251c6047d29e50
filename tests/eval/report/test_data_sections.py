"""The sections on data, dropped lines and synthesis rounds, as report.json and as a page."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from eval.report.build import build_report, run
from eval.report.data_stages import DataStages
from eval.report.dropped import MOST_CHARACTERS, shown_lines
from eval.report.page import render
from eval.report.read_run import read_run
from tests.eval.report.conftest import HOSTILE, write
from tests.eval.report.parsed_page import LINKS, Page
from tests.eval.report.run_with_rounds import ARABIC, clean_report
from vega.settings import ReportSettings


@pytest.fixture(scope="module")
def output(run_with_rounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    run(ReportSettings(run=run_with_rounds, samples=1), folder)
    return folder


def words(page: Page) -> str:
    return " ".join(" ".join(page.text).split())


def test_report_json_has_what_the_stages_wrote(report, run_with_rounds):
    for facts, ending in ((report["data"], ""), (report["rounds"][0], "-r1")):
        for command, file in (("clean", "clean"), ("leakage", "leakage"), ("binarize", "data")):
            assert facts[command] == json.loads((run_with_rounds / f"{command}{ending}/{file}.json").read_text())
    assert report["rounds"][0]["synthesize"]["texts"]["r1_bt.en-de"]["kept"] == 1000
    assert report["rounds"][1]["round"] == "r2" and report["rounds"][1]["clean"] is None
    assert report["data"]["histograms"]["lohelp.en-de-zh"][0]["rows"] == 1000


def test_rounds_that_the_recipe_does_not_name_are_left_out(run_with_rounds):
    run = read_run(run_with_rounds)
    assert list(run.rounds) == ["r1", "r2"]
    assert list(run.curves) == ["train", "train-r1", "finetune-en-de"]


def test_rounds_are_compared_by_text_mixture_and_scores(report):
    first, second, third = report["comparison"]
    assert (first["system"], second["system"], third["system"]) == ("multidirectional", "r1", None)
    assert first["sentences"] == {"genuine": 799, "synthetic": 0}
    assert second["sentences"] == {"genuine": 799, "synthetic": 700}
    into, back = second["directions"]["en-de"], second["directions"]["de-en"]
    assert into["sentences"] == {"genuine": 799, "synthetic": 700, "bt": 700}
    assert back["sentences"] == {"genuine": 799, "synthetic": 0}  # the text is trained on in one direction only
    assert into["planned"] == pytest.approx(0.5) and into["consumed"] == pytest.approx(0.25)
    assert back["planned"] == back["consumed"] == 0
    assert into["gain"] == {"BLEU": pytest.approx(1.5), "chrF": pytest.approx(1.5)}
    assert second["means"]["chrF"] == pytest.approx(first["means"]["chrF"] + 1.5)
    assert second["leakage"] == {"passed": False, "hits": 1}
    assert second["synthesized"] == {
        "lines": 1200, "candidates": 1200, "kept": 1000, "target_tokens": 25000, "seconds": 61.5
    }  # fmt: skip
    assert third["directions"]["en-de"] == {
        "sentences": None, "planned": None, "consumed": None, "scores": {}, "gain": {}
    }  # fmt: skip


def test_phases_of_a_curriculum_are_listed_with_their_plans(report, page):
    assert list(report["phases"]) == ["train-r1"] and report["phases"]["train-r1"]["all"] == {"first_block": 1250}
    assert "clean 0 en-de/lohelp 100.0% all 1,250" in words(page)


def test_one_text_under_two_tags_counts_once(run_with_rounds):
    run = read_run(run_with_rounds)
    sets = run.rounds["r1"].binarize["sets"]
    twin = sets[1] | {"name": "r1_st_ft", "tag": "ft", "directions": ["de-en"]}
    run.rounds["r1"].binarize["sets"].append(twin)
    (_, second, _) = build_report(run)["comparison"]
    assert second["sentences"]["synthetic"] == 700
    assert second["directions"]["de-en"]["sentences"] == {"genuine": 799, "synthetic": 700, "ft": 700}


def test_the_page_is_sound_and_no_text_of_the_run_is_markup(page, html):
    assert page.stack == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [link["href"][1:] for link in page.all("a") if link["href"].startswith("#")]
    assert set(targets) <= set(ids) and {"data", "dropped", "rounds"} <= set(targets)
    assert "<script>alert" not in html and not page.all("b")
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(svg.get("aria-label") for svg in page.all("svg"))
    assert len(html.encode()) < 3_000_000


def test_every_count_of_cleaning_is_on_the_page(page, report):
    said = words(page)
    assert "799 of 1,000 lines kept" in said
    for facts in (report["data"], report["rounds"][0]):
        for corpus in facts["clean"]["corpora"].values():
            for rule, count in corpus["dropped"].items():
                assert rule in said and f"{count:,}" in said
    assert "max_ratio 3.0" in said and "expected" not in said and "per_pair" not in said
    assert "leakage: passed. 0 training rows match a test set, 0 allowed." in said
    assert "leakage-r1: not passed. 1 training row matches a test set, 0 allowed." in said
    assert "newstest2021 25,958 texts" in said and "near help 1" in said
    assert "back translation mono en-de; bt in en-de 1,200 1,200 1,000 150 49 1 500 13.9" in said


def test_dropped_lines_can_be_chosen_by_stage_corpus_rule_and_kind(page):
    lines = page.all("li")
    kinds = Counter((line["data-stage"], line["data-rule"], line["data-kind"]) for line in lines if "data-rule" in line)
    for stage in ("clean", "clean-r1"):
        assert kinds[stage, "length_ratio", "dropped"] == 2 and kinds[stage, "length_ratio", "nearly dropped"] == 1
        assert kinds[stage, "numbers", "set aside"] == kinds[stage, "held_out", "dropped"] == 1
    assert kinds["leakage-r1", "leakage", "in a test set"] == 1
    assert kinds["synthesize-r1", "unfinished", "dropped"] == kinds["synthesize-r1", "kept", "kept"] == 1
    options = {option["value"] for option in page.all("option")}
    assert {"clean-r1", "lohelp.en-de-zh", "r1_bt.en-de", "length_ratio", "nearly dropped"} <= options
    chosen = [link["data-choose"] for link in page.all("a") if "data-choose" in link]
    assert "stage=clean-r1&rule=length_ratio" in chosen and "stage=synthesize-r1" in chosen


def test_a_dropped_line_says_what_was_measured_and_what_it_repeats(page):
    said = words(page)
    for fact in (
        "line 7; de 5.25; zh infinite",
        "repeats lohelp.en-de-zh, line 3; similarity 1",
        "near match with help, line 4; similarity 0.9",
        "near help",
        f"line 31; ValueError: {HOSTILE}",
        "line 40; de 2.96; margin 0.0123",
        "line 1; pair_score -1.25",
    ):
        assert fact in said, fact
    assert "numbers.de" not in said  # scores of other filters are in report.json


def test_text_has_its_own_direction_and_language(page):
    spans = [attributes for name, attributes in page.elements if name == "span" and attributes.get("dir") == "auto"]
    assert {"en", "de", "zh"} <= {span.get("lang") for span in spans}
    assert None in [span.get("lang") for span in spans]  # "original" is no language
    assert any(ARABIC in text for text in page.text)


def test_a_run_of_an_older_version_has_the_sections_too(finished_run):
    page = Page(render(build_report(read_run(finished_run)), links=LINKS))
    said = words(page)
    assert page.stack == [] and {"data", "dropped", "rounds"} <= {a.get("id") for _, a in page.elements}
    assert "3,600 of 3,700 lines kept" in said
    assert "This run has no synthesis rounds." in said and "This run has no leakage report" in said
    assert [line["data-rule"] for line in page.all("li") if "data-rule" in line] == ["length_ratio", "empty"]


def test_a_run_that_has_only_its_vocabulary_has_the_sections_empty(tmp_path):
    write(tmp_path / "vocab/manifest.json", {"started": "2026", "seconds": 1.0})
    said = words(Page(render(build_report(read_run(tmp_path)), links=LINKS)))
    assert said.count("This run has cleaned no text.") == 2


def test_however_much_was_dropped_the_page_stays_small():
    text = dict.fromkeys(("en", "de", "cs", "ru"), "word " * 100)
    corpora = {
        f"c{number}.en-de": {"examples": {f"rule{at}": [{"line": at, "text": text}] * 5 for at in range(15)}}
        for number in range(80)
    }
    total = 80 * 15 * 5
    lines, more = shown_lines([DataStages(clean={"corpora": corpora})])
    assert len(lines) + more == total
    assert sum(len(side) for line in lines for side in line.text.values()) <= MOST_CHARACTERS
    shown = Counter(line.list for line in lines)
    assert len(shown) == 80 * 15 and len(set(shown.values())) == 1  # as many of each rule and corpus


def test_many_corpora_have_one_chart_of_the_largest_and_a_row_each(finished_run):
    report = build_report(read_run(finished_run))
    many = {f"corpus{number:03}": clean_report("a.en-de", ("en", "de"), 1000 + number) for number in range(100)}
    report["data"] = report["data"] | {"clean": {"corpora": many}, "histograms": {}}
    page = Page(render(report, links=LINKS))
    said = words(page)
    assert page.stack == [] and "the largest corpora, without 60 others" in said
    assert "corpus000 1,000 799" in said and "corpus099 1,099" in said
    charts = [svg for svg in page.all("svg") if str(svg["aria-label"]).startswith("Share of lines kept")]
    assert len(charts) == 1 and "corpus099" in charts[0]["aria-label"] and "corpus000" not in charts[0]["aria-label"]
