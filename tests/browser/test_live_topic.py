"""Two people, two browsers, one topic."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.support.cast import Cast, open_topic, reply, sign_in

pytestmark = pytest.mark.once


def test_what_one_writes_the_other_sees(app: Flask, cast: Cast, open_browser: Any) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    ana = open_browser(client=sign_in(app.test_client(), cast.ana))
    bruno = open_browser(client=sign_in(app.test_client(), cast.bruno))
    for page in (ana, bruno):
        page.goto(f"/sujets/{topic.id}-x")
        expect(page.locator("[data-react][aria-pressed]").first).to_be_attached()

    bruno.get_by_label("Votre réponse à Ana").fill("Des pinces **trempées**, chez nous.")
    bruno.get_by_role("button", name="Publier dans Val de Loire mécanique").click()

    expect(bruno.locator("#message-2 strong")).to_have_text("trempées")
    expect(ana.locator("#message-2 strong")).to_have_text("trempées")
    expect(ana.locator("article.post")).to_have_count(2)
    expect(bruno.locator("article.post")).to_have_count(2)
    expect(bruno.get_by_label("Votre réponse à Ana")).to_have_value("")


def test_who_was_offline_finds_everything_in_order_and_once(
    app: Flask, cast: Cast, open_browser: Any
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    page = open_browser(client=sign_in(app.test_client(), cast.ana))
    page.goto(f"/sujets/{topic.id}-x")
    page.context.set_offline(True)
    for n in range(3):
        reply(cast.bruno, topic, f"Pendant l’absence {n}")
    expect(page.locator("article.post")).to_have_count(1)

    page.expected.append("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(False)

    expect(page.locator("article.post")).to_have_count(4, timeout=15_000)
    numbers = page.locator("article.post").evaluate_all("all => all.map((a) => a.dataset.number)")
    assert numbers == ["1", "2", "3", "4"]


def test_with_sockets_blocked_the_page_asks_by_itself(app: Flask, cast: Cast, open_browser: Any) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    page = open_browser(client=sign_in(app.test_client(), cast.ana))
    page.expected.append("WebSocket")
    page.route_web_socket("**/socket.io/**", lambda ws: ws.close())
    page.goto(f"/sujets/{topic.id}-x")
    reply(cast.bruno, topic, "Par un autre chemin")

    expect(page.locator("#message-2")).to_contain_text("Par un autre chemin", timeout=25_000)


def test_without_script_one_reads_and_answers(app: Flask, cast: Cast, open_browser: Any) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    page = open_browser(client=sign_in(app.test_client(), cast.bruno), java_script_enabled=False)
    page.goto(f"/sujets/{topic.id}-x")

    page.get_by_label("Votre réponse à Ana").fill("Sans script non plus.")
    page.get_by_role("button", name="Publier dans Val de Loire mécanique").click()

    expect(page.locator("#message-2")).to_contain_text("Sans script non plus.")
