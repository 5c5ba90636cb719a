"""Who may do what in discussions, as one table: each role tries each act through the real door."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.communities import operations as communities
from app.communities.models import Employment
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.forums import permissions, queries
from app.forums.models import Post, Room, Topic
from tests.support.cast import Cast, open_topic, reply, sign_in

ROLES = ("ana", "bruno", "manon", "amir", "nadia", "yann", "anne")
"""Author of the topic, another member, manager, ambassador, national team; a stranger and the ambassador elsewhere."""

TABLE = """
                        ana bruno manon amir nadia yann anne
read_topic              y   y     y     y    y     .    .
read_room               y   y     y     y    y     .    .
read_message            y   y     y     y    y     .    .
read_history            y   y     y     y    y     .    .
open_topic              y   y     y     y    y     .    .
open_in_announcements   .   .     y     y    y     .    .
announce                .   .     y     y    y     .    .
announce_to_region      .   .     .     y    y     .    .
read_announced          .   .     .     y    y     .    .
reply                   y   y     y     y    y     .    .
edit                    .   y     .     .    .     .    .
delete                  .   y     .     .    .     .    .
react                   y   .     y     y    y     .    .
accept                  y   .     y     y    y     .    .
close                   y   .     y     y    y     .    .
pin                     .   .     y     y    y     .    .
move                    .   .     y     y    y     .    .
read_restricted         .   .     y     .    .     .    .
know_restricted         .   .     y     y    y     .    .
admit_to_restricted     .   .     y     y    y     .    .
open_room               .   .     y     y    y     .    .
"""


def expectations() -> list[tuple[str, str, bool]]:
    lines = [line.split() for line in TABLE.strip().splitlines()]
    names, rows = lines[0], lines[1:]
    return [(role, row[0], mark == "y") for row in rows for role, mark in zip(names, row[1:], strict=True)]


class Scene:
    """A question by Ana, answered by Bruno, whose answer was edited once."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.topic: Topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
        self.answer: Post = reply(cast.bruno, self.topic, "Des pinces trempées.")
        self.room: Room = cast.usinage_loire
        self.other: Room = cast.annonces_loire
        self.restricted: Room = cast.secrete


def new_topic(room_id: int, kind: str = "discussion") -> dict[str, Any]:
    return {
        "room_id": room_id,
        "kind": kind,
        "title": "Un nouveau sujet",
        "body": "Bonjour",
        "request_id": uuid.uuid4(),
    }


ACTS: dict[str, Callable[[Any, Scene], Any]] = {
    "read_topic": lambda c, s: c.get(f"/sujets/{s.topic.id}-x"),
    "read_room": lambda c, s: c.get(f"/salles/{s.room.id}-x"),
    "read_message": lambda c, s: c.get(f"/messages/{s.answer.id}"),
    "read_history": lambda c, s: c.get(f"/messages/{s.answer.id}/historique"),
    "open_topic": lambda c, s: c.post("/sujets", data=new_topic(s.room.id)),
    "open_in_announcements": lambda c, s: c.post("/sujets", data=new_topic(s.other.id)),
    "announce": lambda c, s: c.post("/sujets", data=new_topic(s.room.id, "announcement")),
    "announce_to_region": lambda c, s: c.post(
        f"/regions/{s.cast.region_loire.slug}/annonces/nouvelle",
        data={"title": f"Annonce {uuid.uuid4()}", "body": "Bonjour", "request_id": uuid.uuid4()},
    ),
    "read_announced": lambda c, s: c.get(f"/regions/{s.cast.region_loire.slug}/annonces"),
    "reply": lambda c, s: c.post(
        f"/sujets/{s.topic.id}/messages", data={"body": "Moi aussi", "request_id": uuid.uuid4()}
    ),
    "edit": lambda c, s: c.post(
        f"/messages/{s.answer.id}/modifier", data={"body": "Autrement", "base_version": 1}
    ),
    "delete": lambda c, s: c.post(f"/messages/{s.answer.id}/suppression"),
    "react": lambda c, s: c.post(f"/messages/{s.answer.id}/reactions", data={"kind": "thanks"}),
    "accept": lambda c, s: c.post(f"/sujets/{s.topic.id}/reponse-retenue", data={"post_id": s.answer.id}),
    "close": lambda c, s: c.post(f"/sujets/{s.topic.id}/fermeture"),
    "pin": lambda c, s: c.post(f"/sujets/{s.topic.id}/epingle"),
    "move": lambda c, s: c.post(f"/sujets/{s.topic.id}/deplacement", data={"room_id": elsewhere(s)}),
    "read_restricted": lambda c, s: inside(c.get(f"/salles/{s.restricted.id}-x")),
    "know_restricted": lambda c, s: c.get(f"/salles/{s.restricted.id}/membres"),
    "admit_to_restricted": lambda c, s: c.post(
        f"/salles/{s.restricted.id}/membres", data={"person_id": s.cast.bruno.id}
    ),
    "open_room": lambda c, s: c.post(
        f"/lieux/{s.cast.loire.id}/salles/nouvelle",
        data={"name": f"Nouvelle {uuid.uuid4().hex[:6]}", "kind": "open", "request_id": uuid.uuid4()},
    ),
}


