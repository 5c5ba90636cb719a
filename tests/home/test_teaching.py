"""A solved topic becomes a sheet that credits those who solved it."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.database import transaction
from app.extensions import db
from app.forums import operations as forums
from app.forums import queries as forum_queries
from app.forums.models import Post, Topic
from app.library.models import Practice
from tests.library.conftest import decide, words
from tests.support.cast import Cast, open_topic, reply, sign_in


@pytest.fixture
def solved(cast: Cast) -> Topic:
    """Ana asked, Bruno answered, the answer is held."""
    topic = open_topic(
        cast.ana, cast.usinage_loire, "Usure des pinces de tour", "Elles glissent. ![x](/blobs/abc)"
    )
    answer = reply(cast.bruno, topic, "1. Des pinces trempées.\n2. Les changer à deux.")
    with transaction():
        found, room = forum_queries.topic_to_change(cast.ana, topic.id)
        forums.accept_answer(found, room, post=db.session.get_one(Post, answer.id), actor=cast.ana)
    return topic


def test_a_solved_topic_offers_a_prefilled_sheet(app: Flask, cast: Cast, solved: Topic) -> None:
    rita = sign_in(app.test_client(), cast.rita)
    door = f"/apprendre/nouvelle?depuis=topic:{solved.id}"
    assert door in rita.get(f"/sujets/{solved.id}").text
    form = rita.get(door).text
    for said in (
        "Usure des pinces de tour",
        "Elles glissent.",
        "Des pinces trempées",
        "Ana Costa",
        "Bruno Leroy",
    ):
        assert said in form
    assert "/blobs/abc" not in form

    sent = words(node_id=cast.loire.id, origin=f"topic:{solved.id}", propose="1")
    assert rita.post("/apprendre/nouvelle", data=sent).status_code == 302
    practice = db.session.query(Practice).one()
    assert (practice.source_type, practice.source_id) == ("topic", solved.id)
    decide(practice.id, cast.manon)
    bruno = sign_in(app.test_client(), cast.bruno)
    sheet = bruno.get(f"/apprendre/{practice.id}").text
    assert "merci à Ana Costa, Bruno Leroy" in sheet
    assert f"/sujets/{solved.id}-" in sheet
    assert f"/apprendre/{practice.id}-" in bruno.get(f"/sujets/{solved.id}").text


def test_nobody_draws_from_what_they_do_not_read(app: Flask, cast: Cast, solved: Topic) -> None:
    yann = sign_in(app.test_client(), cast.yann)
    form = yann.get(f"/apprendre/nouvelle?depuis=topic:{solved.id}").text
    assert "Elles glissent" not in form
    sent = words(node_id=cast.vitre.id, origin=f"topic:{solved.id}")
    assert yann.post("/apprendre/nouvelle", data=sent).status_code == 302
    assert db.session.query(Practice).one().source_id is None


def test_an_open_topic_and_a_restricted_room_offer_nothing(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Pas encore résolu")
    secret = open_topic(cast.manon, cast.secrete, "Entre nous")
    answer = reply(cast.manon, secret, "Une réponse entre nous.")
    with transaction():
        found, room = forum_queries.topic_to_change(cast.manon, secret.id)
        forums.accept_answer(found, room, post=db.session.get_one(Post, answer.id), actor=cast.manon)
    manon = sign_in(app.test_client(), cast.manon)
    for one in (topic, secret):
        assert "depuis=topic" not in manon.get(f"/sujets/{one.id}").text
        assert "entre nous" not in manon.get(f"/apprendre/nouvelle?depuis=topic:{one.id}").text
