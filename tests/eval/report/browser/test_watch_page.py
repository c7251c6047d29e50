"""`vega watch --serve` in a browser: it draws, refreshes itself, and says how the run ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.report.watch_page import page as watch_page
from eval.report.watch_page import state_json
from eval.report.watch_server import WatchServer, serving
from eval.report.watch_state import WatchedRun
from tests.eval.report.browser.accessible import focus_order, problems
from tests.eval.report.browser.conftest import Open
from tests.eval.report.watched import MadeRun
from tests.vega.tracking.made_log import write

pytestmark = pytest.mark.browser
HOSTILE = "x | WARNING | </script><script>alert(1)</script><!--"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[MadeRun]:
    found = MadeRun(tmp_path)
    with found.training():
        write(found.log, 10, 90)
        (found.log.parent / "log.txt").write_text(f"{HOSTILE}\n")
        yield found


@pytest.fixture
def server(made: MadeRun) -> Iterator[WatchServer]:
    with serving(0, *watch_page("small <b>run</b>")) as found:
        yield found


def see(server: WatchServer, run: WatchedRun) -> None:
    server.set_state(state_json(run.look()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_shows_the_run_and_refreshes_itself(
    server: WatchServer, made: MadeRun, open_page: Open, scheme: str
) -> None:
    run = WatchedRun(made.folder)
    see(server, run)
    page, watcher = open_page(server.url, color_scheme=scheme)
    page.get_by_text("update 90 of 1,000").wait_for()
    assert page.locator("h1").inner_text().startswith("small <b>run</b>")
    assert page.locator("#stages tr").count() == len(made.stages)
    charts = [chart.bounding_box() for chart in page.locator("#training svg").all()]
    assert len(charts) >= 5 and all(box["width"] > 100 and box["height"] > 60 for box in charts)
    assert page.locator("#warnings li").inner_text() == f"train: {HOSTILE}"
    assert problems(page) == []
    line = page.locator("#training figure polyline").first
    before = line.get_attribute("points")
    write(made.log, 100, 200, loss=3.0)
    see(server, run)
    page.get_by_text("update 200 of 1,000").wait_for(timeout=10_000)
    assert page.locator("#training figure polyline").first.get_attribute("points") != before
    state = json.loads(state_json(run.look()))
    server.set_state(json.dumps({**state, "outcome": "finished", "said": "finished"}))
    page.get_by_role("status").get_by_text("finished").wait_for(timeout=10_000)
    assert page.title().startswith("finished")
    assert watcher.said == [] and set(watcher.requests) == {server.url, f"{server.url}state.json"}


def test_the_keyboard_reaches_its_regions_and_the_end_of_the_server_is_said(made: MadeRun, open_page: Open) -> None:
    with serving(0, *watch_page("small")) as server:
        see(server, WatchedRun(made.folder))
        page, _ = open_page(server.url)
        page.get_by_text("update 90 of").wait_for()
        order: list[Any] = focus_order(page)
        assert order[:2] == ["#main", "Table of stages"]
    page.get_by_text("vega watch has ended").wait_for(timeout=10_000)
