"""A test set in one file scores, and shows samples, like the same text in a file per language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.evaluate import run
from eval.report.samples import read_test_set
from tests.vega.corpus.writing import write
from vega.settings import Corpus, EvaluateSettings

ROWS = [
    {"en": "Click OK.", "de": "Klicken Sie auf OK."},
    {"en": "Open the file menu.", "de": "Öffnen Sie das Menü Datei."},
    {"en": "Returns the sine of a number.", "de": "Gibt den Sinus einer Zahl zurück."},
]


def scores(folder: Path, corpus: Corpus) -> object:
    system = folder / "out/vega"
    system.mkdir(parents=True, exist_ok=True)
    lines = "Klicken Sie OK.\nÖffnen Sie das Menü Datei.\nGibt den Sinus zurück.\n"
    (system / "help.en-de.de").write_text(lines, encoding="utf-8")
    run(EvaluateSettings(translations=folder / "out", test=[corpus], resamples=20), folder)
    return json.loads((folder / "scores.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", ["tsv.xz names", "tmx", "parquet struct"])
def test_the_format_of_a_test_set_changes_nothing(tmp_path: Path, kind: str) -> None:
    found = {}
    for each in ("text", kind):
        corpus = write(tmp_path, each, ROWS).model_copy(update={"name": "help"})
        found[each] = scores(tmp_path, corpus), read_test_set([corpus], "help", "en", "de")
    assert found[kind] == found["text"]
    assert found[kind][1] == ROWS
