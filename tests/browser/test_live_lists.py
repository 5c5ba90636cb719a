"""Open lists show words no longer than they are in sight."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Company
from app.core import indexing
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.forums import operations
from app.forums.models import Post
from tests.support.cast import Cast, open_topic, reply, sign_in

pytestmark = pytest.mark.once

SOON = 5_000
"""What a hidden word may still be read for, on a page whose line is open."""


def connected(page: Page, address: str) -> Page:
    """The page, once the server has answered that it hears of changes."""
    with page.expect_websocket() as line:
        page.goto(address)
    line.value.wait_for_event("framereceived", lambda frame: str(frame).startswith("43"))
    return page


@pytest.fixture
def reader(app: Flask, cast: Cast, open_browser: Any) -> Page:
    """Ana, of the community."""
    forget_access()
    page: Page = open_browser(client=sign_in(app.test_client(), cast.ana))
    return page


def test_a_hidden_answer_leaves_an_open_search(cast: Cast, reader: Page) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Perçage profond", "Un trou de vingt diamètres.")
    price = reply(cast.bruno, topic, "Nos clients paient le perçage 1,10 € du trou.")
    reply(cast.rita, topic, "Le perçage se fait au canon.")
    connected(reader, "/recherche?q=perçage")
    expect(reader.get_by_text("1,10 € du trou")).to_be_visible()

    with transaction():
        operations.hide_post(price.id)

    expect(reader.get_by_text("1,10 € du trou")).to_have_count(0, timeout=SOON)
    expect(reader.get_by_text("se fait au canon")).to_be_visible()


def test_the_first_words_of_a_topic_leave_an_open_search_and_its_title_once_decided(
    cast: Cast, reader: Page
) -> None:
    topic = open_topic(cast.bruno, cast.usinage_loire, "Perçage profond", "À 1,10 € du trou.")
    connected(reader, "/recherche?q=perçage")
    expect(reader.get_by_text("À 1,10 € du trou.")).to_be_visible()
    first = topic_post(topic.id)

    with transaction():
        operations.hide_post(first, provisionally=True)
    expect(reader.get_by_text("À 1,10 € du trou.")).to_have_count(0, timeout=SOON)
    expect(reader.get_by_role("link", name="Perçage profond")).to_be_visible()

    with transaction():
        operations.hide_post(first)
    expect(reader.get_by_role("link", name="Perçage profond")).to_have_count(0, timeout=SOON)
    expect(reader.get_by_text("Aucun résultat pour")).to_be_visible()


def test_what_a_firm_says_of_itself_leaves_an_open_search(cast: Cast, reader: Page) -> None:
    with transaction():
        firm = db.session.get_one(Company, cast.plasturgie.id)
        firm.summary = "Les concurrents du coin sont des voleurs."
        indexing.changed("company", firm.id)
    connected(reader, "/recherche?q=plasturgie&type=entreprises")
    expect(reader.get_by_text("sont des voleurs")).to_be_visible()

    with transaction():
        communities.withhold_company_words(cast.plasturgie.id, at=clock.now())

    expect(reader.get_by_text("sont des voleurs")).to_have_count(0, timeout=SOON)
    expect(reader.get_by_role("link", name="Plasturgie du Perche")).to_be_visible()


@pytest.mark.parametrize("address", ["/demander", "/"])
def test_a_hidden_topic_leaves_the_lists_of_every_place_and_home(
    cast: Cast, reader: Page, address: str
) -> None:
    topic = open_topic(cast.bruno, cast.usinage_loire, "Alignons nos prix")
    open_topic(cast.bruno, cast.usinage_loire, "Usure des pinces")
    connected(reader, address)
    expect(reader.get_by_role("link", name="Alignons nos prix").first).to_be_visible()

    with transaction():
        operations.hide_post(topic_post(topic.id))

    expect(reader.get_by_role("link", name="Alignons nos prix")).to_have_count(0, timeout=SOON)
    expect(reader.get_by_role("link", name="Usure des pinces").first).to_be_visible()


def topic_post(topic_id: int) -> int:
    """The first message of a topic."""
    return db.session.execute(select(Post.id).where(Post.topic_id == topic_id, Post.number == 1)).scalar_one()
