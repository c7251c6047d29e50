"""The report reads what cleaning, the leakage gate and binarize really write."""

from __future__ import annotations

from pathlib import Path

from data_pipeline import clean
from data_pipeline.leakage import gate
from eval.report.build import build_report
from eval.report.page import render
from eval.report.read_run import read_run
from tests.eval.report.conftest import write, write_manifest
from tests.eval.report.parsed_page import LINKS, Page
from vega.settings import CleanSettings, Corpus, LeakageSettings

ROWS = [
    ("A short sentence about the weather today", "Ein kurzer Satz über das Wetter von heute"),
    ("LibreOffice Writer", "LibreOffice Writer"),
    ("A short sentence about the weather today", "Ein kurzer Satz über das Wetter von heute"),
    ("One", "Ein unmöglich langer Satz als Übersetzung eines einzigen Wortes"),
    ("This one is a sentence of the test set", "Ein ganz anderer Satz steht hier"),
    ("The last line is a line as well", "Die letzte Zeile ist auch eine Zeile"),
]


def test_a_run_cleaned_by_the_real_stages(tmp_path: Path) -> None:
    text = {"news": ROWS, "test": [("This one is a sentence of the test set.", "Dies ist ein Satz der Testmenge.")]}
    for name, rows in text.items():
        for column, code in enumerate(("en", "de")):
            write(tmp_path / f"{name}.{code}", "".join(f"{row[column]}\n" for row in rows))
    news, test = (Corpus(name=n, languages=["en", "de"], files=str(tmp_path / f"{n}.{{lang}}")) for n in text)
    run = tmp_path / "run"
    settings = CleanSettings(corpora=[news], held_out=[test], workers=1, filters={"length_ratio": {}, "copy": {}})
    clean.run(settings, run / "clean")
    kept = news.model_copy(update={"files": str(run / "clean/news.en-de.{lang}")})
    gate.run(LeakageSettings(corpora=[kept], held_out=[test], workers=1), run / "leakage")
    write_manifest(run, "clean", 0, 1.0)

    report = build_report(read_run(run))
    page = Page(render(report, links=LINKS))
    said = " ".join(" ".join(page.text).split())
    assert page.stack == []
    assert "2 of 6 lines kept" in said and "leakage: passed. 0 training rows match a test set" in said
    lines = {(line["data-rule"], line["data-kind"]) for line in page.all("li") if "data-rule" in line}
    dropped = {(rule, "dropped") for rule in ("length_ratio", "copy", "duplicate", "held_out")}
    assert dropped <= lines and ("length_ratio", "nearly dropped") in lines
    assert "repeats news.en-de, line 1" in said and "folded match with test, line 1" not in said
    assert "folded test, line 1" in said
    charts = {(each["filter"], each["measure"]) for each in _plain(report["data"]["histograms"]["news.en-de"])}
    assert charts == {("length_ratio", "de"), ("copy", "share")}


def _plain(histograms: list) -> list[dict]:
    return [dict(each) for each in histograms]
