"""A real Chromium (Debian's), which Playwright drives. Everything a page asks for or complains about is kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser. Skips where it is not installed, except in CI (VEGA_BROWSER_TESTS=1): nobody would see it."""
    if not os.environ.get("VEGA_BROWSER_TESTS"):
        pytest.importorskip("playwright", reason="needs playwright, of the extra dev")
        if shutil.which(CHROMIUM) is None:
            pytest.skip("needs Debian's chromium: apt-get install --no-install-recommends chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # As root there is no sandbox; all that is opened are pages of ours.
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


class Watcher:
    """What a page has said on its console, thrown, and asked for beyond its own address."""

    def __init__(self, page: Any) -> None:
        self.said: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))


Open = Callable[..., tuple[Any, Watcher]]


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Open]:
    """Opens an address in a window of its own: the page, and what it says. Options: Playwright's for contexts."""
    contexts = []

    def opened(address: str, **options: Any) -> tuple[Any, Watcher]:
        context = chromium.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        watcher = Watcher(page)
        page.goto(address)
        return page, watcher

    yield opened
    for context in contexts:
        context.close()
