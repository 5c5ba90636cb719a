"""Six digits besides the password: added once, asked at every sign-in, required from those who act on a region."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pyotp
import pytest
from flask import Flask

from app.accounts import operations, second_factor
from app.accounts.jobs import seal_secrets
from app.accounts.models import RecoveryCode, User, UserSession
from app.core import demo, sealing
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.operating.checks import run_checks
from tests.support.accounts import PASSWORD, is_signed_in, sign_in
from tests.support.client import Client


@pytest.fixture
def required() -> Iterator[set[int]]:
    """The people whose roles need it, besides what the other layers say."""
    ids: set[int] = set()

    def holds_a_role(user: User) -> bool:
        return user.id in ids

    second_factor.required_when(holds_a_role)
    yield ids
    second_factor._requirements.remove(holds_a_role)


@pytest.fixture
def still() -> Iterator[None]:
    with clock.frozen(clock.now()):
        yield


def code_of(user: User) -> str:
    secret = second_factor.secret_of(db.session.get_one(User, user.id))
    assert secret is not None
    return pyotp.TOTP(secret).at(clock.now())


def enrol(client: Client, user: User) -> list[str]:
    """Go through the enrolment pages; gives the recovery codes."""
    client.post("/compte/verification/cle")
    answer = client.post("/compte/verification", data={"code": code_of(user)})
    assert answer.status_code == 200, answer.text
    return re.findall(r"<code>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</code>", answer.text)


def next_step() -> None:
    clock.advance(timedelta(seconds=30))


def test_adding_it_shows_a_square_then_ten_codes_once(client: Client, lea: User, still: None) -> None:
    sign_in(client)
    client.post("/compte/verification/cle")
    page = client.get("/compte/verification").text
    assert "<svg" in page
    assert 'class="qr"' in page
    assert "style=" not in page
    assert "LISEZ" not in page
    codes = enrol(client, lea)
    assert len(set(codes)) == 10
    assert codes[0] not in client.get("/compte/verification").text
    assert "10 codes" in client.get("/compte/verification").text
    assert all(row.code_hash not in codes for row in db.session.query(RecoveryCode))


def test_it_is_not_in_force_before_a_right_code(client: Client, lea: User, still: None) -> None:
    sign_in(client)
    client.post("/compte/verification/cle")
    right = code_of(lea)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert client.post("/compte/verification", data={"code": wrong}).status_code == 422
    client.post("/deconnexion")
    assert sign_in(client).location == "/"
    assert is_signed_in(client)


def test_it_is_asked_after_the_password_and_before_any_page(client: Client, lea: User, still: None) -> None:
    sign_in(client)
    enrol(client, lea)
    client.post("/deconnexion")
    next_step()
    assert sign_in(client, next="/compte/sessions").location == "/connexion/verification"
    assert not is_signed_in(client)
    assert db.session.query(UserSession).filter(UserSession.ended_at.is_(None)).count() == 0
    assert client.post("/connexion/verification", data={"code": "000000"}).status_code == 422
    answer = client.post("/connexion/verification", data={"code": code_of(lea)})
    assert answer.location == "/compte/sessions"
    assert is_signed_in(client)


def test_a_code_of_the_application_serves_once(app: Flask, client: Client, lea: User, still: None) -> None:
    sign_in(client)
    enrol(client, lea)
    client.post("/deconnexion")
    next_step()
    sign_in(client)
    seen = code_of(lea)
    client.post("/connexion/verification", data={"code": seen})
    assert is_signed_in(client)
    thief = app.test_client()
    assert isinstance(thief, Client)
    sign_in(thief)
    assert thief.post("/connexion/verification", data={"code": seen}).status_code == 422


def test_a_recovery_code_stands_for_the_telephone_once(client: Client, lea: User, still: None) -> None:
    sign_in(client)
    code = enrol(client, lea)[3]
    client.post("/deconnexion")
    sign_in(client)
    assert (
        client.post("/connexion/verification", data={"code": code.upper().replace("-", " ")}).status_code
        == 302
    )
    assert is_signed_in(client)
    client.post("/deconnexion")
    sign_in(client)
    assert client.post("/connexion/verification", data={"code": code}).status_code == 422


def test_a_first_proof_is_worth_ten_minutes_and_one_password(client: Client, lea: User, still: None) -> None:
    sign_in(client)
    enrol(client, lea)
    client.post("/deconnexion")
    next_step()
    sign_in(client)
    with transaction():
        db.session.get_one(User, lea.id).password_hash = "another"
    assert client.post("/connexion/verification", data={"code": code_of(lea)}).location == "/connexion"
    assert not is_signed_in(client)


def test_whoever_holds_a_regional_role_is_led_there_before_anything(
    client: Client, lea: User, required: set[int], still: None
) -> None:
    required.add(lea.id)
    sign_in(client)
    led = client.get("/compte/sessions")
    assert led.location == "/compte/verification?next=%2Fcompte%2Fsessions"
    assert client.post("/compte/profil", data={"given_name": "Léa"}).status_code == 403
    answer = client.get("/journal", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["error"] == "second_factor"
    assert "Vos fonctions la demandent" in client.get(led.location).text
    enrol(client, lea)
    assert client.get("/compte/sessions").status_code == 200


def test_a_role_given_later_asks_the_proof_in_the_sessions_already_open(
    client: Client, lea: User, required: set[int], still: None
) -> None:
    with transaction():
        user = db.session.get_one(User, lea.id)
        second_factor.begin(user, second_factor.new_secret())
    sign_in(client)
    with transaction():
        db.session.get_one(User, lea.id).totp_confirmed_at = clock.now()
    required.add(lea.id)
    assert client.get("/compte").location == "/connexion/verification?next=%2Fcompte"
    refused = client.post("/compte/verification/cle", data={"password": PASSWORD})
    assert refused.status_code == 302
    before = code_of(lea)
    assert (
        client.post("/connexion/verification", data={"code": before, "next": "/compte"}).location == "/compte"
    )
    assert is_signed_in(client)


def test_a_demonstration_counts_it_as_done_and_says_so(client: Client, lea: User, required: set[int]) -> None:
    with transaction():
        demo.mark(is_demo=True, today=date(2026, 11, 23))
    required.add(lea.id)
    sign_in(client)
    assert is_signed_in(client)
    assert "tenue pour faite" in client.get("/compte/verification").text


def test_it_comes_off_with_the_password_unless_a_role_needs_it(
    client: Client, lea: User, required: set[int], still: None
) -> None:
    sign_in(client)
    enrol(client, lea)
    assert client.post("/compte/verification/retrait", data={"password": "x"}).status_code == 422
    required.add(lea.id)
    assert client.post("/compte/verification/retrait", data={"password": PASSWORD}).status_code == 403
    required.clear()
    assert client.post("/compte/verification/retrait", data={"password": PASSWORD}).status_code == 302
    user = db.session.get_one(User, lea.id)
    assert user.totp_secret is None
    assert db.session.query(RecoveryCode).count() == 0


def test_new_recovery_codes_replace_the_old(client: Client, lea: User, still: None) -> None:
    sign_in(client)
    old = enrol(client, lea)
    assert client.post("/compte/verification/codes", data={"password": "x"}).status_code == 422
    answer = client.post("/compte/verification/codes", data={"password": PASSWORD})
    assert answer.status_code == 200
    assert old[0] not in answer.text
    client.post("/deconnexion")
    sign_in(client)
    assert client.post("/connexion/verification", data={"code": old[0]}).status_code == 422


def test_wrong_codes_are_counted(client: Client, lea: User, still: None, rates: None) -> None:
    sign_in(client)
    enrol(client, lea)
    client.post("/deconnexion")
    next_step()
    sign_in(client)
    right = code_of(lea)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _try in range(9):
        client.post("/connexion/verification", data={"code": wrong})
    client.post("/connexion/verification", data={"code": wrong})
    assert client.post("/connexion/verification", data={"code": right}).status_code == 429


def test_nobody_verifies_without_a_first_proof(client: Client, app: Flask) -> None:
    assert client.get("/connexion/verification").location == "/connexion?next=%2F" or client.get(
        "/connexion/verification"
    ).location.startswith("/connexion")
    assert client.post("/connexion/verification", data={"code": "123456"}).location == "/connexion"


def test_the_operator_gives_access_back_to_somebody_who_lost_their_telephone(
    client: Client, lea: User, required: set[int], still: None
) -> None:
    required.add(lea.id)
    sign_in(client)
    enrol(client, lea)
    with transaction():
        operations.forget_second_factor(db.session.get_one(User, lea.id))
    assert not is_signed_in(client)
    sign_in(client)
    assert client.get("/compte").location.startswith("/compte/verification")


def test_the_database_never_holds_the_secret_in_clear(client: Client, lea: User, still: None) -> None:
    sign_in(client)
    enrol(client, lea)
    user = db.session.get_one(User, lea.id)
    secret = second_factor.secret_of(user)
    assert user.totp_secret is not None and secret is not None
    assert sealing.is_sealed(user.totp_secret)
    assert secret not in user.totp_secret


def test_a_secret_of_an_earlier_version_serves_and_is_sealed_by_the_jobs(
    client: Client, lea: User, still: None
) -> None:
    secret = second_factor.new_secret()
    with transaction():
        user = db.session.get_one(User, lea.id)
        user.totp_secret, user.totp_confirmed_at = secret, clock.now()
    sign_in(client)
    client.post("/connexion/verification", data={"code": pyotp.TOTP(secret).at(clock.now())})
    assert is_signed_in(client)
    for _again in range(2):
        seal_secrets()
        kept = db.session.get_one(User, lea.id).totp_secret
        assert kept is not None and sealing.is_sealed(kept)
    next_step()
    client.post("/deconnexion")
    sign_in(client)
    client.post("/connexion/verification", data={"code": code_of(lea)})
    assert is_signed_in(client)


def test_with_another_key_codes_are_wrong_and_recovery_codes_go_on(
    app: Flask, client: Client, lea: User, still: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client)
    codes = enrol(client, lea)
    next_step()
    right = code_of(lea)
    client.post("/deconnexion")
    monkeypatch.setitem(app.config, "SECRET_KEY", "the key of another installation altogether")
    sign_in(client)
    assert client.post("/connexion/verification", data={"code": right}).status_code == 422
    client.post("/connexion/verification", data={"code": codes[0]})
    assert is_signed_in(client)


def test_the_operator_is_told_when_the_key_is_not_the_one_that_sealed(
    app: Flask, client: Client, lea: User, still: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client)
    enrol(client, lea)
    keys = {result.name: result for result in run_checks()}["Clés"]
    assert keys.is_good
    monkeypatch.setitem(app.config, "SECRET_KEY", "the key of another installation altogether")
    keys = {result.name: result for result in run_checks()}["Clés"]
    assert not keys.is_good
    assert "SEALING_KEY" in keys.sentence