def inside(answer: Any) -> Any:
    """The page of the room itself; being led to the list of its members is not reading it."""
    if answer.status_code == 302 and answer.location.endswith("/membres"):
        answer.status_code = 404
    return answer


def elsewhere(scene: Scene) -> int:
    """The room of the community in which the topic is not."""
    here = db.session.execute(select(Topic.room_id).where(Topic.id == scene.topic.id)).scalar_one()
    return scene.other.id if here == scene.room.id else scene.room.id


@pytest.mark.parametrize("act", list(ACTS))
def test_each_act_is_open_to_whom_the_table_says_and_to_nobody_else(app: Flask, cast: Cast, act: str) -> None:
    scene = Scene(cast)
    # Those who are refused go first, so that what was changed for the others cannot help them.
    wanted = sorted(((allowed, role) for role, name, allowed in expectations() if name == act))
    for allowed, role in wanted:
        client = sign_in(app.test_client(), getattr(cast, role))
        status = ACTS[act](client, scene).status_code
        assert (status < 400) is allowed, f"{role} {act}: {status}"
    assert ACTS[act](app.test_client(), scene).status_code in (302, 303, 401), (
        "a visitor is led to the sign-in page"
    )


def test_every_line_of_the_table_is_tried() -> None:
    assert {name for _role, name, _allowed in expectations()} == set(ACTS)


def test_leaving_the_company_ends_reading_at_once(app: Flask, cast: Cast) -> None:
    scene = Scene(cast)
    ana = sign_in(app.test_client(), cast.ana)
    assert ana.get(f"/sujets/{scene.topic.id}-x").status_code == 200

    with transaction():
        row = db.session.query(Employment).filter_by(user_id=cast.ana.id).one()
        communities.end_employment(row, by=cast.rita)

    assert ana.get(f"/sujets/{scene.topic.id}-x").status_code == 404
    assert (
        "Usure des pinces" in sign_in(app.test_client(), cast.bruno).get(f"/sujets/{scene.topic.id}-x").text
    )


def test_what_one_does_not_read_one_neither_opens_nor_closes(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    room = queries.find_room(cast.usinage_loire.id)
    archived = replace(room, archived_at=clock.now())

    assert permissions.can_open_topic(cast.ana, room)
    assert not permissions.can_open_topic(cast.ana, archived)
    assert not permissions.can_open_topic(cast.manon, archived, "announcement")
    assert not permissions.can_open_topic(cast.yann, room)
    assert permissions.can_close(cast.ana, topic, room)
    assert not permissions.can_close(cast.yann, topic, room)


def test_an_answer_is_accepted_where_something_was_asked(app: Flask, cast: Cast) -> None:
    asked = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    told = open_topic(cast.ana, cast.usinage_loire, "Nos essais de pinces", kind="discussion")
    room = queries.find_room(cast.usinage_loire.id)

    assert permissions.can_accept(cast.ana, asked, room)
    assert permissions.can_accept(cast.manon, asked, room)
    assert not permissions.can_accept(cast.bruno, asked, room)
    assert not permissions.can_accept(cast.yann, asked, room)
    assert not permissions.can_accept(cast.ana, told, room)
