"""How far one has read: per topic, without expiry, and what the counters say."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.core.database import transaction
from app.forums import operations, queries
from tests.support import cast as casting
from tests.support.cast import Cast, open_topic, reply, sign_in


def unread(client: Any, room_id: int) -> int:
    return int(client.get("/non-lus").json["rooms"][str(room_id)])


def test_a_new_topic_counts_until_it_is_read_and_a_new_answer_counts_again(app: Flask, cast: Cast) -> None:
    bruno = sign_in(app.test_client(), cast.bruno)
    room = cast.usinage_loire
    assert unread(bruno, room.id) == 0
    topic = open_topic(cast.ana, room, "Usure des pinces de tour")
    assert unread(bruno, room.id) == 1

    bruno.post(f"/sujets/{topic.id}/lecture", json={"number": 1})
    assert unread(bruno, room.id) == 0
    reply(cast.ana, topic, "Une précision")
    assert unread(bruno, room.id) == 1
    assert f"/sujets/{topic.id}/suite" in bruno.get(f"/salles/{room.id}").text


def test_ones_own_words_are_read(app: Flask, cast: Cast) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    assert unread(ana, cast.usinage_loire.id) == 0
    reply(cast.bruno, topic, "Une réponse")
    assert unread(ana, cast.usinage_loire.id) == 1
    reply(cast.ana, topic, "Merci")
    assert unread(ana, cast.usinage_loire.id) == 0


def test_the_pointer_never_goes_back_by_itself_but_on_purpose(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    for n in range(3):
        reply(cast.ana, topic, f"Suite {n}")
    bruno = sign_in(app.test_client(), cast.bruno)
    bruno.post(f"/sujets/{topic.id}/lecture", json={"number": 4})
    bruno.post(f"/sujets/{topic.id}/lecture", json={"number": 2})
    assert unread(bruno, cast.usinage_loire.id) == 0

    bruno.post(f"/sujets/{topic.id}/lecture", data={"unread_from": 3})

    assert unread(bruno, cast.usinage_loire.id) == 1
    assert bruno.get(f"/sujets/{topic.id}/suite").location.endswith("#message-3")


def test_everything_in_a_room_can_be_marked_read(app: Flask, cast: Cast) -> None:
    for n in range(4):
        open_topic(cast.ana, cast.usinage_loire, f"Un sujet {n}")
    bruno = sign_in(app.test_client(), cast.bruno)
    assert unread(bruno, cast.usinage_loire.id) == 4

    bruno.post(f"/salles/{cast.usinage_loire.id}/lecture")

    assert unread(bruno, cast.usinage_loire.id) == 0
    assert "Vous êtes à jour" in bruno.get("/demander?vue=non-lus").text


def test_nonsense_numbers_are_harmless(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    bruno = sign_in(app.test_client(), cast.bruno)
    for number in (-5, 10**30, "x", None, [1], {"a": 1}):
        assert bruno.post(f"/sujets/{topic.id}/lecture", json={"number": number}).status_code == 200
    assert bruno.post(
        f"/sujets/{topic.id}/lecture", data="{", content_type="application/json"
    ).status_code in (200, 400)
    page = queries.topic_for(cast.bruno, topic.id)
    assert page.last_read <= page.topic.last_number


def test_a_draft_is_kept_and_an_older_tab_cannot_bring_it_back(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    bruno = sign_in(app.test_client(), cast.bruno)
    key = f"/brouillons/topic:{topic.id}:reply"

    assert bruno.put(key, json={"body": "Je commence", "sequence": 10}).json == {"kept": True}
    assert bruno.put(key, json={"body": "Plus ancien", "sequence": 9}).json == {"kept": False}
    assert "Je commence" in bruno.get(f"/sujets/{topic.id}-x").text

    reply(cast.bruno, topic, "Je commence et finis")
    assert bruno.put(key, json={"body": "Je commence", "sequence": 11}).json == {"kept": False}
    assert ">Je commence</textarea>" not in bruno.get(f"/sujets/{topic.id}-x").text
    assert bruno.put("/brouillons/" + "x" * 100, json={"body": "x", "sequence": 1}).status_code == 413


def test_home_tells_what_moved_since_the_last_visit(app: Flask, cast: Cast) -> None:
    mine = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    reply(cast.bruno, mine, "Des pinces trempées.")
    open_topic(cast.bruno, cast.usinage_loire, "Broche qui chauffe après quarante minutes")
    with transaction():
        post = queries.posts_page(cast.ana, mine.id, 1).all()[1]
        topic, room = queries.topic_to_change(cast.ana, mine.id)
        operations.follow_topic(topic, person=cast.rita, follows=True)
        assert post.number == 2
        assert room.id == cast.usinage_loire.id
    ana, rita = sign_in(app.test_client(), cast.ana), sign_in(app.test_client(), cast.rita)

    home = ana.get("/").text
    assert "Bruno Leroy</strong>" in home
    assert "vous a répondu sur" in home
    assert "Broche qui chauffe" in home
    assert "Une question pour vous" in home
    assert "messages de plus dans" in rita.get("/").text or "Un message de plus dans" in rita.get("/").text


def test_a_person_without_a_community_is_told_what_comes_next(app: Flask, cast: Cast) -> None:
    with transaction():
        lonely = casting.person("Lou Seul")
    home = sign_in(app.test_client(), lonely).get("/")
    assert home.status_code == 200
    assert "pas encore dans une communauté" in home.text
