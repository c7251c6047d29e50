"""A test set in one file is translated like the same text in a file per language."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairseq_plugins.translate import run
from tests.vega.corpus.writing import write
from vega.settings import System, TranslateSettings

ROWS = [{"en": "one", "de": "eins", "zh": "一"}, {"en": "two", "de": "zwei", "zh": "二"}]


@pytest.mark.parametrize("kind", ["text", "tsv.gz", "parquet"])
def test_the_source_side_is_read_from_any_format(tmp_path: Path, kind: str) -> None:
    settings = TranslateSettings(
        data=tmp_path, systems=[System(name="copy", kind="copy")], test=[write(tmp_path, kind, ROWS)],
        directions=["zh-de"], workers=1,
    )  # fmt: skip
    run(settings, tmp_path / "out")
    assert (tmp_path / "out/copy/c.zh-de.de").read_text(encoding="utf-8") == "一\n二\n"
