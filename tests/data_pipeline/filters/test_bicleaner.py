"""The command is stood in for by a script with its interface: it scores a pair by its first letters.

The real one (bicleaner-ai 3.6, an XLM-R model of random weights) was run by hand; it needs TensorFlow.
"""

import sys
from pathlib import Path

import pytest

from data_pipeline.filters import build_filters
from data_pipeline.filters.bicleaner import Bicleaner
from vega.errors import UserError

#: Its options as bicleaner-ai-classify 3.6 declares them.
STAND_IN = """#!{python}
import argparse, sys
parser = argparse.ArgumentParser()
parser.add_argument("input", type=argparse.FileType("rt"))
parser.add_argument("output", type=argparse.FileType("w"))
parser.add_argument("model")
for flag in "score_only disable_hardrules disable_lm_filter disable_porn_removal offline".split():
    parser.add_argument("--" + flag, action="store_true")
parser.add_argument("-q", "--quiet", action="store_true")
parser.add_argument("--scol", default=3, type=int)
parser.add_argument("--tcol", default=4, type=int)
options = parser.parse_args()
assert options.score_only and options.disable_hardrules and options.offline
for line in options.input:
    fields = line.rstrip("\\n").split("\\t")
    if fields[0] == "fail":
        sys.exit("no such model")
    source, target = fields[options.scol - 1], fields[options.tcol - 1]
    options.output.write("0.9\\n" if (source[0], target[0]) == ("e", "ü") else "0.1\\n")
"""


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    command = tmp_path / "bicleaner-ai-classify"
    command.write_text(STAND_IN.replace("{python}", sys.executable), encoding="utf-8")
    command.chmod(0o755)
    (tmp_path / "metadata.yaml").write_text("source_lang: en\ntarget_lang: de\n")
    return {"model": str(tmp_path), "command": str(command)}


def test_pairs_are_scored_in_the_direction_of_the_model(options: dict[str, str]) -> None:
    rule = Bicleaner(**options)
    rows = [{"en": "e", "de": "ü"}, {"en": "e", "de": "x y"}]
    assert rule.score_all(rows) == [{"de": 0.9}, {"de": 0.1}]
    assert rule.score_all([{"de": row["de"], "en": row["en"]} for row in rows]) == [{"en": 0.9}, {"en": 0.1}]
    assert [rule.keeps(row) for row in rows] == [True, False]


def test_nothing_to_score(options: dict[str, str]) -> None:
    assert Bicleaner(**options).score_all([]) == []
    assert Bicleaner(**options).score_all([{"en": "e"}]) == [{}]


@pytest.mark.parametrize(("source", "kept"), [("xx", True), ("en", True), ("cs", False)])
def test_the_model_is_for_its_languages(options: dict[str, str], source: str, kept: bool) -> None:
    Path(options["model"], "metadata.yaml").write_text(f"source_lang: {source}\ntarget_lang: de\n")
    if kept:
        assert Bicleaner(**options).score({"en": "e", "de": "ü"}) == {"de": 0.9}
    else:
        with pytest.raises(UserError, match="the model is for cs-de, the corpus is en-de"):
            Bicleaner(**options).score({"en": "e", "de": "ü"})


def test_a_failure_is_told(options: dict[str, str]) -> None:
    with pytest.raises(UserError, match="failed with code 1, 0 scores for 1 pairs: no such model"):
        Bicleaner(**options).score({"en": "fail", "de": "ü"})


def test_what_is_missing_is_named(options: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pip install bicleaner-ai"):
        build_filters({"bicleaner": options | {"command": "no-such-program"}})
    (tmp_path / "metadata.yaml").unlink()
    with pytest.raises(UserError, match=r"no metadata\.yaml"):
        build_filters({"bicleaner": options})
