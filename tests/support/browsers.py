"""Real browsers: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.support.servers import Server

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 800}
PATIENCE_MS = 10_000

OpenBrowser = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for the tests of this process; each test opens its own contexts in it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise RuntimeError("Chromium is missing: `apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS, headless=True)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(chromium: Browser, live_server: Server) -> Iterator[OpenBrowser]:
    """Open one more person's browser: `open_browser()`, `open_browser(viewport=PHONE, java_script_enabled=False)`.

    Whatever the page breaks fails the test at its end: a refused script or style, an uncaught error, a request to
    another host. A page where that is expected says so: `page.expected.append("part of the message")`.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []
    expected: list[str] = []

    def open_one(*, server: Server = live_server, client: Any = None, **options: Any) -> Page:
        settings: dict[str, Any] = {
            "viewport": DESKTOP,
            "locale": "fr-FR",
            "reduced_motion": "reduce",
            **options,
        }
        context = chromium.new_context(base_url=server.url, **settings)
        context.set_default_timeout(PATIENCE_MS)
        if client is not None:
            context.add_cookies(cookies_of(client, server.url))
        contexts.append(context)
        page = context.new_page()
        page.expected = expected
        page.on("console", lambda message: _note_console(message, faults))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("request", lambda request: _note_request(request.url, server.url, faults))
        return page

    yield open_one
    for context in contexts:
        context.close()
    left = [fault for fault in faults if not any(part in fault for part in expected)]
    assert not left, "\n".join(left)


@pytest.fixture
def page(open_browser: OpenBrowser) -> Page:
    """A visitor's browser on the live server."""
    return open_browser()


def cookies_of(client: Any, url: str) -> list[dict[str, str]]:
    """The cookies of a test client, for a browser that goes on as the same person."""
    return [{"name": cookie.key, "value": cookie.value, "url": url} for cookie in client._cookies.values()]


def _note_console(message: ConsoleMessage, faults: list[str]) -> None:
    if message.type == "error" or "Content Security Policy" in message.text:
        faults.append(f"console: {message.text}")


def _note_request(address: str, home: str, faults: list[str]) -> None:
    own = (home, home.replace("http://", "ws://"), "data:", "blob:", "about:")
    if not address.startswith(own):
        faults.append(f"request to another host: {address}")
