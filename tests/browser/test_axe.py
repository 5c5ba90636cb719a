"""No page breaks a rule of WCAG 2.2 AA that a program can see, nor scrolls sideways at 320 pixels.

The pages come from `walk.py`. A browser with every asset of the product shows each answer at the address it was given.
"""

from __future__ import annotations

import contextvars
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, template_rendered
from playwright.sync_api import Page, Route

from tests.browser.walk import WALKS, Scene
from tests.support.browsers import cookies_of
from tests.support.cast import Cast
from tests.support.mail import Mailbox
from tests.support.servers import Server

pytestmark = pytest.mark.once

AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""All that the dark scheme changes, and all that the language does not."""
NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 800}
EXTENDS = re.compile(r"""\{%-?\s*extends\s+([^%]+)%\}""")
NAMED = re.compile(r'"([^"]+)"')
REDIRECTS = (301, 302, 303, 307, 308)


def faults(page: Page, *, colours: bool) -> list[str]:
    """What axe holds against the page, in the dark too, and whether it scrolls sideways on a narrow screen."""
    page.evaluate(AXE)
    rules = {name: {"enabled": colours} for name in COLOURS}
    found = violations(page, {"runOnly": TAGS, "rules": rules})
    if colours:
        page.emulate_media(color_scheme="dark")
        dark = violations(page, {"runOnly": {"type": "rule", "values": COLOURS}})
        found += [f"in the dark, {fault}" for fault in dark]
        page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    left = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.set_viewport_size(WIDE)
    return [*found, f"scrolls sideways by {left} px"] if left > 0 else found


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe finds with these options."""
    found: list[str] = page.evaluate(
        "options => axe.run(document, {...options, resultTypes: ['violations']}).then(result =>"
        " result.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 140)).join(' | ')))",
        options,
    )
    return found


class Screen:
    """A browser that shows what the application under test answered.

    A page that can be had again it asks the live server for; what was said once, to a form or to somebody on the way
    out, is put before it as the answer to its own question.
    """

    def __init__(self, open_browser: Any, url: str) -> None:
        self.open_browser, self.url = open_browser, url
        self.pages: dict[int, Page] = {}
        self.answer: Any = None

    def show(self, client: Any, answer: Any) -> Page:
        page = self.pages.get(id(client))
        if page is None:
            page = self.open_browser(client=client, reduced_motion="reduce")
            page.expected += ["the server responded with a status of 4", "WebSocket"]
            self.pages[id(client)] = page
        page.context.add_cookies(cookies_of(client, self.url))
        address = answer.request.full_path.rstrip("?")
        if answer.request.method == "GET" and answer.status_code == 200:
            shown = page.goto(address)
            if shown is not None and shown.status == 200 and shown.request.redirected_from is None:
                return page
        self.answer = answer
        page.route(f"{self.url}{address}", self._fulfill)
        page.goto(address)
        page.unroute(f"{self.url}{address}")
        return page

    def _fulfill(self, route: Route) -> None:
        kept = ("Content-Type", "Content-Security-Policy", "Content-Language")
        headers = {name: value for name, value in self.answer.headers.items() if name in kept}
        route.fulfill(status=self.answer.status_code, headers=headers, body=self.answer.get_data())


def whole_pages(scene: Scene, walk: str) -> Any:
    """The answers of a walk that a person would look at; one that leads elsewhere tells that the walk is wrong."""
    for client, answer in WALKS[walk](scene):
        path = f"{answer.request.method} {answer.request.full_path} {answer.status_code}"
        assert answer.status_code not in REDIRECTS, f"{path} leads to {answer.location}"
        assert answer.mimetype == "text/html", f"{path} is no page"
        yield path, client, answer


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("walk", WALKS)
def test_pages_hold_no_fault(
    app: Flask,
    cast: Cast,
    mailbox: Mailbox,
    open_browser: Any,
    live_server: Server,
    walk: str,
    locale: str,
) -> None:
    screen, found = Screen(open_browser, live_server.url), {}
    for path, client, answer in whole_pages(Scene(app, cast, mailbox, locale), walk):
        page = screen.show(client, answer)
        assert page.get_attribute("html", "lang") == locale, path
        if wrong := faults(page, colours=locale == "fr"):
            found[path] = wrong
    assert found == {}


def test_every_page_template_is_walked(app: Flask, cast: Cast, mailbox: Mailbox) -> None:
    shown: set[str] = set()

    def note(_sender: Any, template: Any, **_context: Any) -> None:
        shown.add(template.name)

    with template_rendered.connected_to(note, app):
        for walk in WALKS:
            database = app.extensions["test_database"]
            database.reset("cast")
            app.extensions.pop("installation", None)
            contextvars.copy_context().run(
                lambda walk=walk: list(whole_pages(Scene(app, cast, mailbox), walk))
            )
    pages = page_templates(app)
    assert len(pages) > 90, "the templates are no longer recognised"
    assert pages - shown == set(), "no walk shows them"


def page_templates(app: Flask) -> set[str]:
    """Templates of whole pages: those that extend a layout, and are none themselves."""
    parents: dict[str, set[str]] = {}
    for name in app.jinja_env.list_templates(extensions=["html"]):
        source, _path, _fresh = app.jinja_env.loader.get_source(app.jinja_env, name)  # type: ignore[union-attr] - this application has a loader
        if found := EXTENDS.search(source):
            parents[name] = set(NAMED.findall(found[1]))
    layouts = set().union(*parents.values())
    return {name for name in parents if name not in layouts and "/mail/" not in name}
