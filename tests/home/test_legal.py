"""The pages the law asks for say what the operator said, and say plainly what is missing."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from app.accounts import passwords
from app.accounts.models import User
from app.core import demo
from app.core.database import transaction
from app.extensions import db
from app.home import legal
from tests.support import cast as casting
from tests.support.accounts import PASSWORD, sign_in
from tests.support.client import Client

PAGES = (
    "/mentions-legales",
    "/donnees-personnelles",
    "/conditions",
    "/accessibilite",
    "/contact-signalement",
)
MISSING = "Pas encore indiqué par l’exploitant"


@pytest.fixture
def filled(app: Flask) -> Iterator[None]:
    """An operator who said everything."""
    before = app.extensions["settings"]
    app.extensions["settings"] = dataclasses.replace(
        before,
        operator_name="Association Convergence",
        operator_legal_form="Association loi 1901",
        operator_address="1 rue de l’Atelier, 41100 Vendôme",
        operator_phone="02 54 00 00 00",
        operator_contact="bonjour@convergence.example",
        publication_director="Camille Perrin",
        hosting_provider="Hébergeur de Sologne",
        hosting_address="2 rue du Serveur, 41000 Blois",
        hosting_phone="02 54 11 11 11",
        abuse_contact="autorites@convergence.example",
        privacy_contact="donnees@convergence.example",
    )
    yield
    app.extensions["settings"] = before


@pytest.mark.parametrize("path", PAGES)
def test_everybody_reads_every_page_without_an_account(client: Client, app: Flask, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    for other in PAGES:
        assert f'href="{other}"' in answer.text


def test_what_the_operator_did_not_say_is_said_to_be_missing(client: Client, app: Flask) -> None:
    assert client.get("/mentions-legales").text.count(MISSING) >= 6
    assert "adresse pas encore indiquée" in client.get("/contact-signalement").text
    assert "OPERATOR_NAME" not in client.get("/mentions-legales").text


def test_what_the_operator_said_stands_on_the_pages(client: Client, filled: None) -> None:
    page = client.get("/mentions-legales").text
    assert MISSING not in page
    assert "Association Convergence" in page
    assert "Hébergeur de Sologne" in page
    assert "donnees@convergence.example" in client.get("/donnees-personnelles").text
    contact = client.get("/contact-signalement").text
    assert "autorites@convergence.example" in contact
    assert 'href="/signaler"' in contact


def test_an_administrator_is_shown_the_settings_to_fill_in(client: Client, app: Flask) -> None:
    cast = casting.build()
    hashed = passwords.hash_password(PASSWORD)
    with transaction():
        for user in (cast.nadia, cast.ana):
            db.session.get_one(User, user.id).password_hash = hashed
    sign_in(client, "ana.costa@exemple.test")
    assert "HOSTING_PROVIDER" not in client.get("/mentions-legales").text
    client.post("/deconnexion")
    sign_in(client, "nadia.roche@exemple.test")
    for path in PAGES:
        page = client.get(path).text
        assert "Réglages à compléter" in page
        assert "HOSTING_PROVIDER" in page


def test_an_administrator_of_a_complete_installation_is_left_alone(app: Flask, filled: None) -> None:
    with app.test_request_context():
        assert legal.missing_facts() == []


def test_a_demonstration_says_that_it_is_one(client: Client, app: Flask) -> None:
    with transaction():
        demo.mark(is_demo=True, today=date(2026, 11, 23))
    assert "Ceci est une démonstration" in client.get("/mentions-legales").text


def test_the_record_of_processing_opens_in_a_spreadsheet(client: Client, app: Flask) -> None:
    answer = client.get("/donnees-personnelles/registre.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Finalité", "Base légale", "Données", "Qui les voit", "Durée de conservation"]
    assert all(len(row) == 5 and all(row) for row in rows)
    page = client.get("/donnees-personnelles").text
    assert all(row[0] in page for row in rows[1:])
