"""What a screen reader and a keyboard find on a page: small checks in place of axe-core, which is no Python package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CHECKS = Path(__file__).with_name("accessible.js").read_text(encoding="utf-8").partition("\n")[2]


def _ask(page: Any, question: str) -> Any:
    return page.evaluate(f"() => {CHECKS.strip()}.{question}()")


def problems(page: Any) -> list[str]:
    """What is wrong with names, headings, references and contrast; empty on a page that can be used by all."""
    return [*_ask(page, "problems"), *_ask(page, "contrast")]


def focus_order(page: Any, most: int = 200) -> list[str]:
    """What Tab reaches, one after the other, from the page's start: id, link or name of each."""
    page.evaluate("() => { window.seen = new Set(); document.body.tabIndex = -1; document.body.focus(); }")
    found: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = _ask(page, "focused")
        if not here:
            break
        found.append(here)
    page.evaluate("() => document.body.removeAttribute('tabindex')")
    return found
