"""What the sentence browser is given."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eval.report.sentences import Facts, pack, pack_all, script_json
from eval.report.texts import Texts
from tests.eval.report.conftest import HOSTILE


def unpacked(cell: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(cell["data"])))
    return content


def texts(lines: int, direction: str = "en-de", **outputs: list[str]) -> Texts:
    source = [f"source {at}" for at in range(lines)]
    reference = [f"Referenz {at}" for at in range(lines)]
    return Texts("help", direction, source, reference, outputs or {"a": [f"Ausgabe {at}" for at in range(lines)]})


@given(st.lists(st.text(max_size=20), min_size=1, max_size=30))
def test_any_text_comes_back_as_it_was(lines):
    each = Texts("help", "en-de", lines, lines[::-1], {"a": lines, "b": lines[::-1]})
    cell = pack(each, Facts(), 1000)
    content = unpacked(cell)
    assert content["source"] == lines and content["reference"] == lines[::-1]
    assert content["outputs"] == {"a": lines, "b": lines[::-1]} and content["line"] is None


@given(st.text(), st.sampled_from(["</script>", "<!--", "<script", "\u2028", HOSTILE]))
def test_nothing_in_the_data_ends_or_begins_a_script(text, end):
    written = script_json({"name": text + end})
    assert not re.search(r"<|\u2028|\u2029", written)
    assert json.loads(written) == {"name": text + end}


def test_long_sets_are_shown_in_part_evenly_and_with_all_lines_that_other_sections_name():
    place = {"test_set": "help", "direction": "en-de"}
    rates = [{**place, "system": "a", "examples": {"copied": [3, 77], "empty": []}}]
    worst = [{**place, "system": "a", "against": "b", "lines": [{"line": 99, "gap": -5.0}]}]
    segments = [{**place, "metric": "chrF", "scores": {"a": [float(at) for at in range(100)], "gone": [0.0] * 100}}]
    cell = pack(texts(100), Facts(segments, rates, worst), 10)
    content = unpacked(cell)
    assert (cell["count"], cell["lines"]) == (len(content["line"]), 100)
    assert 10 <= cell["count"] <= 13 and {3, 77, 99} <= set(content["line"])
    assert content["line"] == sorted(content["line"])
    assert content["source"] == [f"source {line - 1}" for line in content["line"]]
    assert content["segments"] == {"chrF": {"a": [line - 1.0 for line in content["line"]]}}
    assert content["flags"] == {"copied": {"a": [3, 77]}}


def test_facts_of_other_sets_and_directions_are_left_out():
    other = [{"test_set": "help", "direction": "de-en", "metric": "chrF", "scores": {"a": [1.0]}}]
    assert unpacked(pack(texts(1), Facts(other), 5))["segments"] == {}


def test_a_copy_of_the_source_is_on_the_page_once():
    each = texts(2, copy=["source 0", "source 1"], a=["x", "y"])
    assert pack(each, Facts(), 5)["systems"] == ["a"]
    changed = texts(2, copy=["source 0", "changed"], untrained=["x", "y"], a=["x", "y"])
    assert pack(changed, Facts(), 5)["systems"] == ["a", "copy", "untrained"]  # the one to compare with is first


def test_languages_without_spaces_are_compared_by_character():
    ways = {
        direction: pack(texts(1, direction), Facts(), 5)["by"] for direction in ("en-de", "en-zh", "zh-en", "de-ja")
    }
    assert ways == {"en-de": "word", "en-zh": "character", "zh-en": "word", "de-ja": "character"}


def test_domains_are_of_lines():
    each = Texts("help", "en-de", ["a"] * 4, ["b"] * 4, {"s": ["c"] * 4}, ["news", "", "chat", "news"])
    content = unpacked(pack(each, Facts(), 5))
    assert content["domains"] == ["news", "chat"] and content["domain"] == [0, -1, 1, 0]
    assert unpacked(pack(texts(1), Facts(), 5))["domain"] == []


def test_none_asked_is_no_browser():
    assert pack_all([texts(3)], Facts(), 0) == []
