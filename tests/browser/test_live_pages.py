"""Open pages stay true: what others do is seen in order, the reader is not disturbed, lost rights end the page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from app.accounts.models import UserSession
from app.communities.access import forget_access
from app.core.database import release, transaction
from app.core.journal import JournalEntry
from app.extensions import db
from app.forums import operations, queries
from app.forums.models import Topic, TopicReading
from tests.support.cast import Cast, open_topic, reply, sign_in

pytestmark = pytest.mark.once

SOON = 15_000
LONG = "\n\n".join(
    f"Paragraphe {n} du relevé, avec ce qu’il faut de texte pour une ligne." for n in range(30)
)


def change(actor: Any, topic: Topic, act: Any, **values: Any) -> None:
    """One act on a topic, outside any page."""
    forget_access()
    with transaction():
        found, room = queries.topic_to_change(actor, topic.id)
        act(found, room, actor=actor, **values)
    forget_access()


def reading(page: Page, topic: Topic) -> Page:
    page.goto(f"/sujets/{topic.id}-x")
    expect(page.locator("[data-react][aria-pressed]").first).to_be_attached()
    return page


@pytest.fixture
def topic(cast: Cast) -> Topic:
    return open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour", LONG)


@pytest.fixture
def ana(app: Flask, cast: Cast, topic: Topic, open_browser: Any) -> Page:
    return reading(open_browser(client=sign_in(app.test_client(), cast.ana)), topic)


def test_an_answer_below_the_screen_is_announced_and_moves_nothing(
    ana: Page, cast: Cast, topic: Topic
) -> None:
    before = ana.evaluate("scrollY")
    reply(cast.bruno, topic, "En bas de la page.")

    jump = ana.get_by_role("button", name="1 nouveau message")
    expect(jump).to_be_visible(timeout=SOON)
    assert ana.evaluate("scrollY") == before
    expect(ana.locator("[data-live-announcer]")).to_contain_text("Nouveau message : Bruno")

    jump.click()

    expect(ana.locator("#message-2")).to_be_in_viewport()
    expect(ana.locator("[data-new-line] + #message-2")).to_have_count(1)
    expect(jump).to_be_hidden()


def test_what_was_looked_at_is_remembered_as_read_and_not_before(ana: Page, cast: Cast, topic: Topic) -> None:
    reply(cast.bruno, topic, "En bas de la page.")
    expect(ana.locator("#message-2")).to_be_attached(timeout=SOON)
    ana.wait_for_timeout(1500)
    assert last_read(cast.ana, topic) < 2

    with ana.expect_response("**/lecture") as answered:
        ana.locator("#message-2").scroll_into_view_if_needed()
        ana.mouse.wheel(0, 4000)

    assert answered.value.ok
    assert last_read(cast.ana, topic) == 2


def test_an_answer_held_up_and_a_closing_missed_together_are_both_seen(
    ana: Page, cast: Cast, topic: Topic
) -> None:
    post = reply(cast.bruno, topic, "Des pinces trempées.")
    expect(ana.locator("#message-2")).to_be_attached(timeout=SOON)
    ana.expected.append("ERR_INTERNET_DISCONNECTED")
    ana.context.set_offline(True)
    change(cast.ana, topic, operations.accept_answer, post=post)
    change(cast.ana, topic, operations.close_topic)
    ana.get_by_label("Votre réponse").fill("J’écrivais encore")

    ana.context.set_offline(False)

    expect(ana.locator("#message-2.post-held")).to_be_attached(timeout=SOON)
    expect(ana.locator("[data-closed]")).to_be_attached(timeout=SOON)
    expect(ana.get_by_label("Votre réponse")).to_have_value("J’écrivais encore")
    expect(ana.locator("[data-submit]")).to_be_disabled()


def test_a_fragment_lost_on_the_way_is_not_a_message_lost(ana: Page, cast: Cast, topic: Topic) -> None:
    post = reply(cast.bruno, topic, "Des pinces trempées.")
    expect(ana.locator("#message-2")).to_be_attached(timeout=SOON)
    ana.expected.append("ERR_FAILED")
    ana.route("**/fragment", lambda route: route.abort())

    change(cast.ana, topic, operations.accept_answer, post=post)

    expect(ana.locator("#message-2.post-held")).to_be_attached(timeout=SOON)


def test_too_much_missed_takes_a_fresh_copy_and_keeps_what_is_typed(
    ana: Page, cast: Cast, topic: Topic
) -> None:
    ana.expected.append("ERR_INTERNET_DISCONNECTED")
    ana.get_by_label("Votre réponse").fill("J’écrivais encore")
    ana.evaluate("document.getElementById('message-1').dataset.mark = 'same'")
    ana.context.set_offline(True)
    for n in range(3):
        reply(cast.bruno, topic, f"Pendant l’absence {n}")
    with transaction():
        db.session.execute(delete(JournalEntry))

    ana.context.set_offline(False)

    expect(ana.locator("article.post")).to_have_count(4, timeout=SOON)
    expect(ana.get_by_label("Votre réponse")).to_have_value("J’écrivais encore")
    expect(ana.locator("#message-1[data-mark=same]")).to_have_count(1)
    # And the page is live again.
    reply(cast.bruno, topic, "Après le retour")
    expect(ana.locator("article.post")).to_have_count(5, timeout=SOON)


def test_a_session_that_ended_elsewhere_ends_the_page(ana: Page, cast: Cast, topic: Topic) -> None:
    with transaction():
        db.session.execute(delete(UserSession).where(UserSession.user_id == cast.ana.id))

    expect(ana.get_by_text("Votre session est terminée")).to_be_visible(timeout=SOON)
    expect(ana.locator("article.post")).to_have_count(0)
    back = ana.get_by_role("link", name="Se reconnecter")
    expect(back).to_have_attribute("href", re.compile(rf"/connexion\?next=%2Fsujets%2F{topic.id}"))


def test_a_new_topic_rises_in_its_room_with_the_rail_counting(
    app: Flask, cast: Cast, topic: Topic, open_browser: Any
) -> None:
    page = open_browser(client=sign_in(app.test_client(), cast.bruno))
    page.goto(f"/salles/{cast.usinage_loire.id}-x")
    expect(page.locator(".rows > .row")).to_have_count(1)
    unread = page.locator(f'.rail a[data-room="{cast.usinage_loire.id}"] [data-count]')
    expect(unread).to_have_text("1 non lu")

    newer = open_topic(cast.ana, cast.usinage_loire, "Bavures en sortie de perçage")

    expect(page.locator(".rows > .row").first).to_contain_text("Bavures", timeout=SOON)
    expect(page.locator(f"#topic-{newer.id}.is-unread")).to_have_count(1)
    expect(unread).to_have_text("2 non lus", timeout=SOON)

    reply(cast.rita, topic, "Je remonte.")

    expect(page.locator(".rows > .row").first).to_contain_text("Usure", timeout=SOON)
    expect(page.locator(f"#topic-{topic.id} [data-replies]")).to_have_text("1 réponse")


def test_who_is_typing_is_told_to_the_others(
    ana: Page, app: Flask, cast: Cast, topic: Topic, open_browser: Any
) -> None:
    bruno = reading(open_browser(client=sign_in(app.test_client(), cast.bruno)), topic)
    bruno.wait_for_timeout(1000)
    bruno.get_by_label("Votre réponse").press_sequentially("Je crois que", delay=30)

    expect(ana.locator("[data-typing]")).to_have_text("Bruno écrit…", timeout=SOON)
    expect(ana.locator("[data-typing]")).to_have_text("", timeout=SOON)


def last_read(person: Any, topic: Topic) -> int:
    release()
    return (
        db.session.execute(
            select(TopicReading.last_number).where(
                TopicReading.user_id == person.id, TopicReading.topic_id == topic.id
            )
        ).scalar()
        or 0
    )
