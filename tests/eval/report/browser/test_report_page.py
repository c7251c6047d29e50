"""report.html in a browser: charts are drawn, the sentence browser works, hostile text is text, all can use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.eval.report.browser.accessible import focus_order, problems
from tests.eval.report.browser.conftest import Open, Watcher
from tests.eval.report.browser.made_report import HOSTILE, RIGHT_TO_LEFT, SENTENCES, SYSTEMS, write_report

pytestmark = pytest.mark.browser

#: A page with so many sentences must stay below this, in bytes, so that it can be sent by mail.
MOST_BYTES = 3_000_000
#: Seconds until something is seen. Measured here: 0.1 to 0.5; only a page that has become slow takes so long.
MOST_SECONDS = 3.0
WIDE = {"width": 1200, "height": 900}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def opened(path: Path, chromium: Any) -> Iterator[tuple[Any, Watcher]]:
    """One window for all tests: to open it is most of the work."""
    context = chromium.new_context(viewport=WIDE)
    found = context.new_page()
    watcher = Watcher(found)
    found.goto(path.as_uri())
    ready(found)
    yield found, watcher
    context.close()


#: Every control as at first, and the focus before all of them.
RESET = """() => {
  const form = document.getElementById("browser-controls");
  for (const each of form.querySelectorAll("select")) each.selectedIndex = 0;
  for (const each of form.querySelectorAll("input[type=checkbox]")) each.checked = each.name === "show";
  form.querySelector("input[type=search]").value = "";
  form.dispatchEvent(new Event("input"));
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
}"""


@pytest.fixture
def page(opened: tuple[Any, Watcher], path: Path) -> Iterator[Any]:
    """The report as it was opened. Whatever a test does, nothing complains and nothing is asked for."""
    found, watcher = opened
    found.set_viewport_size(WIDE)
    found.emulate_media(media="screen", color_scheme="light")
    found.evaluate(RESET)
    yield found
    assert watcher.said == []
    assert watcher.requests == [path.as_uri()]


def ready(page: Any) -> None:
    """The cell has been unpacked."""
    page.locator("#browser[aria-busy=false]").wait_for(timeout=20_000)


def lines(page: Any) -> list[int]:
    """The sentences on the page of the list, in order."""
    found: list[int] = page.locator("#browser-list > li").evaluate_all(
        "rows => rows.map((row) => Number(row.dataset.line))"
    )
    return found


def count(page: Any) -> str:
    text: str = page.locator("#browser-count").inner_text()
    return text


def text_of(page: Any, line: int, place: str) -> str:
    text: str = page.locator(f"#browser-list li[data-line='{line}'] {place} dd").inner_text()
    return text


def scores(page: Any, system: str) -> list[float]:
    shown: list[str] = page.locator(f"#browser-list [data-system='{system}'] dt small").all_inner_texts()
    return [float(text.split()[-1]) for text in shown]


def test_it_is_small_and_quickly_there(path: Path, page: Any) -> None:
    assert path.stat().st_size < MOST_BYTES
    assert count(page) == f"1–20 of {SENTENCES:,}" and page.locator("#browser-list > li").count() == 20
    assert page.locator("#browser-systems input:checked").count() == len(SYSTEMS) == 3
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
    assert 0 < page.evaluate(paint) < MOST_SECONDS


def test_every_chart_is_drawn(page: Any) -> None:
    for section, shape in (("#scores", "rect.bar"), ("#domains", "rect.bar"), ("#curves", "polyline.line")):
        shapes = page.locator(f"{section} svg {shape}")
        assert shapes.count() >= 2, section
        assert all(sum(box.values()) > 0 and box["height"] > 0.5 for s in shapes.all() if (box := s.bounding_box())), (
            section
        )
    for chart in page.locator("svg").all():
        if chart.is_visible():
            box = chart.bounding_box()
            assert box["width"] > 100 and box["height"] > 20, chart.get_attribute("aria-label")


def test_hostile_text_is_shown_as_text_and_right_to_left_text_from_the_right(page: Any) -> None:
    for number, text in enumerate([*HOSTILE, *RIGHT_TO_LEFT]):
        page.locator("#browser-search").fill(text[:20].strip())
        row = page.locator(f"#browser-list li[data-line='{10 * number + 2}'] [data-text=source] dd")
        assert row.text_content() == text
        found = row.evaluate("(e) => getComputedStyle(e).direction")
        assert found == ("rtl" if text in RIGHT_TO_LEFT else "ltr")
    assert page.locator("dd script, dd img, li script").count() == 0


def test_text_is_found_in_any_column_and_case_does_not_matter(page: Any) -> None:
    page.locator("#browser-search").fill("LISTBOX DATA")
    assert count(page).endswith(f", {SENTENCES:,} in all")
    for line in lines(page):
        assert "listbox data" in page.locator(f"#browser-list li[data-line='{line}']").inner_text().lower()
    page.locator("#browser-search").fill("控件翻译")  # in the reference only
    assert lines(page) == [5]
    page.locator("#browser-search").fill("no sentence has this")
    assert count(page) == f"no sentence of {SENTENCES:,}" and lines(page) == []
    page.locator("#browser-search").press("Escape")
    assert count(page) == f"1–20 of {SENTENCES:,}"


def test_sentences_are_sorted_by_line_length_score_and_gap(page: Any) -> None:
    sort, descending = page.locator("#browser-sort"), page.locator("#browser-descending")
    assert lines(page) == list(range(1, 21))
    descending.check()
    assert lines(page) == list(range(SENTENCES, SENTENCES - 20, -1))
    page.locator("#browser-system").select_option("transformer")
    sort.select_option("score")
    best = scores(page, "transformer")
    assert best == sorted(best, reverse=True)
    descending.uncheck()
    worst = scores(page, "transformer")
    assert worst == sorted(worst) and worst[-1] < best[-1]
    page.locator("#browser-system").select_option("fused")
    page.locator("#browser-against").select_option("baseline")
    sort.select_option("gap")
    descending.check()
    gaps = [a - b for a, b in zip(scores(page, "fused"), scores(page, "baseline"), strict=True)]
    assert gaps == sorted(gaps, reverse=True) and gaps[0] > 30
    sort.select_option("length")
    lengths = [len(text_of(page, line, "[data-text=source]")) for line in lines(page)]
    assert lengths == sorted(lengths, reverse=True)


def test_sentences_are_filtered_by_domain_and_fault_and_columns_are_hidden(page: Any) -> None:
    page.locator("#browser-domain").select_option("chat")
    assert lines(page) == list(range(1, 60, 3)) and count(page) == f"1–20 of 667, {SENTENCES:,} in all"
    page.locator("#browser-domain").select_option("")
    page.locator("#browser-flag").select_option("empty")
    assert lines(page) == [400, 800, 1200, 1600, 2000]
    assert page.locator("#browser-list em.none").count() == 5 * len(SYSTEMS)
    page.locator("#browser-systems input[value=baseline]").uncheck()
    assert page.locator("#browser-list [data-system=baseline]").count() == 0
    assert page.locator("#browser-list [data-system=fused]").count() == 5


def test_differences_from_what_is_compared_with_are_marked(page: Any) -> None:
    page.locator("#browser-against").select_option("")  # the reference
    output = "#browser-list li[data-line='3'] [data-system={}] dd"
    marked = {name: page.locator(f"{output.format(name)} mark").all_inner_texts() for name in SYSTEMS}
    assert set("".join(marked["fused"])) == {"某"} and len(marked["baseline"]) > len(marked["fused"])
    whole = page.locator(output.format("fused")).text_content()
    page.locator("#browser-against").select_option("baseline")
    against = page.locator(f"{output.format('fused')} mark").all_inner_texts()
    assert len("".join(against)) > len("".join(marked["fused"]))
    assert page.locator(output.format("fused")).text_content() == whole


def test_the_keyboard_is_enough(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    order = focus_order(page)
    controls = [
        f"#browser-{name}" for name in ("cell", "domain", "flag", "sort", "system", "against", "descending", "search")
    ]
    reached = [name for name in order if name in controls]
    assert reached == controls
    assert order.index("#main") < order.index("#browser-cell") < order.index("#browser-next")
    page.locator("#browser-list li").first.focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.dataset.line") == "2"
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    assert page.locator("#browser-page").inner_text() == f"page 2 of {SENTENCES // 20}"
    assert page.evaluate("document.activeElement.dataset.line") == "22"
    page.keyboard.press("p")
    assert lines(page)[0] == 1
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "browser-search"
    page.keyboard.type("jkn")
    assert page.locator("#browser-search").input_value() == "jkn"


def test_links_lead_to_the_sentences_that_they_name(page: Any) -> None:
    page.locator("#browser-search").fill("no sentence has this")
    link = page.locator("a.to-line[data-line='1600']").first
    link.click()
    assert 1600 in lines(page) and page.evaluate("document.activeElement.dataset.line") == "1600"
    page.locator("a.to-flag[data-flag=empty]").first.click()
    assert lines(page) == [400, 800, 1200, 1600, 2000]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_headings_and_contrast_are_good(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    fold = "(open) => document.querySelectorAll('details').forEach((each) => { each.open = open; })"
    page.evaluate(fold, True)
    found = problems(page)
    page.evaluate(fold, False)
    assert found == []


def test_a_narrow_screen_needs_no_sideways_scrolling(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_prints_with_the_sample_in_place_of_the_browser(page: Any) -> None:
    page.emulate_media(media="print")
    assert not page.locator("#browser").is_visible() and page.locator("#sample-list article").first.is_visible()
    document: bytes = page.pdf(format="A4", print_background=True)
    pages = document.count(b"/Type /Page") - document.count(b"/Type /Pages")
    assert document.startswith(b"%PDF") and 3 <= pages <= 40


def test_without_javascript_charts_tables_and_samples_are_there(path: Path, open_page: Open) -> None:
    page, _ = open_page(path.as_uri(), java_script_enabled=False)
    assert page.locator("#scores svg rect.bar").first.is_visible()
    assert page.locator("#sample-list article").count() == 8 and not page.locator("#browser").is_visible()
