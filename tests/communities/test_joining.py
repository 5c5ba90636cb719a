"""A newcomer finds a community, brings a firm, proves an address; nothing exists before that."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.communities import operations
from app.communities.access import access_of, forget_access
from app.communities.models import Company, CompanyMembership, Employment, Invitation, JoinRequest, Site
from app.core import jobs
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from tests.communities.conftest import reads, told
from tests.support.cast import Cast
from tests.support.mail import text_of

FORM = {
    "siret": "732 829 320 00074",
    "company_name": "Tôlerie du Cher",
    "size_class": "sme",
    "activity_code": "2511z",
    "postcode": "41000",
    "town": "Blois",
    "given_name": "Léa",
    "family_name": "Arnaud",
    "trade": "Gérante",
    "email": "lea@tolerie.test",
    "message": "Nous plions et soudons.",
    "charter": "y",
}
JOIN = "/rejoindre/val-de-loire-mecanique"


def send(app: Flask, **changes: str) -> Any:
    data = FORM | {"request_id": str(uuid.uuid4())} | changes
    return app.test_client().post(JOIN, data={key: value for key, value in data.items() if value})


def link_in(mailbox: Any, address: str = "lea@tolerie.test") -> str:
    jobs.drain()
    found = re.search(r"/rejoindre/confirmation/[\w-]+", text_of(mailbox.to(address)[-1]))
    assert found
    return found[0]


@pytest.mark.parametrize(
    "words", ["blois", "41", "Loir-et-Cher", "41000", "centre val", "LOIRE MECANIQUE", "vendome"]
)
def test_a_community_is_found_by_town_department_postcode_region_or_name(
    cast: Cast, client: Any, words: str
) -> None:
    page = client.get("/rejoindre", query_string={"q": words}).get_data(as_text=True)
    if words == "blois":
        assert "Val de Loire mécanique" not in page
        page = client.get("/rejoindre", query_string={"q": "vendôme"}).get_data(as_text=True)
    assert "Val de Loire mécanique" in page
    assert "Pays de Vitré" not in page


def test_a_search_that_finds_nothing_says_what_to_try(cast: Cast, client: Any) -> None:
    page = client.get("/rejoindre?q=Tokyo").get_data(as_text=True)
    assert "Aucune communauté ouverte à «\xa0Tokyo\xa0»" in page
    assert "Bretagne" in page


def test_drafts_and_sleeping_communities_are_not_offered(cast: Cast, client: Any) -> None:
    with transaction():
        operations.create_community(
            cast.region_loire, by=cast.nadia, name="Berry fonderie", town="Bourges", department="18"
        )
        operations.put_to_sleep(cast.vitre, by=cast.nadia)
    page = client.get("/rejoindre?region=24").get_data(as_text=True)
    assert "Val de Loire mécanique" in page
    assert "Berry fonderie" not in page
    assert "Pays de Vitré" not in client.get("/rejoindre?region=53").get_data(as_text=True)
    assert client.get("/rejoindre/pays-de-vitre").status_code == 404
    assert client.get("/communautes/berry-fonderie").status_code == 404


@pytest.mark.parametrize(
    ("siret", "words"),
    [
        ("73282932000075", "clé de contrôle est fausse"),
        ("7328293200007", "vous en avez saisi 13"),
        ("732829320", "c’est un SIREN"),
        ("00000000000000", "clé de contrôle est fausse"),
        ("abc", "que des chiffres"),
        ("", "quatorze chiffres"),
    ],
)
def test_a_siret_that_cannot_be_is_refused_in_words(cast: Cast, app: Flask, siret: str, words: str) -> None:
    answer = send(app, siret=siret)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert "Tôlerie du Cher" in page, "what was typed stays"
    assert not db.session.query(JoinRequest).count()


@pytest.mark.parametrize("siret", ["73282932000074", "356 000 000 00048", "35600000049837"])
def test_a_siret_that_holds_is_taken_la_poste_included(cast: Cast, app: Flask, siret: str) -> None:
    assert send(app, siret=siret).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [("activity_code", "99"), ("activity_code", "00.00Z"), ("postcode", "00100"), ("postcode", "410"), ("email", "lea@"),
     ("size_class", "giant"), ("charter", ""), ("given_name", ""), ("message", "x" * 2001)],
)  # fmt: skip
def test_a_fault_in_the_form_comes_back_on_its_field(cast: Cast, app: Flask, field: str, value: str) -> None:
    answer = send(app, **{field: value})
    assert answer.status_code == 422
    assert f'href="#{field}' in answer.get_data(as_text=True)


def test_nothing_exists_before_the_address_is_proved(cast: Cast, app: Flask, mailbox: Any) -> None:
    firms, people = db.session.query(Company).count(), db.session.query(User).count()
    answer = send(app)
    assert answer.status_code == 302
    assert "boîte aux lettres" in app.test_client().get(answer.location).get_data(as_text=True)
    path = link_in(mailbox)
    visitor = app.test_client()
    assert "Confirmez votre demande" in visitor.get(path).get_data(as_text=True)
    assert visitor.get(path).status_code == 200, "looking changes nothing"
    assert (db.session.query(Company).count(), db.session.query(User).count()) == (firms, people)


def test_a_proved_request_makes_a_pending_firm_its_referent_and_a_request(
    cast: Cast, app: Flask, mailbox: Any
) -> None:
    send(app)
    path = link_in(mailbox)
    visitor = app.test_client()
    answer = visitor.post(path)
    assert answer.status_code == 302
    page = visitor.get(answer.location).get_data(as_text=True)
    assert "attend son admission" in page
    firm = db.session.query(Company).filter_by(siren="732829320").one()
    assert (firm.state, firm.department, firm.activity_code) == ("pending", "41", "25.11Z")
    assert db.session.query(Site).filter_by(siret="73282932000074").one().time_zone == "Europe/Paris"
    user = db.session.query(User).filter_by(email="lea@tolerie.test").one()
    assert access_of(user).referent_of == {firm.id}
    assert not reads(user, cast.loire)
    membership = db.session.query(CompanyMembership).filter_by(company_id=firm.id).one()
    assert (membership.state, membership.message) == ("requested", "Nous plions et soudons.")
    assert told("membership_requested") == {cast.manon.id}


def test_a_confirmation_serves_once_and_not_for_ever(cast: Cast, app: Flask, mailbox: Any) -> None:
    send(app)
    path = link_in(mailbox)
    assert app.test_client().post(path).status_code == 302
    assert app.test_client().post(path).status_code == 410
    send(app, email="max@tolerie.test")
    path = link_in(mailbox, "max@tolerie.test")
    with clock.frozen(clock.now() + timedelta(days=8)):
        assert app.test_client().post(path).status_code == 410
    assert app.test_client().get("/rejoindre/confirmation/inconnu").status_code == 404


def test_a_form_sent_twice_sends_one_mail(cast: Cast, app: Flask, mailbox: Any) -> None:
    request_id = str(uuid.uuid4())
    assert send(app, request_id=request_id).status_code == 302
    assert send(app, request_id=request_id).status_code == 302
    jobs.drain()
    assert len(mailbox.to("lea@tolerie.test")) == 1


def test_a_known_firm_s_newcomer_waits_for_its_referent_who_invites(
    cast: Cast, app: Flask, mailbox: Any, browser: Any
) -> None:
    siret = db.session.query(Site).filter_by(company_id=cast.atelier.id).one().siret
    assert send(app, siret=siret).status_code == 302
    visitor = app.test_client()
    answer = visitor.post(link_in(mailbox))
    assert answer.status_code == 200
    assert "Ses référents reçoivent votre demande" in answer.get_data(as_text=True)
    assert not db.session.query(User).filter_by(email="lea@tolerie.test").count()
    assert told("colleague_asks") == {cast.rita.id}
    rita = browser(cast.rita)
    assert "Léa Arnaud" in rita.get("/mon-entreprise").get_data(as_text=True)
    join = db.session.query(JoinRequest).one()
    assert browser(cast.ana).get(f"/demandes-de-collegues/{join.id}").status_code == 404
    assert browser(cast.manon).get(f"/demandes-de-collegues/{join.id}").status_code == 404
    assert rita.get(f"/demandes-de-collegues/{join.id}").status_code == 200
    assert rita.post(f"/demandes-de-collegues/{join.id}/invitation").status_code == 302
    assert (
        db.session.query(Invitation).filter_by(email="lea@tolerie.test", company_id=cast.atelier.id).count()
        == 1
    )
    assert rita.post(f"/demandes-de-collegues/{join.id}/invitation").status_code == 404, "answered once"


def test_a_stranger_who_asks_for_a_known_firm_is_set_aside(
    cast: Cast, app: Flask, mailbox: Any, browser: Any
) -> None:
    siret = db.session.query(Site).filter_by(company_id=cast.atelier.id).one().siret
    send(app, siret=siret)
    app.test_client().post(link_in(mailbox))
    join = db.session.query(JoinRequest).one()
    assert browser(cast.rita).post(f"/demandes-de-collegues/{join.id}/ecart").status_code == 302
    assert not db.session.query(Invitation).count()
    assert db.session.get_one(JoinRequest, join.id).state == "dropped"


def test_the_newcomer_of_a_firm_without_referent_is_answered_by_the_manager_and_takes_the_charge(
    cast: Cast, app: Flask, mailbox: Any, browser: Any
) -> None:
    with transaction():
        employment = db.session.query(Employment).filter_by(user_id=cast.bruno.id).one()
        operations.end_employment(employment, by=cast.bruno)
    siret = db.session.query(Site).filter_by(company_id=cast.plasturgie.id).one().siret
    send(app, siret=siret)
    app.test_client().post(link_in(mailbox))
    join = db.session.query(JoinRequest).one()
    assert told("colleague_asks") == {cast.manon.id}
    assert browser(cast.manon).post(f"/demandes-de-collegues/{join.id}/invitation").status_code == 302
    assert db.session.query(Invitation).filter_by(email="lea@tolerie.test").one().as_referent


def test_somebody_who_has_an_account_brings_a_second_firm_with_it(
    cast: Cast, app: Flask, mailbox: Any
) -> None:
    with transaction():
        db.session.get_one(User, cast.yann.id).email = "lea@tolerie.test"
    send(app)
    assert app.test_client().post(link_in(mailbox)).status_code == 302
    forget_access()
    assert len(access_of(cast.yann).companies) == 2
    assert reads(cast.yann, cast.vitre)


def test_a_full_community_offers_a_waiting_place_and_its_neighbours(
    cast: Cast, client: Any, shrink: Any
) -> None:
    shrink(cast.loire, 2)
    with transaction():
        node = operations.create_community(
            cast.region_loire, by=cast.nadia, name="Berry fonderie", town="Bourges", department="18"
        )
        forget_access()
        operations.open_community(node, by=cast.nadia)
        cast.loire.state = "full"
    page = client.get(JOIN).get_data(as_text=True)
    assert "place d’attente" in page
    assert "Berry fonderie" in page


def test_what_nobody_confirmed_is_forgotten(cast: Cast, join_from: Any) -> None:
    old = join_from("vieux@exemple.test")
    kept = join_from("neuf@exemple.test")
    with transaction():
        db.session.get_one(JoinRequest, old.id).created_at = clock.now() - timedelta(days=31)
    jobs.run("communities.purge_join_requests")
    db.session.expire_all()
    assert [row.id for row in db.session.query(JoinRequest)] == [kept.id]


def test_the_desk_warns_when_somebody_else_asked_for_the_same_firm(
    cast: Cast, app: Flask, browser: Any, join_from: Any, mailbox: Any
) -> None:
    first, second = join_from("lea@tolerie.test"), join_from("max@tolerie.test", name="Max")
    with transaction():
        operations.confirm_join(db.session.get_one(JoinRequest, first.id))
        operations.confirm_join(db.session.get_one(JoinRequest, second.id))
    page = browser(cast.manon).get("/communautes/val-de-loire-mecanique/admissions").get_data(as_text=True)
    assert "Une autre personne a demandé à entrer pour ce SIREN." in page
