"""A link or a code sent by mail opens a session once, and tells nobody whether an account exists."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts import tokens
from app.accounts.models import SignInToken, User
from app.core import jobs
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from tests.support.accounts import PASSWORD, code_in, is_signed_in, link_in, sign_in
from tests.support.client import Client
from tests.support.mail import Mailbox

Letter = Callable[[str], str]


def ask(client: Client, email: str = "omar@atelier.test", **fields: str) -> None:
    answer = client.post("/connexion/lien", data={"identifier": email, **fields})
    assert answer.location == "/connexion/courriel"


def test_following_the_link_shows_a_button_and_pressing_it_signs_in(
    client: Client, omar: User, letter: Letter
) -> None:
    ask(client, next="/compte/sessions")
    link = link_in(letter("omar@atelier.test"))
    shown = client.get(link)
    assert "Me connecter" in shown.text
    assert not is_signed_in(client)
    answer = client.post(link, data={"next": "/compte/sessions"})
    assert answer.location == "/compte/sessions"
    assert is_signed_in(client)


def test_a_link_serves_once(app: Flask, client: Client, omar: User, letter: Letter) -> None:
    ask(client)
    link = link_in(letter("omar@atelier.test"))
    client.post(link)
    other = app.test_client()
    assert other.get(link).status_code == 410
    assert other.post(link).status_code == 410
    assert other.get("/compte").status_code == 302


def test_using_one_link_spends_its_siblings(client: Client, omar: User, letter: Letter) -> None:
    ask(client)
    first = link_in(letter("omar@atelier.test"))
    ask(client)
    second = link_in(letter("omar@atelier.test"))
    assert first != second
    assert client.get(first).status_code == 200
    client.post(second)
    client.post("/deconnexion")
    assert client.post(first).status_code == 410


def test_a_link_lives_fifteen_minutes(client: Client, omar: User, letter: Letter) -> None:
    with clock.frozen(clock.now()) as stopped:
        ask(client)
        link = link_in(letter("omar@atelier.test"))
        stopped.advance(timedelta(minutes=14))
        assert client.get(link).status_code == 200
        stopped.advance(timedelta(minutes=2))
        assert client.post(link).status_code == 410


def test_the_code_signs_in_the_browser_that_asked_and_no_other(
    app: Flask, client: Client, omar: User, letter: Letter
) -> None:
    stranger = app.test_client()
    assert isinstance(stranger, Client)
    ask(client)
    code = code_in(letter("omar@atelier.test"))
    ask(stranger)
    assert stranger.post("/connexion/code", data={"code": code}).status_code == 422
    answer = client.post("/connexion/code", data={"code": f"{code[:3]} {code[3:]}"})
    assert answer.status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(stranger)


def test_a_code_takes_five_tries_and_nobody_else_can_spend_them(
    app: Flask, client: Client, omar: User, letter: Letter
) -> None:
    ask(client)
    code = code_in(letter("omar@atelier.test"))
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    stranger = app.test_client()
    assert isinstance(stranger, Client)
    ask(stranger)
    for _try in range(tokens.CODE_TRIES):
        stranger.post("/connexion/code", data={"code": wrong})
    for _try in range(tokens.CODE_TRIES - 1):
        assert client.post("/connexion/code", data={"code": wrong}).status_code == 422
    assert client.post("/connexion/code", data={"code": code}).status_code == 302


def test_after_five_wrong_codes_the_right_one_is_refused(client: Client, omar: User, letter: Letter) -> None:
    ask(client)
    code = code_in(letter("omar@atelier.test"))
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _try in range(tokens.CODE_TRIES):
        client.post("/connexion/code", data={"code": wrong})
    assert client.post("/connexion/code", data={"code": code}).status_code == 422


def test_an_unknown_address_is_answered_alike_in_like_time_and_gets_no_mail(
    client: Client, omar: User, mailbox: Mailbox
) -> None:
    pages = {}
    for email in ("omar@atelier.test", "nobody@atelier.test"):
        start = time.monotonic()
        ask(client, email)
        assert 0.25 <= time.monotonic() - start < 1.0
        pages[email] = client.get("/connexion/courriel").text.replace(email, "…")
    known, unknown = pages.values()
    assert known.split("csrf_token")[0] == unknown.split("csrf_token")[0]
    assert client.post("/connexion/code", data={"code": "000000"}).status_code == 422
    jobs.drain()
    assert [str(message["To"]) for message in mailbox.messages] == ["omar@atelier.test"]


def test_asking_again_and_again_leaves_the_first_links_alive(
    client: Client, omar: User, mailbox: Mailbox
) -> None:
    for _time in range(tokens.MAX_ALIVE + 3):
        ask(client)
    jobs.drain()
    assert len(mailbox.to("omar@atelier.test")) == tokens.MAX_ALIVE
    assert db.session.query(SignInToken).filter(SignInToken.used_at.is_(None)).count() == tokens.MAX_ALIVE


def test_links_asked_from_one_address_are_counted(client: Client, omar: User, rates: None) -> None:
    for _time in range(5):
        ask(client)
    assert client.post("/connexion/lien", data={"identifier": "omar@atelier.test"}).status_code == 429
    ask(client, "quelqu.un@atelier.test")


def test_a_shape_that_is_no_address_is_told_so_and_kept(client: Client, app: Flask) -> None:
    answer = client.post("/connexion/lien", data={"identifier": "omar chez atelier"})
    assert answer.status_code == 422
    assert "prenom.nom@entreprise.fr" in answer.text
    assert "omar chez atelier" in answer.text


def test_a_link_dies_when_the_address_changes(client: Client, omar: User, letter: Letter) -> None:
    ask(client)
    link = link_in(letter("omar@atelier.test"))
    with transaction():
        db.session.get_one(User, omar.id).email = "omar@nouvelle.test"
    assert client.post(link).status_code == 410


def test_a_link_dies_with_a_changed_password(client: Client, app: Flask, lea: User, letter: Letter) -> None:
    ask(client, "lea@atelier.test")
    link = link_in(letter("lea@atelier.test"))
    other = app.test_client()
    assert isinstance(other, Client)
    sign_in(other)
    answer = other.post(
        "/compte/mot-de-passe",
        data={"password": PASSWORD, "new_password": "sept pinces rangees sous un etabli gris"},
    )
    assert answer.status_code == 302
    assert client.post(link).status_code == 410


@pytest.mark.parametrize("token", ["", "x", "é" * 50, "a" * 3000])
def test_a_made_up_link_is_dead(client: Client, app: Flask, token: str) -> None:
    assert client.get(f"/connexion/lien/{token}").status_code in (404, 405, 410)


@pytest.mark.parametrize(
    ("browser", "asked_in", "reader", "words"),
    [("en", "Sign in", "fr", "Suivez ce lien"), ("fr", "Se connecter", "en", "Follow this link")],
)
def test_a_mail_is_written_in_the_language_of_its_reader(
    client: Client, omar: User, letter: Letter, browser: str, asked_in: str, reader: str, words: str
) -> None:
    with transaction():
        omar.locale = reader
        db.session.add(omar)
    client.set_cookie("locale", browser)
    assert asked_in in client.get("/connexion").text
    ask(client)
    assert words in letter("omar@atelier.test")
