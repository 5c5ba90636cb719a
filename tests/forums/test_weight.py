"""What pages weigh before compression: they are read in workshops, on telephones."""

from __future__ import annotations

from flask import Flask

from tests.support.cast import Cast, open_topic, reply, sign_in

TOPIC_BYTES = 45_000
HOME_BYTES = 20_000

PARAGRAPH = (
    "Les tableaux au pied des machines affichaient onze indicateurs, plus personne ne les lisait. "
    "Un changement filmé en entier, puis regardé ensemble : chacun note ce qui peut être fait avant l’arrêt. "
    "Après trois mois, une remplaçante tient deux machines seule, et les fiches sont lues."
)


def test_a_page_of_twenty_messages_is_slim(app: Flask, cast: Cast) -> None:
    words = "\n\n".join([PARAGRAPH, PARAGRAPH, PARAGRAPH[:180]])
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour", words)
    for _ in range(19):
        reply(cast.bruno, topic, words)

    page = sign_in(app.test_client(), cast.ana).get(f"/sujets/{topic.id}", follow_redirects=True)

    assert page.text.count("<article") == 20
    assert len(page.data) <= TOPIC_BYTES


def test_the_home_page_is_slim(app: Flask, cast: Cast) -> None:
    open_topic(cast.bruno, cast.usinage_loire, "Usure des pinces de tour")

    page = sign_in(app.test_client(), cast.ana).get("/")

    assert page.status_code == 200
    assert len(page.data) <= HOME_BYTES
