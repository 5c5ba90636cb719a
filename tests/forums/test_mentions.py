"""People named in messages: under their present name, whatever was typed and whatever they are called later."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import operations as accounts
from app.accounts.models import User
from app.core import jobs
from app.core.database import transaction
from app.core.journal import JournalEntry
from app.core.text import mention_token
from app.extensions import db
from app.forums import operations
from app.forums.jobs import name_anew
from app.forums.models import Post, PostRevision, Topic
from tests.support.cast import Cast, open_topic, sign_in


@pytest.fixture
def topic(cast: Cast) -> Topic:
    return open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")


@pytest.fixture
def bruno(app: Flask, cast: Cast) -> Any:
    return sign_in(app.test_client(), cast.bruno)


def answer(browser: Any, topic: Topic, body: str) -> Post:
    """Answer in a topic, and the message as it is stored."""
    sent = browser.post(f"/sujets/{topic.id}/messages", data={"body": body, "request_id": str(uuid.uuid4())})
    assert sent.status_code == 302
    return db.session.execute(select(Post).order_by(Post.id.desc()).limit(1)).scalar_one()


def rename(user: User, given_name: str, family_name: str) -> None:
    with transaction():
        person = db.session.get_one(User, user.id)
        accounts.change_profile(person, accounts.Profile(given_name, family_name))
    db.session.rollback()


def test_a_mention_bears_the_real_name_whatever_was_typed(bruno: Any, cast: Cast, topic: Topic) -> None:
    post = answer(bruno, topic, f"Merci @{{{cast.rita.id}|Le Patron}}.")
    assert post.source == f"Merci {mention_token(cast.rita.id, cast.rita.name)}."
    assert f'href="/personnes/{cast.rita.id}">@Rita Moreau</a>' in post.html


def test_a_number_typed_at_random_tells_no_name(bruno: Any, cast: Cast, topic: Topic) -> None:
    post = answer(bruno, topic, f"Merci @{{{cast.yann.id}|Quelqu’un}} et @{{987654|Personne}}.")
    assert post.source == "Merci @Quelqu’un et @Personne."
    assert cast.yann.family_name not in post.html
    assert post.mentioned_ids == []


def test_a_first_message_and_an_edit_name_people_by_their_names(bruno: Any, cast: Cast) -> None:
    sent = bruno.post(
        "/sujets",
        data={
            "room_id": cast.usinage_loire.id,
            "kind": "question",
            "title": "Bavures en sortie de perçage",
            "body": f"@{{{cast.rita.id}|X}} le sait.",
            "request_id": str(uuid.uuid4()),
        },
    )
    assert sent.status_code == 302
    post = db.session.execute(select(Post)).scalar_one()
    assert "@Rita Moreau" in post.html

    form = {"body": f"@{{{cast.ana.id}|Y}} le sait.", "base_version": 1}
    assert bruno.post(f"/messages/{post.id}/modifier", data=form).status_code == 302
    assert f"@{cast.ana.name}" in db.session.get_one(Post, post.id).html


def test_a_new_name_reaches_messages_open_pages_and_search(
    app: Flask, bruno: Any, cast: Cast, topic: Topic
) -> None:
    post = answer(bruno, topic, f"Merci {mention_token(cast.rita.id, cast.rita.name)}.")
    other = answer(bruno, topic, f"Merci {mention_token(cast.ana.id, cast.ana.name)}.")
    version, other_version = post.version, other.version
    jobs.drain()

    rename(cast.rita, "Rita", "Delaunay")
    jobs.drain()

    db.session.expire_all()
    assert "@Rita Delaunay</a>" in post.html
    assert post.version == version + 1
    assert (post.edited_at, post.version_of_text) == (None, 1)
    assert other.version == other_version
    edits = select(JournalEntry).where(JournalEntry.kind == "post.edited")
    (entry,) = db.session.execute(edits).scalars()
    assert (entry.scope_id, entry.object_id, entry.object_version) == (topic.scope_id, post.id, post.version)
    found = bruno.get("/recherche?q=Delaunay&type=messages").text
    assert f"#message-{post.number}" in found
    assert f"@{{{cast.rita.id}" not in bruno.get(f"/sujets/{topic.id}-x").text


def test_somebody_who_leaves_is_named_as_the_product_does(bruno: Any, cast: Cast, topic: Topic) -> None:
    post = answer(bruno, topic, f"Merci {mention_token(cast.rita.id, cast.rita.name)}.")
    form = {"body": post.source + " Encore.", "base_version": 1}
    bruno.post(f"/messages/{post.id}/modifier", data=form)
    assert "Rita Moreau" in bruno.get(f"/messages/{post.id}/historique").text

    with transaction():
        accounts.close_account(db.session.get_one(User, cast.rita.id))
    jobs.drain()

    db.session.expire_all()
    assert post.html == "<p>Merci @Membre parti. Encore.</p>"
    (revision,) = db.session.execute(select(PostRevision)).scalars()
    assert revision.source == "Merci @Membre parti."
    history = bruno.get(f"/messages/{post.id}/historique").text
    assert "Merci @Membre parti." in history
    assert "Rita" not in history


def test_the_night_finds_what_a_lost_job_left(bruno: Any, cast: Cast, topic: Topic) -> None:
    post = answer(bruno, topic, f"Merci {mention_token(cast.rita.id, cast.rita.name)}.")
    with transaction():
        db.session.get_one(User, cast.rita.id).family_name = "Delaunay"
    assert name_anew() == 1
    assert "@Rita Delaunay" in db.session.get_one(Post, post.id).html
    db.session.rollback()
    assert name_anew() == 0


def test_a_hidden_message_is_named_anew_and_stays_hidden(bruno: Any, cast: Cast, topic: Topic) -> None:
    post = answer(bruno, topic, f"Merci {mention_token(cast.rita.id, cast.rita.name)}.")
    with transaction():
        operations.hide_post(post.id)
    rename(cast.rita, "Rita", "Delaunay")
    jobs.drain()
    assert "@Rita Delaunay" in db.session.get_one(Post, post.id).html
    assert "#message-2" not in bruno.get("/recherche?q=Delaunay&type=messages").text


def test_a_long_answer_survives_a_longer_name(bruno: Any, cast: Cast, topic: Topic) -> None:
    token = mention_token(cast.rita.id, cast.rita.name)
    post = answer(bruno, topic, token + "x" * (19_990 - len(token)))
    rename(cast.rita, "Marie-Antoinette-Guillemette", "de La Rochefoucauld")
    jobs.drain()
    db.session.expire_all()
    assert "Guillemette" in post.html
