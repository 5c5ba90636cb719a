"""The pages of administration: hours as people write them, what was typed kept, what is refused said where it is."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.database import release
from app.core.errors import Refusal
from app.extensions import db
from app.resources import spoken
from app.resources.models import Lab, LabHours, Machine, Qualification, QualificationType
from tests.support.cast import Cast, sign_in
from tests.support.labs import add_machine, at, qualify, reserve


@pytest.fixture
def manon(app: Flask, cast: Cast, lab: Lab) -> FlaskClient:
    """Who runs the lab."""
    return sign_in(app.test_client(), cast.manon)


@pytest.mark.parametrize(
    ("words", "spans"),
    [
        ("8:00–12:00, 13:30–18:00", [(480, 720), (810, 1080)]),
        ("8h-12h et 13h30-18h", [(480, 720), (810, 1080)]),
        ("8 h à 12 h ; 13 h 30 à 18 h", [(480, 720), (810, 1080)]),
        ("8\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}18\N{NO-BREAK SPACE}h", [(480, 1080)]),
        ("0:00-24:00", [(0, 1440)]),
        ("Fermé", []),
        ("", []),
    ],
)
def test_hours_are_read_as_people_write_them(words: str, spans: list[Any]) -> None:
    assert spoken.stretches(words) == spans
    assert spoken.stretches(spoken.day_in_words(spans)) == spans


@pytest.mark.parametrize("words", ["matin", "8h", "8:75-12:00", "8h-25h", "de 8 à 12", "8-12-14"])
def test_other_words_are_refused(app: Flask, words: str) -> None:
    with app.test_request_context(), pytest.raises(Refusal):
        spoken.stretches(words)


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("30 min", 30),
        ("1 h 30", 90),
        ("2 heures", 120),
        ("2 jours", 2880),
        ("45", 45),
        ("0", 0),
        ("1 j 4 h", 1680),
    ],
)
def test_lengths_are_read_as_people_write_them(words: str, minutes: int) -> None:
    assert spoken.minutes(words) == minutes


@pytest.mark.parametrize("words", ["", "longtemps", "-5", "99999999 h"])
def test_other_lengths_are_refused(app: Flask, words: str) -> None:
    with app.test_request_context(), pytest.raises(Refusal):
        spoken.minutes(words)


def test_a_week_with_one_wrong_day_keeps_what_was_typed_and_changes_nothing(
    manon: FlaskClient, lab: Lab
) -> None:
    page = manon.post(f"/labs/{lab.id}/gestion/horaires", data={"day0": "8h-12h", "day1": "le matin"})
    assert page.status_code == 422
    assert 'value="le matin"' in page.text and 'value="8h-12h"' in page.text
    release()
    assert len(db.session.execute(select(LabHours).filter_by(lab_id=lab.id)).all()) == 7


def test_the_rules_of_a_machine_come_back_as_they_were_written(manon: FlaskClient, lab: Lab) -> None:
    machine = add_machine(lab, cleanup_minutes=90)
    page = manon.get(f"/machines/{machine.id}/gestion/regles").text
    assert "1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}30" in page
    refused = manon.post(
        f"/machines/{machine.id}/gestion/regles",
        data={"step_minutes": "un peu", "default_minutes": "2 h", "supervision": "free"},
    )
    assert refused.status_code == 422 and 'value="un peu"' in refused.text


def test_a_machine_is_added_described_and_opened(manon: FlaskClient, cast: Cast, lab: Lab) -> None:
    typed = {
        "name": "Bras de mesure",
        "specification": "Portée : 2,5 m\nIncertitude : 30 µm",
        "to_know": "Salle à 20 °C.\n",
        "owner_company_id": "0",
        "units": "2",
    }
    added = manon.post(
        f"/labs/{lab.id}/gestion/machines/nouvelle", data={**typed, "request_id": str(uuid.uuid4())}
    )
    assert added.status_code == 302
    machine = db.session.execute(select(Machine).filter_by(name="Bras de mesure")).scalar_one()
    assert machine.specification == [["Portée", "2,5 m"], ["Incertitude", "30 µm"]]
    assert machine.state == "not_opened"
    release()
    manon.post(f"/machines/{machine.id}/gestion/etat", data={"state": "bookable"})
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11)).state == "confirmed"
    wrong = manon.post(
        f"/labs/{lab.id}/gestion/machines/nouvelle",
        data={**typed, "specification": "lourd", "request_id": str(uuid.uuid4())},
    )
    assert wrong.status_code == 422 and "lourd" in wrong.text


def test_closing_a_booked_day_says_how_many_bookings_stand_there(
    manon: FlaskClient, cast: Cast, lab: Lab
) -> None:
    reserve(cast.ana, add_machine(lab), at(1, 9), at(1, 11))
    typed = {"day": "2026-11-24", "origin": "lab", "label": "Inventaire"}
    refused = manon.post(f"/labs/{lab.id}/gestion/jours", data=typed)
    assert refused.status_code == 422 and "1 réservation commence ce jour-là" in refused.text
    kept = manon.post(f"/labs/{lab.id}/gestion/jours", data={**typed, "despite_bookings": "y"})
    shown = manon.get(kept.headers["Location"])
    assert "1 réservation y reste" in shown.text and "Inventaire" in shown.text


def test_an_address_without_an_account_names_nobody(manon: FlaskClient, lab: Lab) -> None:
    page = manon.post(
        f"/labs/{lab.id}/gestion/equipe",
        data={"person": "personne@exemple.test", "role": "machine_trainer"},
    )
    assert page.status_code == 422 and "Aucun compte" in page.text


def test_a_person_is_qualified_found_by_name_and_taken_back_with_a_reason(
    manon: FlaskClient, cast: Cast, lab: Lab
) -> None:
    where = f"/labs/{lab.id}/gestion/qualifications"
    kind = db.session.execute(select(QualificationType.id).filter_by(code="training_robot")).scalar_one()
    assert "Ana Costa" in manon.get(f"{where}?q=costa").text
    manon.post(
        where,
        data={"q": "costa", "person_id": cast.ana.id, "type_id": kind, "request_id": str(uuid.uuid4())},
    )
    held = db.session.execute(select(Qualification).filter_by(user_id=cast.ana.id)).scalar_one()
    release()
    assert "Formation robot" in manon.get(where).text
    manon.post(f"/qualifications/{held.id}/retrait", data={"reason": "À reprendre."})
    assert "23 novembre 2029" not in manon.get(where).text


def test_a_referent_sees_what_the_firm_allowed_and_no_other_firm_s(app: Flask, cast: Cast, lab: Lab) -> None:
    qualify(cast.ana, "employer_authorisation", company=cast.atelier)
    rita = sign_in(app.test_client(), cast.rita).get("/mon-entreprise/autorisations")
    assert "Ana Costa" in rita.text
    bruno = sign_in(app.test_client(), cast.bruno)
    assert "Ana Costa" not in bruno.get("/mon-entreprise/autorisations").text
    assert bruno.get(f"/mon-entreprise/autorisations?entreprise={cast.atelier.id}").status_code == 404
    assert sign_in(app.test_client(), cast.ana).get("/mon-entreprise/autorisations").status_code == 404


@pytest.mark.parametrize(
    "part", ["", "/fiche", "/horaires", "/jours", "/lieux", "/equipe", "/qualifications"]
)
def test_the_pages_of_a_lab_are_drawn(manon: FlaskClient, lab: Lab, part: str) -> None:
    page = manon.get(f"/labs/{lab.id}/gestion{part}")
    assert page.status_code == 200 and lab.name in page.text


@pytest.mark.parametrize("part", ["", "/fiche", "/regles", "/conditions"])
def test_the_pages_of_a_machine_are_drawn(manon: FlaskClient, lab: Lab, part: str) -> None:
    machine = add_machine(lab, needs=["training_robot"])
    page = manon.get(f"/machines/{machine.id}/gestion{part}")
    assert page.status_code == 200 and machine.name in page.text


def test_the_other_forms_are_drawn(app: Flask, manon: FlaskClient, cast: Cast, lab: Lab) -> None:
    for path in (
        f"/labs/{lab.id}/gestion/machines/nouvelle",
        f"/labs/{lab.id}/gestion/qualifications/nouvelle",
    ):
        assert manon.get(path).status_code == 200
    amir = sign_in(app.test_client(), cast.amir)
    assert amir.get(f"/lieux/{cast.loire.id}/labs/nouveau").status_code == 200
