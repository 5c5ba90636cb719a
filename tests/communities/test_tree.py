"""The nation, its eighteen regions, and communities that open, sleep and close."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from app.communities import operations, queries
from app.communities.models import Node
from app.core.database import transaction
from app.core.errors import Forbidden, Refusal
from app.core.journal import Scope
from app.extensions import db
from tests.support.cast import Cast


def test_the_nation_is_planted_once_with_eighteen_regions_and_their_zones(app: Flask) -> None:
    for _time in range(2):
        with transaction():
            root = operations.bootstrap_nation()
    regions = db.session.query(Node).filter_by(kind="region").all()
    assert len(regions) == 18
    assert all(region.path == f"{root.path}{region.id}." for region in regions)
    zones = {region.code: region.time_zone for region in regions}
    assert (zones["04"], zones["02"], zones["94"]) == ("Indian/Reunion", "America/Martinique", "Europe/Paris")
    scopes = {(row.kind, row.ref) for row in db.session.execute(select(Scope)).scalars()}
    assert all({("region", region.id), ("moderators", region.id)} <= scopes for region in regions)


def test_the_ambassador_prepares_a_community_nobody_sees_then_opens_it(
    cast: Cast, browser: Any, client: Any
) -> None:
    amir = browser(cast.amir)
    data = {
        "name": "Berry fonderie",
        "department": "18",
        "town": "Bourges",
        "summary": "Les fondeurs du Berry.",
        "request_id": str(uuid.uuid4()),
    }
    address = "/regions/centre-val-de-loire/communautes"
    made = amir.post(address, data=data)
    assert made.location == "/communautes/berry-fonderie/reglages"
    assert amir.post(address, data=data).location == made.location, "sent twice, made once"
    assert db.session.query(Node).filter_by(name="Berry fonderie").count() == 1
    assert client.get("/communautes/berry-fonderie").status_code == 404
    assert browser(cast.ana).get("/communautes/berry-fonderie").status_code == 404
    assert "en préparation" in amir.get("/communautes/berry-fonderie").get_data(as_text=True)
    assert amir.post("/communautes/berry-fonderie/ouverture").status_code == 302
    page = client.get("/communautes/berry-fonderie").get_data(as_text=True)
    assert "Les fondeurs du Berry." in page
    db.session.rollback()
    node = db.session.query(Node).filter_by(slug="berry-fonderie").one()
    assert (node.state, node.region_code, node.time_zone) == ("forming", "24", "Europe/Paris")


def test_two_communities_of_one_name_have_two_addresses(cast: Cast) -> None:
    with transaction():
        node = operations.create_community(
            cast.region_loire, by=cast.amir, name="Val de Loire mécanique", town="Tours", department="37"
        )
    assert node.slug == "val-de-loire-mecanique-2"


def test_a_department_of_another_region_is_refused(cast: Cast, browser: Any) -> None:
    with pytest.raises(Refusal, match="n’est pas dans la région"), transaction():
        operations.create_community(
            cast.region_loire, by=cast.amir, name="Ailleurs", town="Rennes", department="35"
        )
    answer = browser(cast.amir).post(
        "/regions/centre-val-de-loire/communautes",
        data={"name": "Ailleurs", "department": "35", "town": "Rennes", "request_id": str(uuid.uuid4())},
    )
    assert answer.status_code == 422


def test_a_manager_edits_what_the_community_says_and_opens_nothing(cast: Cast, browser: Any) -> None:
    manon = browser(cast.manon)
    address = "/communautes/val-de-loire-mecanique/reglages"
    assert "L’ambassadeur de la région" in manon.get(address).get_data(as_text=True)
    assert manon.post(address, data={"name": "", "town": "Blois"}).status_code == 422
    assert (
        manon.post(address, data={"name": "Val de Loire", "town": "Blois", "summary": "Usinage"}).status_code
        == 302
    )
    db.session.rollback()
    node = db.session.query(Node).filter_by(slug="val-de-loire-mecanique").one()
    assert (node.name, node.town, node.summary) == ("Val de Loire", "Blois", "Usinage")
    assert manon.post("/communautes/val-de-loire-mecanique/sommeil").status_code == 403


def test_a_community_sleeps_wakes_and_closes_for_good(cast: Cast, browser: Any) -> None:
    amir = browser(cast.amir)
    states = []
    for act in ("sommeil", "ouverture", "fermeture"):
        if act == "fermeture":
            assert "Fermer pour de bon" in amir.get(f"/communautes/val-de-loire-mecanique/{act}").get_data(
                as_text=True
            )
        assert amir.post(f"/communautes/val-de-loire-mecanique/{act}").status_code == 302
        db.session.rollback()
        states.append(db.session.query(Node).filter_by(slug="val-de-loire-mecanique").one().state)
    assert states == ["dormant", "forming", "closed"]
    assert amir.post("/communautes/val-de-loire-mecanique/ouverture").status_code == 422
    assert amir.post("/communautes/val-de-loire-mecanique/fermeture").status_code == 422
    assert amir.post("/communautes/val-de-loire-mecanique/sommeil").status_code == 422
    assert "est fermée" in browser(cast.ana).get("/communautes/val-de-loire-mecanique").get_data(as_text=True)


def test_a_region_is_created_by_the_national_team_alone(cast: Cast) -> None:
    with pytest.raises(Refusal, match="déjà ouverte"), transaction():
        operations.create_region("24", by=cast.nadia)
    with pytest.raises(Refusal, match="n’existe pas"), transaction():
        operations.create_region("05", by=cast.nadia)
    with pytest.raises(Forbidden), transaction():
        operations.create_region("24", by=cast.amir)


def test_a_region_shows_its_team_to_members_and_only_sums_to_visitors(
    cast: Cast, browser: Any, client: Any
) -> None:
    address = "/regions/centre-val-de-loire"
    visitor = client.get(address).get_data(as_text=True)
    assert "Val de Loire mécanique" in visitor
    assert "Amir Haddad" not in visitor
    assert "Amir Haddad" in browser(cast.ana).get(address).get_data(as_text=True)
    assert client.get("/regions/atlantide").status_code == 404
    assert client.get("/national").status_code == 302
    assert "Bretagne" in browser(cast.ana).get("/national").get_data(as_text=True)


def test_who_runs_a_place_is_named_from_the_nearest_level(cast: Cast) -> None:
    runners = queries.runners_of(cast.loire)
    assert [(runner.name, runner.role) for runner in runners] == [
        ("Manon Petit", "community_manager"),
        ("Amir Haddad", "ambassador"),
    ]
    assert [person.id for person in queries.managers_of(cast.loire.id)] == [cast.manon.id]
    with transaction():
        operations.let_go(cast.manon.id)
    assert [person.id for person in queries.managers_of(cast.loire.id)] == [cast.amir.id]


def test_an_author_stands_beside_a_firm_or_else_a_role(cast: Cast) -> None:
    assert queries.byline(cast.ana.id, cast.atelier.id) == "Atelier Brenne, Vendôme"
    with force_locale("en"):
        assert queries.byline(cast.amir.id, None) == "Ambassadeur, Centre-Val de Loire"
    with transaction():
        operations.let_go(cast.amir.id)
    assert queries.byline(cast.amir.id, None) == ""
