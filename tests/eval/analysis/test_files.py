"""`vega eval analyse`, through the command line's own parser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.analysis.files import analyse_files
from vega.errors import UserError
from vega.eval_cli import eval_app

TEXT = {
    "src.en": ["Press 12 keys", "open it", "close it"],
    "ref.de": ["12 Tasten drücken", "öffnen", "schließen"],
    "good.de": ["12 Tasten drücken", "öffnen", "schließen"],
    "bad.de": ["Tasten drücken", "open it", ""],
    "domains": ["help", "menu", "menu"],
    "training": ["drücken drücken"] * 5,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, lines in TEXT.items():
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return tmp_path


def arguments(folder: Path) -> list[str]:
    files = {"--source": "src.en", "--reference": "ref.de", "--domains": "domains", "--training": "training"}
    options = [part for name, file in files.items() for part in (name, str(folder / file))]
    return ["analyse", "--direction", "en-de", *options, str(folder / "good.de"), str(folder / "bad.de")]


def test_json_has_what_the_stage_writes(folder: Path) -> None:
    result = CliRunner().invoke(eval_app, [*arguments(folder), "--json"])
    content = json.loads(result.stdout)
    good, bad = content["systems"]
    assert (good["system"], bad["system"], bad["test_set"]) == ("good", "bad", "ref.de")
    assert {name: rate for name, rate in bad["rates"].items() if rate and name != "length_ratio"} == {
        "copied": pytest.approx(33.3333), "empty": pytest.approx(33.3333), "digits_missing": 100.0,
    }  # fmt: skip
    scores = {row["group"]: row["scores"] for row in content["groups"] if row["by"] == "domain"}
    assert scores["menu"]["good"] == 100 and scores["menu"]["bad"] < 20
    assert [row["lines"] for row in content["groups"] if row["by"] == "frequency"] == [3]
    assert {row["line"] for row in content["worst"][1]["lines"]} == {1, 2, 3}


def test_the_table_names_systems_and_rates(folder: Path) -> None:
    shown = CliRunner().invoke(eval_app, arguments(folder)).stdout
    assert shown.splitlines()[0].split() == ["percent", "of", "lines", "good", "bad"]
    assert "digits_missing" in shown and "100.00" in shown
    assert "chrF by domain" in shown and "bad is furthest behind good in lines" in shown
    assert "good is furthest" not in shown


def test_a_file_of_another_length_is_named(folder: Path) -> None:
    (folder / "short.de").write_text("a\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"short\.de has 1 lines, the reference .*ref\.de has 3"):
        analyse_files([folder / "short.de"], "en-de", folder / "src.en", folder / "ref.de", None, None)
