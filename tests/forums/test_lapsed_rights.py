"""A role that ends by its own date changes no row: nothing kept from before it is shown after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Node
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.forums import operations
from app.forums.models import Post
from tests.support.cast import Cast, open_topic, reply, sign_in

MINUTES = 10


def hold(person: Any, node: Node, *, by: Any) -> None:
    """Let somebody run a community for a few minutes."""
    ends_at = clock.now() + timedelta(minutes=MINUTES)
    with transaction():
        communities.grant_role(person, "community_manager", node, by=by, ends_at=ends_at)
    forget_access()


def test_who_moderates_no_more_reads_hidden_words_no_more(app: Flask, cast: Cast) -> None:
    hold(cast.ana, cast.loire, by=cast.amir)
    topic = open_topic(cast.bruno, cast.usinage_loire, "Usure des pinces de tour")
    post = reply(cast.bruno, topic, "Des mots de trop")
    gone = open_topic(cast.bruno, cast.usinage_loire, "Un sujet de trop")
    first = db.session.scalars(select(Post.id).where(Post.topic_id == gone.id)).one()
    with transaction():
        operations.hide_post(post.id)
        operations.hide_post(first)
    addresses = {
        f"/sujets/{topic.id}-x": "Des mots de trop",
        f"/salles/{cast.usinage_loire.id}-x": "Un sujet de trop",
        "/": 'href="/moderation"',
    }
    ana = sign_in(app.test_client(), cast.ana)
    for address, words in addresses.items():
        assert words in ana.get(address).get_data(as_text=True)

    with clock.frozen(clock.now() + timedelta(minutes=2 * MINUTES)):
        for address, words in addresses.items():
            answer = ana.get(address)
            assert answer.status_code == 200
            assert words not in answer.get_data(as_text=True)


def test_a_place_left_by_date_leaves_the_frame_and_home(app: Flask, cast: Cast) -> None:
    hold(cast.yann, cast.loire, by=cast.nadia)
    open_topic(cast.bruno, cast.usinage_loire, "Usure des pinces de tour")
    room = f'data-room="{cast.usinage_loire.id}"'
    yann = sign_in(app.test_client(), cast.yann)
    for _twice in range(2):
        shown = yann.get("/").get_data(as_text=True)
        assert room in shown
        assert "Usure des pinces" in shown

    with clock.frozen(clock.now() + timedelta(minutes=2 * MINUTES)):
        shown = yann.get("/").get_data(as_text=True)
        assert room not in shown
        assert "Usure des pinces" not in shown
