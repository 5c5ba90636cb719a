"""Pages ask the database a constant number of times, whatever they show."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.support.cast import Cast, open_topic, reply, sign_in
from tests.support.statements import counted_statements, forget_everything


@pytest.mark.parametrize(
    ("path", "most"),
    [("/sujets/{topic}-x", 8), ("/salles/{room}-x", 8), ("/", 15), ("/demander", 7)],
)
@pytest.mark.parametrize("who", ["bruno", "manon", "amir"])
def test_a_page_asks_as_often_for_twenty_answers_as_for_two(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, who: str, path: str, most: int
) -> None:
    # Whether this is a demonstration is asked again every few seconds, by whichever page comes then.
    monkeypatch.setattr("app.core.demo.ASK_AGAIN_SECONDS", 3600)
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour", tags=["tournage", "usure"])
    open_topic(cast.rita, cast.usinage_loire, "Un mandrin qui glisse", tags=["tournage"])
    reply(cast.bruno, topic, "Une réponse")
    reader = sign_in(app.test_client(), getattr(cast, who))
    address = path.format(topic=topic.id, room=cast.usinage_loire.id)
    reader.get(address)
    with counted_statements() as few:
        assert asked_cold(reader, address).status_code == 200
    for n in range(18):
        reply(cast.rita, topic, f"Encore une réponse {n}")
        open_topic(cast.rita, cast.usinage_loire, f"Un autre sujet {n}")
    with counted_statements() as many:
        assert asked_cold(reader, address).status_code == 200
    with counted_statements() as again:
        assert reader.get(address).status_code == 200

    assert len(many) == len(few) <= most, "\n\n".join(many)
    assert len(again) < len(many), "\n\n".join(again)


def asked_cold(reader: Any, address: str) -> Any:
    """The page as a process answers it that remembers nothing."""
    forget_everything()
    return reader.get(address)
