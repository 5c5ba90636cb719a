"""Stopping a machine through its pages: what is touched is read first, decided one by one, and never goes unseen."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.database import release
from app.core.time import Clock
from app.extensions import db
from app.resources.models import Lab, Machine, Outage
from app.resources.queries.occupations import booking as booking_row
from tests.support import labs
from tests.support.cast import Cast, sign_in
from tests.support.labs import add_machine, at, reserve


@pytest.fixture
def manon(app: Flask, cast: Cast, lab: Lab) -> FlaskClient:
    """One of the people of the lab."""
    return sign_in(app.test_client(), cast.manon)


def typed(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "outage",
        "unit_id": "0",
        "reason": "Tube à changer",
        "starts_at": "2026-11-24T08:00",
        "expected_end": "2026-11-26T12:00",
        "treatment": "suspend",
        "request_id": str(uuid.uuid4()),
        **fields,
    }


def new(machine: Machine) -> str:
    return f"/machines/{machine.id}/gestion/arrets/nouveau"


def states(*bookings: Any) -> list[str]:
    release()
    return [booking_row(booking.id).state for booking in bookings]


def only_outage() -> Outage:
    release()
    return db.session.execute(select(Outage).execution_options(populate_existing=True)).scalar_one()


def test_what_an_outage_touches_is_read_then_decided_one_by_one(
    manon: FlaskClient, cast: Cast, machine: Machine
) -> None:
    kept = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    dropped = reserve(cast.bruno, machine, at(2, 9), at(2, 11), is_confidential=True)
    form = typed()
    read = manon.post(new(machine), data=form)
    assert read.status_code == 200 and states(kept, dropped) == ["confirmed", "confirmed"]
    assert "2 réservations touchées" in read.text and "Rien n’est encore arrêté" in read.text
    assert "Ana Costa" in read.text and read.text.count("confidentielle") == 1
    assert db.session.execute(select(Outage)).first() is None
    decided = {**form, "lue": "1", "vue": [kept.id, dropped.id], f"sort-{dropped.id}": "cancel"}
    done = manon.post(new(machine), data=decided)
    assert done.status_code == 302 and states(kept, dropped) == ["suspended", "cancelled"]
    shown = manon.get(done.headers["Location"]).text
    assert "1 réservation attend la machine. 1 réservation est annulée." in shown
    assert manon.post(new(machine), data=decided).status_code == 302
    assert only_outage().reason == "Tube à changer", "sent twice, stopped once"


def test_all_are_cancelled_at_once(manon: FlaskClient, cast: Cast, machine: Machine) -> None:
    both = [reserve(person, machine, at(n, 9), at(n, 11)) for n, person in ((1, cast.ana), (2, cast.bruno))]
    manon.post(new(machine), data=typed(treatment="cancel", lue="1", vue=[row.id for row in both]))
    assert states(*both) == ["cancelled", "cancelled"]


def test_somebody_who_books_meanwhile_is_never_cancelled_unseen(
    manon: FlaskClient, cast: Cast, machine: Machine
) -> None:
    read = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    newcomer = reserve(cast.bruno, machine, at(2, 9), at(2, 11))
    form = typed(treatment="cancel", lue="1", vue=[read.id], **{f"sort-{read.id}": "suspend"})
    stale = manon.post(new(machine), data=form)
    assert stale.status_code == 409 and states(read, newcomer) == ["confirmed", "confirmed"]
    assert stale.text.count("nouvelle dans la liste") == 1 and "La liste a changé" in stale.text
    assert re.search(r'<option value="suspend" selected>', stale.text), "what was decided stays"
    assert 'value="Tube à changer"' in stale.text
    agreed = manon.post(new(machine), data={**form, "vue": [read.id, newcomer.id]})
    assert agreed.status_code == 302 and states(read, newcomer) == ["suspended", "cancelled"]


def test_a_machine_that_nobody_booked_stops_at_once(manon: FlaskClient, machine: Machine) -> None:
    done = manon.post(new(machine), data=typed(starts_at="", expected_end=""))
    assert done.status_code == 302
    outage = only_outage()
    assert (outage.starts_at, outage.expected_end) == (at(0, 8), None)
    assert "En panne, retour inconnu" in manon.get(f"/machines/{machine.id}").text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"reason": ""}, "Dites ce qui se passe"),
        ({"expected_end": "2026-11-24T07:00"}, "Le retour vient après le début"),
        ({"expected_end": "9999-12-31T23:59"}, "Cette date est trop lointaine"),
        ({"starts_at": "2027-03-28T02:30", "expected_end": ""}, "Cette heure n’existe pas ce jour-là"),
    ],
)
def test_what_cannot_be_is_said_where_it_was_typed(
    manon: FlaskClient, machine: Machine, wrong: dict[str, str], sentence: str
) -> None:
    page = manon.post(new(machine), data=typed(**wrong))
    assert page.status_code == 422 and sentence in page.text
    assert 'value="2026-11-24T08:00"' in page.text or "starts_at" in wrong
    assert db.session.execute(select(Outage)).first() is None


def test_one_unit_stops_and_its_bookings_alone_are_shown(manon: FlaskClient, cast: Cast, lab: Lab) -> None:
    pair = add_machine(lab, units=2)
    first = reserve(cast.ana, pair, at(1, 9), at(1, 11))
    second = reserve(cast.bruno, pair, at(1, 9), at(1, 11))
    read = manon.post(new(pair), data=typed(unit_id=first.unit_id)).text
    assert "Ana Costa" in read and "Bruno" not in read
    manon.post(new(pair), data=typed(unit_id=first.unit_id, lue="1", vue=[first.id]))
    assert states(first, second) == ["suspended", "confirmed"]
    assert f"{first.unit_name} : arrêt prévu" in manon.get(f"/machines/{pair.id}").text
    assert manon.post(new(pair), data=typed(unit_id=10**6)).status_code == 404


def test_another_end_shows_what_it_takes_and_what_it_gives_back(
    manon: FlaskClient, cast: Cast, machine: Machine
) -> None:
    early = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    late = reserve(cast.bruno, machine, at(5, 9), at(5, 11))
    manon.post(new(machine), data=typed(lue="1", vue=[early.id]))
    where = f"/arrets/{only_outage().id}/echeance"
    longer = {"expected_end": "2026-11-29T12:00", "treatment": "suspend", "request_id": str(uuid.uuid4())}
    read = manon.post(where, data=longer)
    assert read.status_code == 200 and "1 réservation touchée" in read.text
    assert states(early, late) == ["suspended", "confirmed"]
    assert manon.post(where, data={**longer, "lue": "1"}).status_code == 409, "not read, not done"
    assert states(late) == ["confirmed"]
    assert manon.post(where, data={**longer, "lue": "1", "vue": [late.id]}).status_code == 302
    assert states(early, late) == ["suspended", "suspended"]
    shorter = {**longer, "expected_end": "2026-11-25T12:00"}
    back = manon.post(where, data=shorter)
    assert "1 réservation revient" in back.text and states(late) == ["suspended"]
    manon.post(where, data={**shorter, "lue": "1"})
    assert states(early, late) == ["suspended", "confirmed"]
    past = manon.post(where, data={**longer, "expected_end": "2026-11-20T12:00"})
    assert past.status_code == 422 and 'value="2026-11-20T12:00"' in past.text


def test_an_outage_ends_and_says_what_came_back(
    manon: FlaskClient, cast: Cast, machine: Machine, monday: Clock
) -> None:
    missed = reserve(cast.ana, machine, at(0, 9), at(0, 11))
    saved = reserve(cast.bruno, machine, at(0, 14), at(0, 16))
    form = typed(starts_at="", expected_end="", lue="1", vue=[missed.id, saved.id])
    here = manon.post(new(machine), data=form).headers["Location"]
    monday.advance(timedelta(hours=2))
    page = manon.get(here).text
    assert page.count("trop tard pour revenir") == 1 and page.count("revient si la machine repart") == 1
    ended = manon.post(f"{here}/reprise", data={"note": "Tube changé"})
    said = manon.get(ended.headers["Location"]).text
    assert "1 réservation revient. 1 réservation n’a pas pu revenir." in said
    assert states(missed, saved) == ["cancelled", "confirmed"]
    assert "Tube changé" in manon.get(here).text and "Arrêt terminé" in manon.get(here).text
    assert manon.post(f"{here}/reprise").status_code == 409


def test_a_danger_is_lifted_by_saying_what_was_done_and_has_no_date(
    app: Flask, manon: FlaskClient, cast: Cast, machine: Machine
) -> None:
    sign_in(app.test_client(), cast.ana).post(
        f"/machines/{machine.id}/signalement",
        data={"severity": "danger", "text": "Capot ouvert.", "request_id": str(uuid.uuid4())},
    )
    here = f"/arrets/{only_outage().id}"
    assert f"{here}/reprise" not in manon.get(here).text and "Voir ce qui est signalé" in manon.get(here).text
    assert manon.post(f"{here}/reprise").status_code == 409
    later = {"expected_end": "2026-11-29T12:00", "treatment": "suspend", "request_id": str(uuid.uuid4())}
    assert "Un danger n’a pas de date" in manon.post(f"{here}/echeance", data=later).text
    assert only_outage().ended_at is None


def test_readers_see_until_when_and_why_on_the_machine_and_in_the_week(
    app: Flask, manon: FlaskClient, cast: Cast, lab: Lab, machine: Machine
) -> None:
    manon.post(new(machine), data=typed(starts_at=""))
    ana = sign_in(app.test_client(), cast.ana)
    page = ana.get(f"/machines/{machine.id}").text
    assert "En panne jusqu’au jeudi 26\N{NO-BREAK SPACE}novembre" in page and "Tube à changer" in page
    assert "/arrets/" not in page, "only the people of the lab look after it"
    assert "Tube à changer, retour 26" in ana.get(f"/labs/{lab.id}?jour=2026-11-24").text
    assert f"/arrets/{only_outage().id}" in manon.get(f"/machines/{machine.id}").text
    assert "Machines à l’arrêt" in manon.get(f"/labs/{lab.id}/gestion/demandes").text
    assert "En panne jusqu’au" in manon.get(f"/machines/{machine.id}/gestion").text


def test_the_referent_of_the_firm_that_lends_a_machine_finds_where_to_describe_it(
    app: Flask, cast: Cast, lab: Lab
) -> None:
    machine = add_machine(lab, owner_company_id=cast.atelier.id)
    door = f"/machines/{machine.id}/gestion"
    rita, ana = (sign_in(app.test_client(), who) for who in (cast.rita, cast.ana))
    assert f'href="{door}"' in rita.get(f"/machines/{machine.id}").text
    assert rita.get(door).status_code == 200 and "arrets/nouveau" not in rita.get(door).text
    assert f'href="{door}"' not in ana.get(f"/machines/{machine.id}").text


def test_a_confidential_booking_that_lacks_something_names_nobody_to_who_only_runs_the_place(
    app: Flask, manon: FlaskClient, cast: Cast, lab: Lab
) -> None:
    machine = add_machine(lab, needs=["training_robot"])
    held = labs.qualify(cast.ana, "training_robot", lab=lab)
    reserve(cast.ana, machine, at(2, 9), at(2, 11), is_confidential=True)
    manon.post(f"/qualifications/{held.id}/retrait", data={"reason": "À reprendre."})
    where = f"/labs/{lab.id}/gestion/demandes"
    assert "Ana Costa" in manon.get(where).text
    amir = sign_in(app.test_client(), cast.amir).get(where).text
    assert "Réservations sans l’habilitation" in amir and "Ana Costa" not in amir
