"""Several runs in one report."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from eval.report.compare import build_comparison, merge_tasks, named, neural_of, run_several
from eval.report.recipe_diff import ABSENT, recipe_diff
from tests.eval.report.conftest import write
from vega.errors import UserError
from vega.settings import ReportOptions

SYSTEM = "multidirectional"


@pytest.fixture(scope="module")
def runs(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The run, and one after it of another learning rate whose system is worse in one direction."""
    base = tmp_path_factory.mktemp("runs")
    folders = [base / "first", base / "second"]
    for folder in folders:
        shutil.copytree(finished_run, folder)
    recipe = yaml.safe_load((folders[1] / "recipe.yaml").read_text())
    recipe["train"]["lr"] = 1e-3
    write(folders[1] / "recipe.yaml", yaml.safe_dump(recipe))
    path = folders[1] / f"translate/{SYSTEM}/help.en-de.de"
    path.write_text("".join(f"{line[:9]}\n" for line in path.read_text().splitlines()))
    return folders


@pytest.fixture(scope="module")
def output(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    run_several(runs, ReportOptions(samples=1, cost_per_hour=2.0), folder)
    return folder


def score(rows: list[dict[str, Any]], **wanted: str) -> dict[str, Any]:
    (found,) = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return found


def test_systems_carry_their_runs_name_and_their_scores(report, runs):
    assert report["systems"] == [
        "first/copy", "first/untrained", f"first/{SYSTEM}", "first/finetuned", f"second/{SYSTEM}", "second/finetuned",
    ]  # fmt: skip
    for row in json.loads((runs[0] / "evaluate/scores.json").read_text()):
        assert score(report["scores"], **{**row_key(row), "system": f"first/{row['system']}"})["score"] == row["score"]
    changed = {"direction": "en-de", "metric": "chrF", "system": f"second/{SYSTEM}"}
    assert score(report["scores"], **changed)["score"] < 60  # of the translations as they are now


def row_key(row: dict[str, Any]) -> dict[str, str]:
    return {key: row[key] for key in ("direction", "metric", "test_set")}


def test_differences_between_runs_are_tested(report):
    tests = score(report["significance"], direction="en-de", metric="chrF")
    (pair,) = [each for each in tests["pairs"] if {each["a"], each["b"]} == {f"first/{SYSTEM}", f"second/{SYSTEM}"}]
    assert pair["a"] == f"first/{SYSTEM}" and pair["gain"] > 0 and pair["low"] <= pair["gain"] <= pair["high"]
    assert 0 < pair["p_bootstrap"] <= 1
    flat = [system for cluster in tests["clusters"] for system in cluster]
    assert sorted(flat) == sorted(system for system in report["systems"])


def test_only_keys_that_differ_are_in_the_recipes_table(report, page):
    assert report["recipe_diff"] == [{"key": "train.lr", "values": {"first": "0.0005", "second": "0.001"}}]
    assert "train.lr" in page.text


def test_the_page_has_both_runs_in_every_section(report, html, page):
    assert page.stack == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {"runs", "recipe-diff", "scores", "significance", "curves", "sentences", "time", "provenance"} <= set(ids)
    curves = html.partition('<section id="curves"')[2].partition("</section>")[0]
    assert curves.count('class="line series-0"') == curves.count('class="line series-1"') > 2
    assert "<script>alert" not in html and len(page.all("caption")) == len(page.all("table"))
    assert [run["budget"]["cost"] > 0 for run in report["runs"]] == [True, True]
    traced = re.findall(r'<section id="(\S+)"(?:(?!</section>).)*class="traced"', html, flags=re.DOTALL)
    assert set(re.findall(r'<section id="(\S+)"', html)) - set(traced) == {"provenance"}
    assert "by <code>vega report" in html


def test_a_test_set_that_has_changed_is_not_compared_under_the_same_name(runs, tmp_path):
    folders = [tmp_path / "first", tmp_path / "other"]
    for folder in folders:
        shutil.copytree(runs[0], folder)
    manifest = json.loads((folders[1] / "translate/manifest.json").read_text())
    (corpus,) = manifest["settings"]["test"]
    for code in ("en", "de", "zh"):
        lines = Path(corpus["files"].replace("{lang}", code)).read_text().splitlines()
        write(tmp_path / f"changed.{code}", "".join(f"{line}!\n" for line in lines))
    corpus["files"] = str(tmp_path / "changed.{lang}")
    write(folders[1] / "translate/manifest.json", manifest)
    found = named(folders)
    assert {task.test_set for task in merge_tasks(found)} == {"help", "help.other"}
    report = build_comparison(found, ReportOptions(), [])
    assert {row["kind"] for row in report["warnings"]} == {"gone"}  # nothing was scored again


def test_runs_whose_test_sets_are_gone_have_their_old_scores_and_a_warning(runs, tmp_path):
    gone = tmp_path / "gone"
    shutil.copytree(runs[0], gone)
    manifest = json.loads((gone / "translate/manifest.json").read_text())
    manifest["settings"]["test"][0]["files"] = str(tmp_path / "nowhere.{lang}")
    write(gone / "translate/manifest.json", manifest)
    found = named([gone])
    assert merge_tasks(found) == []
    report = build_comparison(found, ReportOptions(), [])
    assert {row["system"] for row in report["scores"]} == {f"gone/{SYSTEM}", "gone/finetuned"}
    assert len(report["warnings"]) == len(report["scores"])


def test_neural_scores_are_taken_over_where_all_runs_have_them_by_the_same_model(runs, tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        shutil.copytree(runs[0], folder)
        scores = json.loads((folder / "evaluate/scores.json").read_text())
        place = {"test_set": "help", "direction": "zh-en"}
        systems = [row["system"] for row in scores if row["direction"] == "zh-en" and row["metric"] == "chrF"]
        scores += [
            {**place, "system": name, "metric": "tiny-da", "score": 0.5, "low": None, "high": None,
             "signature": "model:tiny-da|sha256:0123|bs:50|seed:1"} for name in systems
        ]  # fmt: skip
        write(folder / "evaluate/scores.json", scores)
        rows = [{**place, "metric": "tiny-da", "scores": {name: [0.5] * 8 for name in systems}}]
        write(folder / "evaluate/segments.json", rows)
    found = named(folders)
    (task,) = [each for each in merge_tasks(found) if each.direction == "zh-en"]
    (neural,) = neural_of(found, task)
    assert (neural.name, neural.signature) == ("tiny-da", "model:tiny-da|sha256:0123")
    assert set(neural.segments) == set(task.files)
    write(folders[1] / "evaluate/segments.json", [])
    assert neural_of(named(folders), task) == []


def test_names_of_runs_are_told_apart(tmp_path, runs):
    for parent in ("x", "y"):
        shutil.copytree(runs[0], tmp_path / parent / "demo")
    assert list(named([tmp_path / "x/demo", tmp_path / "y/demo"])) == ["x.demo", "y.demo"]
    with pytest.raises(UserError, match="named twice"):
        named([runs[0], runs[0]])


def test_recipes_are_compared_key_by_key():
    one = {"a": {"b": 1, "same": [1, 2]}, "steps": [{"name": "s", "kind": "soup"}], "only": None}
    other = {"a": {"b": 2, "same": [1, 2]}, "steps": [{"name": "s", "kind": "fuse"}, {"name": "t"}]}
    rows = recipe_diff({"x": yaml.safe_dump(one), "y": yaml.safe_dump(other), "without": ""})
    assert {row["key"]: (row["values"]["x"], row["values"]["y"]) for row in rows} == {
        "a.b": ("1", "2"), "steps.s.kind": ("soup", "fuse"), "steps.t.name": (ABSENT, "t"), "only": ("none", ABSENT),
    }  # fmt: skip
