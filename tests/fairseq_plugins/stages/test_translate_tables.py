"""A test set in one file is translated like the same text in a file per language."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairseq_plugins.stages.translate import run
from tests.vega.corpus.writing import write
from vega.settings import Corpus, System, TranslateSettings

ROWS = [{"en": "one", "de": "eins", "zh": "一"}, {"en": "two", "de": "zwei", "zh": "二"}]


@pytest.mark.parametrize("kind", ["text", "tsv.gz", "parquet"])
def test_the_source_side_is_read_from_any_format(tmp_path: Path, kind: str) -> None:
    settings = TranslateSettings(
        data=tmp_path, systems=[System(name="copy", kind="copy")], test=[write(tmp_path, kind, ROWS)],
        directions=["zh-de"], workers=1,
    )  # fmt: skip
    run(settings, tmp_path / "out")
    assert (tmp_path / "out/copy/c.zh-de.de").read_text(encoding="utf-8") == "一\n二\n"


def test_an_official_set_is_translated_in_its_own_direction_only(tmp_path: Path) -> None:
    file = tmp_path / "official.xml"
    segments = '<seg id="1">one</seg><seg id="2">two</seg>'
    document = f'<doc id="d" origlang="en"><src lang="en"><p>{segments}</p></src></doc>'
    file.write_text(f'<dataset id="t">{document}</dataset>', encoding="utf-8")
    test = Corpus(name="blind", languages=["en", "de"], files=str(file))
    settings = TranslateSettings(
        data=tmp_path, systems=[System(name="copy", kind="copy")], test=[test], directions=["de-en", "en-de"], workers=1
    )
    run(settings, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out/copy").iterdir()] == ["blind.en-de.de"]
    assert (tmp_path / "out/copy/blind.en-de.de").read_text(encoding="utf-8") == "one\ntwo\n"
