"""One's own account: what is said of oneself, the address, the devices, the data, the way out."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from app.accounts import sessions
from app.accounts.models import SignInToken, User, UserSession
from app.accounts.signals import account_closed, profile_changed
from app.core import journal
from app.core.audit import AuditLine
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from tests.support.accounts import PASSWORD, is_signed_in, link_in, open_account, sign_in
from tests.support.client import Client
from tests.support.mail import Mailbox

Letter = Callable[[str], str]

PROFILE = {
    "given_name": "Léa",
    "family_name": "Bonnet",
    "trade": "Régleuse",
    "about": "Presses à injecter",
    "phone": "02 54 00 00 00",
    "locale": "fr",
}


def test_everything_of_ones_own_needs_a_session(client: Client, lea: User) -> None:
    for path in ("", "/adresse", "/mot-de-passe", "/verification", "/sessions", "/donnees", "/fermeture"):
        answer = client.get(f"/compte{path}")
        assert answer.status_code == 302
        assert answer.location.startswith("/connexion?next=")
        sign = client.get(f"/compte{path}", headers={"Accept": "application/json"})
        assert sign.status_code == 401


def test_every_page_of_the_account_opens(client: Client, lea: User) -> None:
    sign_in(client)
    for path in ("", "/adresse", "/mot-de-passe", "/verification", "/sessions", "/donnees", "/fermeture"):
        answer = client.get(f"/compte{path}")
        assert answer.status_code == 200
        assert answer.text.count("<h1") == 1
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_profile_is_cleaned_and_told_to_those_who_keep_a_copy(client: Client, lea: User) -> None:
    told: list[int] = []
    with profile_changed.connected_to(told.append):
        sign_in(client)
        answer = client.post("/compte/profil", data={**PROFILE, "given_name": "  Léa\u202e \x07 Marie "})
    assert answer.location == "/compte"
    user = db.session.get_one(User, lea.id)
    assert user.given_name == "Léa Marie"
    assert user.trade == "Régleuse"
    assert told == [lea.id]


@pytest.mark.parametrize(
    ("field", "value"),
    [("given_name", ""), ("family_name", "x" * 81), ("about", "x" * 2001), ("locale", "xx")],
)
def test_a_refused_profile_keeps_what_was_typed(client: Client, lea: User, field: str, value: str) -> None:
    sign_in(client)
    answer = client.post("/compte/profil", data={**PROFILE, "trade": "Chaudronnière", field: value})
    assert answer.status_code == 422
    assert "À corriger" in answer.text
    assert "Chaudronnière" in answer.text
    assert db.session.get_one(User, lea.id).trade == ""


def test_a_new_address_counts_once_its_link_is_followed(client: Client, lea: User, letter: Letter) -> None:
    sign_in(client)
    data = {"password": PASSWORD, "email": "Lea.Bonnet@nouvelle.test"}
    assert client.post("/compte/adresse", data={**data, "password": "x"}).status_code == 422
    assert client.post("/compte/adresse", data=data).location == "/compte"
    assert db.session.get_one(User, lea.id).email == "lea@atelier.test"
    link = link_in(letter("lea.bonnet@nouvelle.test"))
    assert "lea.bonnet@nouvelle.test" in client.get(link).text
    assert client.post(link).location == "/compte"
    assert db.session.get_one(User, lea.id).email == "lea.bonnet@nouvelle.test"
    assert "n’est plus celle-ci" in letter("lea@atelier.test")
    assert client.post(link).status_code == 410
    client.post("/deconnexion")
    assert sign_in(client, "lea@atelier.test").status_code == 422
    assert sign_in(client, "lea.bonnet@nouvelle.test").status_code == 302


def test_an_address_that_has_an_account_is_answered_alike_and_its_holder_told(
    client: Client, lea: User, omar: User, letter: Letter
) -> None:
    sign_in(client)
    answer = client.post("/compte/adresse", data={"password": PASSWORD, "email": "omar@atelier.test"})
    assert answer.location == "/compte"
    assert "reste la vôtre" in letter("omar@atelier.test")
    assert db.session.query(SignInToken).count() == 0


def test_an_address_taken_meanwhile_is_refused(client: Client, lea: User, letter: Letter) -> None:
    sign_in(client)
    client.post("/compte/adresse", data={"password": PASSWORD, "email": "bientot@prise.test"})
    link = link_in(letter("bientot@prise.test"))
    open_account("bientot@prise.test")
    assert client.post(link).status_code == 410
    assert db.session.get_one(User, lea.id).email == "lea@atelier.test"


def test_devices_are_listed_and_ended_one_by_one(app: Flask, client: Client, lea: User) -> None:
    phone = app.test_client()
    assert isinstance(phone, Client)
    agent = "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"
    phone.environ_base["HTTP_USER_AGENT"] = agent
    sign_in(client)
    sign_in(phone)
    page = client.get("/compte/sessions").text
    assert "Firefox · Android" in page
    assert "Cet appareil" in page
    row = db.session.query(UserSession).order_by(UserSession.id.desc()).first()
    assert row is not None
    assert client.post(f"/compte/sessions/{row.id}/fin").location == "/compte/sessions"
    assert not is_signed_in(phone)
    assert is_signed_in(client)
    assert client.post(f"/compte/sessions/{row.id}/fin").status_code == 404


def test_nobody_ends_another_persons_session(app: Flask, client: Client, lea: User, sam: User) -> None:
    sign_in(client)
    other = app.test_client()
    assert isinstance(other, Client)
    sign_in(other, "sam-4k2pz")
    row = db.session.query(UserSession).filter_by(user_id=lea.id).one()
    assert other.post(f"/compte/sessions/{row.id}/fin").status_code == 404
    assert is_signed_in(client)


def test_all_other_devices_end_at_once(app: Flask, client: Client, lea: User) -> None:
    others = [app.test_client() for _device in range(2)]
    for other in others:
        assert isinstance(other, Client)
        sign_in(other)
    sign_in(client)
    assert client.post("/compte/sessions/fin").location == "/compte/sessions"
    assert is_signed_in(client)
    assert not any(is_signed_in(other) for other in others if isinstance(other, Client))


def test_ending_this_very_session_leads_out(client: Client, lea: User) -> None:
    sign_in(client)
    row = db.session.query(UserSession).one()
    assert client.post(f"/compte/sessions/{row.id}/fin").location == "/"
    assert not is_signed_in(client)


def test_the_export_holds_the_persons_own_rows_and_nobody_elses(
    client: Client, lea: User, omar: User
) -> None:
    sign_in(client)
    client.post("/compte/profil", data={**PROFILE, "trade": "=HYPERLINK(1)"})
    answer = client.post("/compte/donnees/export")
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    account = json.loads(archive.read("compte.json"))
    assert account[0]["email"] == "lea@atelier.test"
    assert len(json.loads(archive.read("appareils.json"))) == 1
    assert "password_hash" not in archive.read("compte.json").decode()
    rows = list(csv.DictReader(io.StringIO(archive.read("compte.csv").decode("utf-8-sig")), delimiter=";"))
    assert rows[0]["trade"] == "'=HYPERLINK(1)"
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "omar" not in everything.lower()


def test_the_export_is_counted(client: Client, lea: User, rates: None) -> None:
    sign_in(client)
    for _time in range(5):
        assert client.post("/compte/donnees/export").status_code == 200
    assert client.post("/compte/donnees/export").status_code == 429


def test_closing_needs_the_password_and_erases_the_person_everywhere_here(
    app: Flask, client: Client, lea: User, mailbox: Mailbox, letter: Letter
) -> None:
    elsewhere = app.test_client()
    assert isinstance(elsewhere, Client)
    sign_in(client)
    sign_in(elsewhere)
    client.post("/compte/profil", data=PROFILE)
    assert client.post("/compte/fermeture", data={"password": "x"}).status_code == 422
    closed: list[int] = []
    with account_closed.connected_to(closed.append):
        answer = client.post("/compte/fermeture", data={"password": PASSWORD})
    assert answer.location == "/compte-ferme"
    assert closed == [lea.id]
    assert "Votre compte est fermé" in client.get("/compte-ferme").text
    assert not is_signed_in(client)
    assert not is_signed_in(elsewhere)
    user = db.session.get_one(User, lea.id)
    assert user.name == "Membre parti"
    assert user.state == "closed"
    assert "Votre compte est fermé" in letter("lea@atelier.test")
    assert sign_in(client).status_code == 422
    left = _everything_written(except_tables={"mail"})
    for trace in ("lea@atelier.test", "Bonnet", "Régleuse", "02 54"):
        assert trace not in left


def test_closing_without_a_password_needs_a_fresh_link(client: Client, omar: User, letter: Letter) -> None:
    with clock.frozen(clock.now()) as stopped:
        client.post("/connexion/lien", data={"identifier": "omar@atelier.test"})
        client.post(link_in(letter("omar@atelier.test")), data={"remember": "y"})
        stopped.advance(sessions.RECENT + timedelta(minutes=1))
        assert client.post("/compte/fermeture").status_code == 422
        assert "Recevoir un lien" in client.get("/compte/fermeture").text
        client.post("/connexion/lien", data={"identifier": "omar@atelier.test", "next": "/compte/fermeture"})
        assert client.post(link_in(letter("omar@atelier.test"))).status_code == 302
        assert client.post("/compte/fermeture").location == "/compte-ferme"


def test_what_is_done_to_an_account_is_written_down(client: Client, lea: User) -> None:
    sign_in(client)
    client.post("/compte/profil", data=PROFILE)
    client.post("/compte/fermeture", data={"password": PASSWORD})
    acts = [
        line.act for line in db.session.query(AuditLine).filter_by(object_type="user").order_by(AuditLine.id)
    ]
    assert acts == ["accepted_charter", "opened_account", "signed_in", "changed_profile", "closed_account"]


def test_old_sessions_and_proofs_are_forgotten(client: Client, lea: User) -> None:
    from app.accounts.jobs import purge

    with clock.frozen(clock.now()) as stopped:
        sign_in(client)
        client.post("/connexion/lien", data={"identifier": "lea@atelier.test"})
        client.post("/deconnexion")
        stopped.advance(timedelta(days=2))
        purge()
        assert db.session.query(SignInToken).count() == 0
        assert db.session.query(UserSession).count() == 1
        with transaction():
            journal.record(lea.scope_id, "notification.added", "notification", 1)
        stopped.advance(timedelta(days=31))
        purge()
        assert db.session.query(UserSession).count() == 0
        assert journal.count_entries() == 0


def _everything_written(except_tables: set[str]) -> str:
    names = [name for name in inspect(db.engine).get_table_names() if name not in except_tables]
    return "\n".join(
        str(row) for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"'))
    )
