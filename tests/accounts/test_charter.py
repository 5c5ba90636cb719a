"""Nobody writes before having accepted the charter in force; everybody may read it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from app.accounts import charter
from app.accounts.models import CharterAcceptance, User
from app.core import doors
from app.core.time import clock
from app.extensions import db
from tests.support.accounts import PASSWORD, open_account, sign_in
from tests.support.client import Client


@pytest.fixture
def newcomer(client: Client, app: Flask) -> User:
    user = open_account("neuf@atelier.test", password=PASSWORD, accepts_charter=False)
    sign_in(client, "neuf@atelier.test")
    return user


def test_a_visitor_reads_it_and_is_asked_nothing(client: Client, app: Flask) -> None:
    page = client.get("/charte").text
    assert "On parle technique, pas prix" in page
    assert "Accepter la charte" not in page


def test_accepting_it_is_recorded_with_version_and_date(client: Client, newcomer: User) -> None:
    assert client.post("/charte").status_code == 422
    answer = client.post("/charte", data={"accept": "y", "next": "/compte"})
    assert answer.location == "/compte"
    user = db.session.get_one(User, newcomer.id)
    assert user.charter_version == charter.CURRENT.name
    assert [row.version for row in db.session.query(CharterAcceptance)] == [charter.CURRENT.name]
    assert "Vous l’avez acceptée" in client.get("/charte").text


def test_writing_waits_for_it_and_keeps_the_text(app: Flask, client: Client, newcomer: User) -> None:
    doors_to_write = [
        rule.rule
        for rule, door in doors.declared(app)
        if "POST" in (rule.methods or ())
        and not rule.arguments
        and door
        and door.kind != "public"
        and not door.exempt
    ]
    assert doors_to_write
    text = "Tôle de 3 mm qui cintre après découpe laser.\nQue faire ?"
    for path in doors_to_write:
        refused = client.post(path, data={"body": text})
        assert refused.status_code == 403, path
        assert "La charte d’abord" in refused.text
        assert "Tôle de 3 mm qui cintre" in refused.text


def test_a_new_version_is_asked_again_with_what_changed(
    client: Client, lea: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = charter.Version("2027-01", date(2027, 1, 1), ("Les visites sont nommées.",))
    monkeypatch.setattr(charter, "VERSIONS", (*charter.VERSIONS, newer))
    monkeypatch.setattr(charter, "CURRENT", newer)
    assert charter.needs_charter(lea)
    assert charter.changes_since("2026-11") == ["Les visites sont nommées."]
    assert charter.changes_since(None) == []


def test_it_is_accepted_for_a_year(lea: User) -> None:
    assert not charter.needs_charter(lea)
    with clock.frozen(clock.now() + timedelta(days=366)):
        assert charter.needs_charter(lea)
