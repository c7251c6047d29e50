"""`vega report`, by runs and by settings."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vega.cli import app
from vega.errors import UserError
from vega.report_runs import report_options
from vega.runner import _place_reports
from vega.strict_yaml import dump_value


def call(*arguments: object) -> str:
    """Output of `vega report`; a mistake is raised."""
    done = CliRunner().invoke(app, ["report", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    shutil.copytree(finished_run, folder)
    return folder


def links(page: Path) -> set[Path]:
    found = re.findall(r'<a href="([^"#]+)"', page.read_text(encoding="utf-8"))
    return {(page.parent / link).resolve() for link in found}


def test_one_run_has_its_report_in_its_folder_with_links_that_lead_there(run):
    call(run, "--set", "samples=1")
    report = json.loads((run / "report.json").read_text())
    assert report["folder"] == str(run) and len(report["samples"]) == 4
    assert len(links(run / "report.html")) > 10 and all(path.is_file() for path in links(run / "report.html"))
    assert not [path for path in run.iterdir() if path.name.startswith(".files")]


def test_the_report_can_go_elsewhere(run, tmp_path):
    call(run, "--output", tmp_path / "a/b")
    assert all(path.is_file() for path in links(tmp_path / "a/b/report.html"))
    assert not (run / "report.html").exists()


def test_several_runs_need_a_place_and_are_compared_there(run, finished_run, tmp_path):
    with pytest.raises(UserError, match="--output comparison"):
        call(run, finished_run)
    shutil.copytree(run, tmp_path / "again")
    call(run, tmp_path / "again", "--output", tmp_path / "both")
    report = json.loads((tmp_path / "both/report.json").read_text())
    assert [each["name"] for each in report["runs"]] == ["demo", "again"]
    assert report["recipe_diff"] == []
    own_pages = {each / "report.html" for each in (run, tmp_path / "again")}
    assert all(path.is_file() for path in links(tmp_path / "both/report.html") - own_pages)


def test_settings_are_the_stage_whose_report_is_also_placed_at_the_top_of_the_run(run, tmp_path):
    settings = tmp_path / "report.yaml"
    settings.write_text(dump_value({"run": str(run), "samples": 2}))
    with pytest.raises(UserError, match="--output FOLDER is needed"):
        call(settings)
    call(settings, "--output", run / "report")
    assert (run / "report/manifest.json").is_file()
    assert all(path.is_file() for path in links(run / "report/report.html"))
    _place_reports(run / "report", run)
    assert links(run / "report.html") == links(run / "report/report.html")


@pytest.mark.parametrize("named", [["none"], ["demo", "report.yaml"], ["recipe.txt"]])
def test_what_is_neither_is_named(run, tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    for file in ("report.yaml", "recipe.txt"):
        Path(file).write_text("run: demo\n")
    with pytest.raises(UserError, match=f"{named[-1]}: no such folder. Name the folders of runs"):
        call(*named, "--output", "x")
    assert not Path("x").exists()


def test_the_recipes_report_options_count_and_set_is_over_them(run):
    recipe = (run / "recipe.yaml").read_text()
    (run / "recipe.yaml").write_text(recipe + "report: {samples: 3, cost_per_hour: 1.5}\n")
    options = report_options(run, ["samples=5"])
    assert (options.samples, options.cost_per_hour) == (5, 1.5)
    with pytest.raises(UserError, match=r"unknown key 'sample'.*samples"):
        report_options(run, ["sample=5"])


def test_an_empty_folder_is_no_run(tmp_path):
    with pytest.raises(UserError, match="nothing to report"):
        call(tmp_path)
    assert list(tmp_path.iterdir()) == []
