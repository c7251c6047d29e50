"""Reports joined: one that covers the text of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vega.errors import UserError
from vega.leakage_report import FORMAT, LeakageReport, joined, passed_report


def report(folder: Path, index: str = "same", **sources: str) -> LeakageReport:
    """A report on one file per source; `sources` name its hash."""
    facts: dict[str, Any] = {
        "format": FORMAT, "passed": True, "hits": len(sources), "allow": 3, "test_sets": {"index_sha256": index},
        "sources": {name: {"files": {"en": {"path": name, "sha256": sha}}} for name, sha in sources.items()},
    }  # fmt: skip
    folder.mkdir()
    (folder / "leakage.json").write_text(json.dumps(facts))
    return passed_report(folder)


def test_the_joined_report_covers_what_either_does(tmp_path: Path) -> None:
    first = report(tmp_path / "first", news="a", both="b")
    second = report(tmp_path / "second", news="c", both="b")
    whole = joined(first, second)
    (tmp_path / "whole.json").write_text(json.dumps(whole.facts))
    read = passed_report(tmp_path / "whole.json")
    assert read.hashes == whole.hashes == {"a", "b", "c"}
    assert (read.facts["hits"], read.facts["allow"], len(read.facts["sources"])) == (4, 6, 3)
    read.require([("x", "a"), ("y", "c")])
    for one, missing in ((first, "c"), (second, "a")):
        with pytest.raises(UserError, match="mine: not in the leakage report"):
            one.require([("mine", missing)])


def test_reports_on_different_test_sets_are_not_joined(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="about different test sets"):
        joined(report(tmp_path / "first", news="a"), report(tmp_path / "second", index="other", news="c"))
