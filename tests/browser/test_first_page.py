"""The first page somebody ever opens: light, all from here, and reading begins near its top."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Response

from tests.support.browsers import DESKTOP, PHONE, OpenBrowser
from tests.support.cast import Cast, open_topic, sign_in

pytestmark = pytest.mark.once

CAPS = {"document": 12_000, "stylesheet": 15_000, "script": 40_000, "font": 35_000}
WHOLE = 100_000


def opened(page: Page, address: str) -> dict[str, int]:
    """Bytes that came over the wire to show a page for the first time, by kind, pictures apart."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address, wait_until="networkidle")
    weights: dict[str, int] = {}
    for answer in answers:
        kind = answer.request.resource_type
        if kind != "image":
            weights[kind] = weights.get(kind, 0) + answer.request.sizes()["responseBodySize"]
    return weights


@pytest.mark.parametrize("address", ["/", "/connexion"])
def test_a_first_page_is_light(open_browser: OpenBrowser, address: str) -> None:
    # A request to another host fails any browser test (see `tests.support.browsers`).
    weights = opened(open_browser(), address)

    assert set(CAPS) <= set(weights)
    assert {kind: weights[kind] for kind, cap in CAPS.items() if weights[kind] > cap} == {}
    assert sum(weights.values()) <= WHOLE


@pytest.mark.parametrize(("viewport", "limit"), [(DESKTOP, 250), (PHONE, 300)], ids=["desktop", "phone"])
def test_the_first_words_of_a_topic_stand_near_the_top(
    app: Flask, cast: Cast, open_browser: OpenBrowser, viewport: dict[str, int], limit: int
) -> None:
    title = "Tôle de 3 mm qui cintre après découpe laser : 2,4 mm de flèche sur 600"
    topic = open_topic(cast.ana, cast.usinage_loire, title, "Supports de moule en S235, 600 × 180.")
    client: Any = sign_in(app.test_client(), cast.ana)
    page = open_browser(client=client, viewport=viewport)

    page.goto(f"/sujets/{topic.id}")

    words = page.locator("#message-1 .prose p").first.bounding_box()
    assert words is not None
    assert words["y"] <= limit


def test_nothing_moves_while_a_topic_opens(app: Flask, cast: Cast, open_browser: OpenBrowser) -> None:
    topic = open_topic(cast.bruno, cast.usinage_loire, "Usure des pinces de tour")
    page = open_browser(client=sign_in(app.test_client(), cast.ana), viewport=PHONE)
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => {"
        "for (const shift of list.getEntries()) window.moved += shift.value"
        "}).observe({ type: 'layout-shift', buffered: true })"
    )

    page.goto(f"/sujets/{topic.id}", wait_until="networkidle")
    page.locator("[data-react][aria-pressed]").first.wait_for(state="attached")

    assert page.evaluate("window.moved") < 0.02
