"""A password opens a session, and only to its person."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts import passwords, sessions
from app.accounts.models import User, UserSession
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, is_signed_in, open_account, sign_in
from tests.support.client import Client

WRONG = "Cette adresse et ce mot de passe ne vont pas ensemble."


def test_the_right_password_opens_the_page_that_was_asked_for(client: Client, lea: User) -> None:
    led = client.get("/compte/sessions")
    assert led.status_code == 302
    assert led.location == "/connexion?next=/compte/sessions" or led.location.endswith(
        "next=%2Fcompte%2Fsessions"
    )
    page = client.get(led.location)
    assert 'value="/compte/sessions"' in page.text
    answer = sign_in(client, next="/compte/sessions")
    assert answer.location == "/compte/sessions"
    assert is_signed_in(client)


def test_an_address_is_the_same_in_capitals_and_with_spaces(client: Client, lea: User) -> None:
    assert sign_in(client, "  LEA@Atelier.test ").status_code == 302


def test_a_person_without_a_mailbox_signs_in_by_the_printed_name(client: Client, sam: User) -> None:
    assert sign_in(client, "Sam-4K2PZ").status_code == 302
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "identifier", ["lea@atelier.test", "nobody@atelier.test", "omar@atelier.test", "\udcff"]
)
def test_a_wrong_password_and_an_unknown_account_are_answered_alike(
    client: Client, lea: User, omar: User, identifier: str
) -> None:
    answer = sign_in(client, identifier.encode(errors="replace").decode(), OTHER_PASSWORD)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert OTHER_PASSWORD not in answer.text
    assert not is_signed_in(client)


@pytest.mark.once
def test_an_unknown_account_takes_the_time_of_a_known_one(app: Flask) -> None:
    hashed = passwords.hash_password(PASSWORD)

    def seconds(known: str | None) -> float:
        times = []
        for _round in range(5):
            start = time.process_time()
            assert not passwords.verify(known, OTHER_PASSWORD)
            times.append(time.process_time() - start)
        return min(times)

    assert 0.5 < seconds(None) / seconds(hashed) < 2


def test_a_suspended_person_is_told_so_only_with_the_right_password(client: Client, lea: User) -> None:
    with transaction():
        db.session.get_one(User, lea.id).state = "suspended"
    assert "suspendu" not in sign_in(client, password=OTHER_PASSWORD).text
    assert "suspendu" in sign_in(client).text
    assert not is_signed_in(client)


def test_a_session_in_use_ends_with_the_account(client: Client, lea: User) -> None:
    sign_in(client)
    assert is_signed_in(client)
    with transaction():
        db.session.get_one(User, lea.id).state = "suspended"
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "target",
    [
        "https://ailleurs.test/",
        "//ailleurs.test/",
        "/\\ailleurs.test",
        "\\\\ailleurs.test",
        "/\t/ailleurs.test",
        "javascript:alert(1)",
        "http:ailleurs.test",
        " //ailleurs.test",
        "/%0d%0aSet-Cookie:x\r\n",
    ],
)
def test_no_address_of_another_site_is_followed_after_signing_in(
    client: Client, lea: User, target: str
) -> None:
    assert sign_in(client, next=target).location == "/"


def test_signing_in_changes_the_cookie_and_the_csrf_token(client: Client, lea: User) -> None:
    client.get("/connexion")
    before = client.get_cookie("session", domain="127.0.0.1")
    sign_in(client)
    first = client.get_cookie("session", domain="127.0.0.1")
    assert before is not None
    assert first is not None
    assert first.value != before.value
    with client.session_transaction() as session:
        assert set(session) <= {"sid", "_permanent", "csrf_token"}


def test_the_cookie_holds_a_token_that_the_database_does_not(client: Client, lea: User) -> None:
    sign_in(client)
    with client.session_transaction() as session:
        token = session["sid"]
    row = db.session.query(UserSession).one()
    assert token not in (row.token_hash, row.device)
    assert len(row.token_hash) == 64


def test_a_shared_machine_keeps_nobody_signed_in_for_long(client: Client, lea: User) -> None:
    sign_in(client)
    cookie = client.get_cookie("session", domain="127.0.0.1")
    assert cookie is not None
    assert cookie.expires is None
    row = db.session.query(UserSession).one()
    assert row.expires_at - row.created_at == sessions.BRIEF


def test_a_device_of_ones_own_stays_signed_in_while_it_is_used(client: Client, lea: User) -> None:
    with clock.frozen(clock.now()) as stopped:
        sign_in(client, remember="y")
        cookie = client.get_cookie("session", domain="127.0.0.1")
        assert cookie is not None
        assert cookie.expires is not None
        for _visit in range(3):
            stopped.advance(timedelta(days=80))
            assert is_signed_in(client)
        stopped.advance(timedelta(days=91))
        assert not is_signed_in(client)


def test_signing_out_ends_the_session_everywhere_it_is_asked(client: Client, lea: User) -> None:
    sign_in(client)
    row = db.session.query(UserSession).one()
    assert sessions.session_alive(row.id)
    with client.session_transaction() as session:
        stolen = dict(session)
    assert client.post("/deconnexion").location == "/"
    assert not is_signed_in(client)
    assert sessions.sessions_ended_among([row.id, 999]) == {row.id, 999}
    with client.session_transaction() as session:
        session.update(stolen)
    assert not is_signed_in(client)


def test_signing_in_again_ends_the_session_of_this_browser(client: Client, lea: User) -> None:
    sign_in(client)
    sign_in(client)
    assert [row.ended_at is None for row in db.session.query(UserSession).order_by(UserSession.id)] == [
        False,
        True,
    ]


def test_tries_are_counted_per_account_and_address_and_lock_nobody_else(
    app: Flask, client: Client, lea: User, rates: None
) -> None:
    for _try in range(10):
        assert sign_in(client, password=OTHER_PASSWORD).status_code == 422
    refused = sign_in(client)
    assert refused.status_code == 429
    assert "minutes" in refused.text
    assert int(refused.headers["Retry-After"]) > 60
    assert PASSWORD not in refused.text
    elsewhere = app.test_client()
    assert isinstance(elsewhere, Client)
    answer = elsewhere.post(
        "/connexion",
        data={"identifier": "lea@atelier.test", "password": PASSWORD},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert answer.status_code == 302


def test_a_right_password_gives_the_tries_back(client: Client, lea: User, rates: None) -> None:
    for _try in range(9):
        sign_in(client, password=OTHER_PASSWORD)
    assert sign_in(client).status_code == 302
    for _try in range(9):
        assert sign_in(client, password=OTHER_PASSWORD).status_code == 422


def test_a_visit_ends_after_half_an_hour_of_silence(client: Client, lea: User) -> None:
    with clock.frozen(clock.now()) as stopped:
        sign_in(client, remember="y")
        stopped.advance(timedelta(minutes=6))
        is_signed_in(client)
        first = clock.now()
        user = db.session.get_one(User, lea.id)
        assert user.seen_at == first
        assert sessions.last_visit(user) is None
        stopped.advance(timedelta(minutes=3))
        is_signed_in(client)
        assert db.session.get_one(User, lea.id).seen_at == first
        stopped.advance(timedelta(days=2))
        assert sessions.last_visit(db.session.get_one(User, lea.id)) == first
        is_signed_in(client)
        user = db.session.get_one(User, lea.id)
        assert user.previous_visit_at == first
        assert sessions.last_visit(user) == first
        stopped.advance(timedelta(minutes=10))
        is_signed_in(client)
        assert sessions.last_visit(db.session.get_one(User, lea.id)) == first


def test_somebody_who_never_accepted_the_charter_is_shown_it_first(client: Client, app: Flask) -> None:
    open_account("neuf@atelier.test", password=PASSWORD, accepts_charter=False)
    assert sign_in(client, "neuf@atelier.test", next="/compte").location == "/charte?next=%2Fcompte"
