"""A page put together is the page rendered, whatever people are called."""

from __future__ import annotations

from flask import Flask

from app.core.database import transaction
from app.core.pages import SLOTS
from app.extensions import db
from tests.support.cast import Cast, open_topic, sign_in


def test_a_name_is_no_mark(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.bruno, cast.usinage_loire, "Usure des pinces")
    reader = sign_in(app.test_client(), cast.ana)
    for name in ("nothing", "csrf_token", *SLOTS):
        with transaction():
            cast.ana.family_name = f"\ue000{name}\ue001"
            db.session.add(cast.ana)
        for address in ("/", f"/sujets/{topic.id}-x", f"/salles/{topic.room_id}-x"):
            page = reader.get(address)
            assert page.status_code == 200
            assert f"\ue000{name}\ue001" in page.text
