"""A test set in one file is read and scored like the same text in a file per language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.evaluate import list_tasks, run
from eval.test_set import TestSet, read_test_set
from tests.vega.corpus.writing import write
from vega.settings import Corpus, EvaluateSettings

ROWS = [
    {"en": "Click OK.", "de": "Klicken Sie auf OK."},
    {"en": "Open the file menu.", "de": "Öffnen Sie das Menü Datei."},
    {"en": "Returns the sine of a number.", "de": "Gibt den Sinus einer Zahl zurück."},
]


def scored(folder: Path, corpus: Corpus) -> tuple[object, TestSet]:
    system = folder / "out/vega"
    system.mkdir(parents=True, exist_ok=True)
    lines = "Klicken Sie OK.\nÖffnen Sie das Menü Datei.\nGibt den Sinus zurück.\n"
    (system / "help.en-de.de").write_text(lines, encoding="utf-8")
    settings = EvaluateSettings(translations=folder / "out", test=[corpus], resamples=20)
    run(settings, folder)
    return json.loads((folder / "scores.json").read_text(encoding="utf-8")), read_test_set(list_tasks(settings)[0])


@pytest.mark.parametrize("kind", ["tsv.xz names", "tmx", "parquet struct"])
def test_the_format_of_a_test_set_changes_nothing(tmp_path: Path, kind: str) -> None:
    found = {}
    for each in ("text", kind):
        corpus = write(tmp_path, each, ROWS).model_copy(update={"name": "help"})
        found[each] = scored(tmp_path, corpus)
    assert found[kind] == found["text"]
    assert found[kind][1].source == [row["en"] for row in ROWS]
    assert found[kind][1].references == [[row["de"] for row in ROWS]]
