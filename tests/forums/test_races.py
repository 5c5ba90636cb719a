"""Two people at once in one topic: each act comes before or after the other, never within."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask

from app.accounts.models import User
from app.core.errors import Refusal
from app.core.journal import JournalEntry
from app.core.text import render
from app.extensions import db
from app.forums import operations, queries
from app.forums.models import Post, PostRevision, Topic
from tests.support.cast import Cast, open_topic, reply
from tests.support.races import together

ROUNDS = 5


def answer(person_id: int, topic_id: int) -> int:
    person = db.session.get_one(User, person_id)
    topic, room = queries.topic_to_change(person, topic_id)
    text = render("Je réponds.")
    return operations.reply(topic, room, author=person, text=text, request_id=str(uuid.uuid4())).id


def test_an_answer_never_enters_a_topic_being_closed(app: Flask, cast: Cast) -> None:
    ana, bruno = cast.ana.id, cast.bruno.id

    def close(topic_id: int) -> None:
        person = db.session.get_one(User, ana)
        topic, room = queries.topic_to_change(person, topic_id)
        operations.close_topic(topic, room, actor=person)

    for number in range(ROUNDS):
        topic_id = open_topic(cast.ana, cast.usinage_loire, f"Sujet {number} à fermer").id
        answered, closed = together(app, lambda: answer(bruno, topic_id), lambda: close(topic_id))
        assert closed is None
        topic = db.session.get_one(Topic, topic_id)
        if isinstance(answered, int):
            assert db.session.get_one(Post, answered).created_at <= topic.closed_at
        else:
            assert isinstance(answered, Refusal)
            assert topic.posts_count == 1


def test_an_answer_during_a_move_is_told_where_the_topic_then_stands(app: Flask, cast: Cast) -> None:
    manon, bruno = cast.manon.id, cast.bruno.id
    source, target_id, old_scope = cast.usinage_loire, cast.secrete.id, cast.usinage_loire.scope_id

    def move(topic_id: int) -> None:
        person = db.session.get_one(User, manon)
        topic, room = queries.topic_to_change(person, topic_id)
        operations.move_topic(topic, room, queries.room_for(person, target_id), actor=person)

    for number in range(ROUNDS):
        topic_id = open_topic(cast.ana, source, f"Sujet {number} à déplacer").id
        answered, moved = together(app, lambda: answer(bruno, topic_id), lambda: move(topic_id))
        assert moved is None
        if not isinstance(answered, int):
            continue
        told = entry("post.added", answered)
        left = entry("topic.moved", topic_id)
        assert told.scope_id == old_scope, "whoever answers after the move has lost the room"
        assert told.seq < left.seq


def entry(kind: str, object_id: int) -> Any:
    return db.session.query(JournalEntry).filter_by(kind=kind, object_id=object_id).one()


def test_two_wordings_sent_at_once_keep_one_and_refuse_the_other(app: Flask, cast: Cast) -> None:
    bruno = cast.bruno.id
    topic = open_topic(cast.ana, cast.usinage_loire, "Deux onglets ouverts")

    def edit(post_id: int, words: str) -> int:
        person = db.session.get_one(User, bruno)
        post, found, room = queries.post_to_change(person, post_id)
        return operations.edit_post(post, found, room, author=person, text=render(words), base_version=1).id

    for _number in range(ROUNDS):
        post_id = reply(cast.bruno, topic, "Premier jet").id
        results = together(app, lambda: edit(post_id, "À gauche"), lambda: edit(post_id, "À droite"))
        refused = [result for result in results if isinstance(result, Refusal)]
        assert [refusal.status for refusal in refused] == [409]
        assert post_id in results
        assert db.session.query(PostRevision).filter_by(post_id=post_id).count() == 1
