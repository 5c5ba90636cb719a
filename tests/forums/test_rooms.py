"""Rooms: open, for announcements, restricted; and moving topics between them."""

from __future__ import annotations

import uuid

from flask import Flask

from app.communities.models import Node
from app.core import jobs
from app.core.database import transaction
from app.core.journal import JournalEntry
from app.extensions import db
from app.forums import operations
from app.forums.models import Room, Topic
from tests.support.cast import Cast, open_topic, reply, sign_in


def test_a_restricted_room_is_known_to_managers_and_read_by_its_members(app: Flask, cast: Cast) -> None:
    open_topic(cast.manon, cast.secrete, "Compte rendu confidentiel", kind="discussion")
    amir, bruno, manon = (
        sign_in(app.test_client(), person) for person in (cast.amir, cast.bruno, cast.manon)
    )

    assert "Compte rendu confidentiel" in manon.get(f"/salles/{cast.secrete.id}").text
    assert amir.get(f"/salles/{cast.secrete.id}").location.endswith(f"/salles/{cast.secrete.id}/membres")
    assert bruno.get(f"/salles/{cast.secrete.id}").status_code == 404
    assert "Compte rendu" not in amir.get("/demander").text

    manon.post(f"/salles/{cast.secrete.id}/membres", data={"person_id": cast.bruno.id})
    assert "Compte rendu confidentiel" in bruno.get(f"/salles/{cast.secrete.id}").text
    jobs.drain()
    assert "Groupe énergie" in bruno.get("/notifications").text

    manon.post(f"/salles/{cast.secrete.id}/departs", data={"person_id": cast.bruno.id})
    assert bruno.get(f"/salles/{cast.secrete.id}").status_code == 404


def test_somebody_of_another_community_cannot_be_listed(app: Flask, cast: Cast) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    refused = manon.post(f"/salles/{cast.secrete.id}/membres", data={"person_id": cast.yann.id})
    assert refused.status_code == 422
    found = manon.get(f"/salles/{cast.secrete.id}/membres?q=Bruno").text
    assert "Bruno Leroy" in found
    assert "Yann Le Bris" not in manon.get(f"/salles/{cast.secrete.id}/membres?q=Yann").text


def test_a_manager_opens_a_room_and_its_name_is_taken_once(app: Flask, cast: Cast) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    fields = {
        "name": "Soudage",
        "summary": "MIG, TIG, laser",
        "kind": "open",
        "request_id": str(uuid.uuid4()),
    }

    made = manon.post(f"/lieux/{cast.loire.id}/salles/nouvelle", data=fields)
    again = manon.post(f"/lieux/{cast.loire.id}/salles/nouvelle", data=fields)
    assert made.status_code == again.status_code == 302
    assert made.location == again.location, "sent twice, the same room"
    again = manon.post(
        f"/lieux/{cast.loire.id}/salles/nouvelle", data={**fields, "request_id": str(uuid.uuid4())}
    )

    assert again.status_code == 422
    assert "porte déjà ce nom" in again.text
    assert db.session.query(Room).filter_by(slug="soudage").count() == 1
    assert "Soudage" in sign_in(app.test_client(), cast.ana).get(f"/communautes/{cast.loire.slug}").text


def test_a_moved_topic_is_gone_from_one_room_and_new_in_the_other(app: Flask, cast: Cast) -> None:
    with transaction():
        region = db.session.get_one(Node, cast.region_loire.id)
        regional = operations.open_room(node=region, author=None, name="Entre entreprises")
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    reply(cast.bruno, topic, "Une réponse trempée")
    old_scope = topic.scope_id
    amir = sign_in(app.test_client(), cast.amir)

    assert regional.name in amir.get(f"/sujets/{topic.id}/deplacement").text
    assert amir.post(f"/sujets/{topic.id}/deplacement", data={"room_id": regional.id}).status_code == 302

    moved = db.session.get_one(Topic, topic.id)
    assert (moved.room_id, moved.scope_id) == (regional.id, regional.scope_id)
    rows = db.session.query(JournalEntry).filter_by(object_type="topic", object_id=topic.id)
    assert {(row.scope_id, row.kind) for row in rows} >= {
        (old_scope, "topic.moved"),
        (regional.scope_id, "topic.added"),
    }
    assert "trempée" in sign_in(app.test_client(), cast.bruno).get("/recherche?q=trempee").text
    assert db.session.get_one(Room, cast.usinage_loire.id).topics_count == 0


def test_an_answer_tells_the_author_once_and_reading_clears_it(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    ana = sign_in(app.test_client(), cast.ana)
    reply(cast.bruno, topic, "Une réponse")
    jobs.drain()

    assert ana.get("/non-lus").json["notifications"] == 1
    assert "Bruno Leroy" in ana.get("/notifications").text
    ana.post(f"/sujets/{topic.id}/lecture", json={"number": 2})
    assert ana.get("/non-lus").json["notifications"] == 0


def test_naming_somebody_tells_them_if_they_may_read(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    reply(
        cast.bruno,
        topic,
        f"Demandez à @{{{cast.rita.id}|Rita Moreau}} et à @{{{cast.yann.id}|Yann Le Bris}}.",
    )
    jobs.drain()

    assert sign_in(app.test_client(), cast.rita).get("/non-lus").json["notifications"] == 1
    assert sign_in(app.test_client(), cast.yann).get("/non-lus").json["notifications"] == 0
    people = sign_in(app.test_client(), cast.bruno).get(f"/mentions?topic={topic.id}&q=ri").json
    assert [person["name"] for person in people] == ["Rita Moreau"]
    assert sign_in(app.test_client(), cast.yann).get(f"/mentions?topic={topic.id}&q=ri").status_code == 404


def test_the_button_names_the_place_as_french_does(app: Flask, cast: Cast) -> None:
    with transaction():
        nation = operations.open_room(
            node=db.session.get_one(Node, cast.nation.id), author=None, name="Au national"
        )
        region = operations.open_room(
            node=db.session.get_one(Node, cast.region_loire.id), author=None, name="En région"
        )
    ana = sign_in(app.test_client(), cast.ana)
    asked = ana.get("/sujets/nouveau").text
    for room, place in (
        (nation, "toute la France"),
        (region, "la région Centre-Val de Loire"),
        (cast.usinage_loire, "Val de Loire mécanique"),
    ):
        assert f'data-place="{place}" value="{room.id}"' in asked
        topic = open_topic(cast.ana, room, f"Pour {place}")
        assert f"Publier dans {place}</button>" in ana.get(f"/sujets/{topic.id}-x").text
