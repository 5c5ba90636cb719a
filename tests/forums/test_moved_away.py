"""What a topic's former readers are told once it stands in a room they do not read."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.core import journal
from app.core.database import transaction
from app.extensions import db
from app.forums import operations
from app.forums.models import Post
from tests.support.cast import Cast, open_topic, reply, sign_in


def missed(client: Any, scope_id: int, after: int) -> list[dict[str, Any]]:
    answer = client.get(f"/journal?scope={scope_id}&after={after}").json
    entries: list[dict[str, Any]] = answer["scopes"][str(scope_id)]["entries"]
    return entries


@pytest.fixture
def before(cast: Cast) -> int:
    """The number of the community's scope before anything is written."""
    number = journal.seqs([cast.loire.scope_id])[cast.loire.scope_id]
    db.session.rollback()
    return number


def test_who_missed_a_message_is_not_sent_it_once_its_topic_went_into_a_restricted_room(
    app: Flask, cast: Cast, before: int
) -> None:
    topic = open_topic(
        cast.manon, cast.usinage_loire, "Le projet Alizé avance", "Le prix est de douze euros."
    )
    answer = reply(cast.manon, topic, "Et la marge de trois.")
    scope_id = cast.loire.scope_id
    bruno, manon = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.manon)
    reacted = {"kind": "thanks", "wanted": "1"}
    assert bruno.post(f"/messages/{answer.id}/reactions", data=reacted).status_code == 302
    edited = {"body": "Et la marge de quatre.", "base_version": "1"}
    assert manon.post(f"/messages/{answer.id}/modifier", data=edited).status_code == 302
    assert manon.post(f"/sujets/{topic.id}/epingle", data={"pinned": "1"}).status_code == 302
    assert manon.post(f"/sujets/{topic.id}/deplacement", data={"room_id": cast.secrete.id}).status_code == 302

    told = missed(bruno, scope_id, before)

    assert [entry["kind"] for entry in told] == [
        "topic.added", "post.added", "post.reactions", "post.edited", "topic.pinned", "topic.moved",
    ]  # fmt: skip
    assert not any("html" in entry or entry.get("data") for entry in told)
    assert told[-1]["topic"] == topic.id, "an open page of it learns that it went"


def test_a_hidden_message_of_a_topic_that_left_tells_not_even_where_it_stands(
    app: Flask, cast: Cast, before: int
) -> None:
    topic = open_topic(cast.manon, cast.usinage_loire, "Le projet Alizé avance")
    answer = reply(cast.manon, topic, "Et la marge de trois.")
    with transaction():
        operations.hide_post(answer.id)
    manon = sign_in(app.test_client(), cast.manon)
    manon.post(f"/sujets/{topic.id}/deplacement", data={"room_id": cast.secrete.id})

    told = missed(sign_in(app.test_client(), cast.bruno), cast.loire.scope_id, before)

    hidden = next(entry for entry in told if entry["kind"] == "post.hidden")
    assert "topic" not in hidden and "data" not in hidden
    assert db.session.get_one(Post, answer.id).hidden_at is not None


def test_its_new_readers_are_told_everything(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.manon, cast.usinage_loire, "Le projet Alizé avance")
    manon = sign_in(app.test_client(), cast.manon)
    after = journal.seqs([cast.secrete.scope_id])[cast.secrete.scope_id]
    db.session.rollback()
    manon.post(f"/sujets/{topic.id}/deplacement", data={"room_id": cast.secrete.id})
    reply(cast.manon, topic, "Entre nous, **trois**.")

    added, answered = missed(manon, cast.secrete.scope_id, after)

    assert "Le projet Alizé avance" in added["html"]
    assert "<strong>trois</strong>" in answered["html"]
