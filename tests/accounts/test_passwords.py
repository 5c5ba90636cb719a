"""A password is long or varied, is not what anybody would try, and can be changed and found again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.accounts import passwords
from app.accounts.models import User, UserSession
from app.extensions import db
from tests.support.accounts import OTHER_PASSWORD, PASSWORD, is_signed_in, link_in, sign_in
from tests.support.client import Client

Letter = Callable[[str], str]

WEAK = [
    "",
    "court",
    "motdepasse",
    "Motdepasse123!",
    "M0tdep@sse2026",
    "Azertyuiop123!",
    "aaaaaaaaaaaaaa1",
    "123456789012345",
    "abcdefghijklmn1",
    "Soleil2026Soleil2026",
    "Camille-Perrin-1984",
    "camille.perrin2026",
    "Convergence2026!",
    "la la la la la la la",
    "Vr4k!pLm9z",
    "Vr4k!pLm9zQe" * 30,
]
GOOD = [
    "Vr4k!pLm9zQe",
    "fraise7copeau9buse",
    PASSWORD,
    OTHER_PASSWORD,
    "été 1987, la presse plie encore droit",
]


@pytest.mark.once
def test_an_account_that_does_not_exist_takes_the_hash_of_one_that_does(app: Flask) -> None:
    assert not passwords.needs_rehash(passwords._NOBODY)
    assert passwords.verify(passwords._NOBODY, "a password that nobody has")
    assert not passwords.verify(None, "a password that nobody has")


@pytest.mark.once
@pytest.mark.parametrize("password", WEAK)
def test_what_anybody_would_try_is_refused_with_the_reason(app: Flask, password: str) -> None:
    strength = passwords.strength(password, known=["Camille", "Perrin"])
    assert not strength.is_good
    assert strength.word == "trop faible"


@pytest.mark.once
@pytest.mark.parametrize("password", GOOD)
def test_long_or_varied_passwords_are_taken(app: Flask, password: str) -> None:
    strength = passwords.strength(password, known=["Camille", "Perrin"])
    assert strength.is_good, strength.faults
    assert strength.bits >= 50
    assert strength.word in ("correct", "solide", "très solide")


@pytest.mark.once
def test_the_same_password_typed_on_another_keyboard_is_the_same(app: Flask) -> None:
    hashed = passwords.hash_password("l’été à l’atelier, 1987 fois")
    assert passwords.verify(hashed, "l’e\u0301te\u0301 a\u0300 l’atelier, 1987 fois")


@pytest.mark.once
def test_a_hash_that_is_none_matches_nothing(app: Flask) -> None:
    assert not passwords.verify("not a hash", PASSWORD)
    assert not passwords.verify(None, "a password that nobody has")


def test_a_password_made_with_weaker_parameters_is_hashed_anew_at_sign_in(client: Client, lea: User) -> None:
    from argon2 import PasswordHasher

    from app.core.database import transaction

    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with transaction():
        db.session.get_one(User, lea.id).password_hash = weak
    assert sign_in(client).status_code == 302
    kept = db.session.get_one(User, lea.id).password_hash
    assert kept != weak
    assert kept is not None
    assert passwords.verify(kept, PASSWORD)


def test_changing_it_asks_the_old_one_and_ends_the_other_devices(
    app: Flask, client: Client, lea: User, letter: Letter
) -> None:
    other = app.test_client()
    assert isinstance(other, Client)
    sign_in(client)
    sign_in(other)
    refused = client.post("/compte/mot-de-passe", data={"password": "x", "new_password": OTHER_PASSWORD})
    assert refused.status_code == 422
    assert is_signed_in(other)
    answer = client.post("/compte/mot-de-passe", data={"password": PASSWORD, "new_password": OTHER_PASSWORD})
    assert answer.location == "/compte"
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert sign_in(other, password=PASSWORD).status_code == 422
    assert sign_in(other, password=OTHER_PASSWORD).status_code == 302
    assert "vient d’être changé" in letter("lea@atelier.test")


def test_a_weak_new_password_is_refused_with_the_rule(client: Client, lea: User) -> None:
    sign_in(client)
    answer = client.post(
        "/compte/mot-de-passe", data={"password": PASSWORD, "new_password": "Bonnet-Lea-2026"}
    )
    assert answer.status_code == 422
    assert "premiers que l’on essaierait" in answer.text


def test_somebody_without_a_password_chooses_one_right_after_a_link(
    client: Client, omar: User, letter: Letter
) -> None:
    client.post("/connexion/lien", data={"identifier": "omar@atelier.test"})
    client.post(link_in(letter("omar@atelier.test")))
    answer = client.post("/compte/mot-de-passe", data={"new_password": OTHER_PASSWORD})
    assert answer.status_code == 302
    assert db.session.get_one(User, omar.id).password_hash is not None


def test_a_forgotten_password_is_replaced_by_a_link_that_serves_once(
    app: Flask, client: Client, lea: User, letter: Letter
) -> None:
    elsewhere = app.test_client()
    assert isinstance(elsewhere, Client)
    sign_in(elsewhere)
    assert client.post("/mot-de-passe-oublie", data={"email": "lea@atelier.test"}).status_code == 302
    link = link_in(letter("lea@atelier.test"))
    assert client.get(link).status_code == 200
    assert client.post(link, data={"new_password": "azerty"}).status_code == 422
    assert client.post(link, data={"new_password": OTHER_PASSWORD}).location == "/"
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert client.post(link, data={"new_password": PASSWORD + " encore"}).status_code == 410
    assert db.session.query(UserSession).filter(UserSession.ended_at.is_(None)).count() == 1


def test_forgetting_says_the_same_of_an_unknown_address(client: Client, lea: User) -> None:
    shown = []
    for email in ("lea@atelier.test", "nobody@atelier.test"):
        client.post("/mot-de-passe-oublie", data={"email": email})
        text = client.get("/mot-de-passe-oublie/envoye").text.replace(email, "…")
        shown.append(text.split("<main")[1].split("</main>")[0])
    assert shown[0] == shown[1]


def test_the_password_asked_again_is_counted(client: Client, lea: User, rates: None) -> None:
    sign_in(client)
    for _try in range(10):
        client.post("/compte/fermeture", data={"password": "x"})
    assert client.post("/compte/fermeture", data={"password": PASSWORD}).status_code == 429
