"""Answering in a topic."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.core.journal import JournalEntry
from app.extensions import db
from app.forums.models import Post, Topic
from tests.support.cast import Cast, open_topic, reply, sign_in


def send(client: Any, topic: Topic, body: str, request_id: str | None = None, **headers: str) -> Any:
    return client.post(
        f"/sujets/{topic.id}/messages",
        data={"body": body, "request_id": request_id or str(uuid.uuid4())},
        headers=headers,
    )


def test_an_answer_is_read_by_another_member(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    bruno, ana = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.ana)

    answer = send(bruno, topic, "Essayez des pinces **trempées**.")

    assert answer.status_code == 302
    page = ana.get(f"/sujets/{topic.id}-x").text
    assert "<strong>trempées</strong>" in page
    assert "Bruno Leroy" in page
    assert "Plasturgie du Perche, Vendôme" in page


def test_a_stranger_neither_reads_nor_answers(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    yann, bruno = sign_in(app.test_client(), cast.yann), sign_in(app.test_client(), cast.bruno)

    assert bruno.get(f"/sujets/{topic.id}-x").status_code == 200
    assert yann.get(f"/sujets/{topic.id}-x").status_code == 404
    assert send(yann, topic, "Bonjour").status_code == 404
    assert db.session.execute(select(func.count()).select_from(Post)).scalar_one() == 1


def test_sent_twice_an_answer_is_published_once(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    bruno = sign_in(app.test_client(), cast.bruno)
    request_id = str(uuid.uuid4())

    first = send(bruno, topic, "Une fois", request_id)
    again = send(bruno, topic, "Une fois", request_id)

    assert first.location == again.location
    assert db.session.execute(select(func.count()).select_from(Post)).scalar_one() == 2


def test_the_same_form_with_another_text_keeps_the_text_and_says_so(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    bruno = sign_in(app.test_client(), cast.bruno)
    request_id = str(uuid.uuid4())
    send(bruno, topic, "Une fois", request_id)

    again = send(bruno, topic, "Autre chose, à ne pas perdre", request_id)

    assert again.status_code == 409
    assert "Autre chose, à ne pas perdre" in again.text
    assert "déjà été envoyé" in again.text
    assert db.session.execute(select(func.count()).select_from(Post)).scalar_one() == 2


def test_an_answer_sent_by_script_comes_back_with_its_markup(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    bruno = sign_in(app.test_client(), cast.bruno)

    answer = send(bruno, topic, "Essayez", Accept="application/json")

    assert answer.status_code == 201
    assert answer.json["post"]["number"] == 2
    assert 'data-number="2"' in answer.json["post"]["html"]


def test_an_empty_answer_is_refused_with_a_sentence(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    bruno = sign_in(app.test_client(), cast.bruno)

    page = send(bruno, topic, "   ")
    script = send(bruno, topic, "", Accept="application/json")

    assert page.status_code == 422
    assert "Écrivez votre message avant de publier." in page.text
    assert script.status_code == 422
    assert script.json["errors"]["body"]


def test_a_closed_topic_takes_no_answer(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    bruno, ana = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.ana)
    assert send(bruno, topic, "Avant").status_code == 302

    ana.post(f"/sujets/{topic.id}/fermeture")

    assert send(bruno, topic, "Après").status_code == 403
    assert "Ce sujet est fermé" in bruno.get(f"/sujets/{topic.id}-x").text


def test_every_answer_is_one_numbered_entry_of_the_journal(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    for n in range(3):
        reply(cast.bruno, topic, f"Réponse {n}")

    rows = db.session.execute(
        select(JournalEntry.seq, JournalEntry.kind)
        .where(JournalEntry.scope_id == topic.scope_id, JournalEntry.kind.in_(("post.added", "topic.added")))
        .order_by(JournalEntry.seq)
    ).all()
    assert [kind for _seq, kind in rows] == ["topic.added", "post.added", "post.added", "post.added"]
    assert [seq for seq, _kind in rows] == list(range(rows[0].seq, rows[0].seq + 4))


def test_many_answers_make_pages_and_the_next_unread_one_is_found(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    for n in range(2, 24):
        reply(cast.bruno, topic, f"Réponse numéro {n}")
    ana = sign_in(app.test_client(), cast.ana)

    first = ana.get(f"/sujets/{topic.id}-x").text
    second = ana.get(f"/sujets/{topic.id}-x?page=2").text

    assert "Réponse numéro 20<" in first
    assert "Réponse numéro 21<" not in first
    assert "Réponse numéro 23<" in second
    ana.post(f"/sujets/{topic.id}/lecture", json={"number": 21})
    assert ana.get(f"/sujets/{topic.id}/suite").location.endswith("?page=2#message-22")
