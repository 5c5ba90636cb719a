"""What waits for the people of a lab, and the dangers that moderators of its place see on their desk."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.communities.access import access_of, forget_access
from app.core.database import release
from app.extensions import db
from app.moderation import waiting
from app.resources.models import Incident, Lab, Machine, Occupation
from tests.support.cast import Cast, sign_in
from tests.support.labs import add_machine, at, reserve


def state_of(booking: Any) -> str:
    release()
    return db.session.execute(select(Occupation.state).filter_by(id=booking.id)).scalar_one()


def report(app: Flask, user: Any, machine: Machine, severity: str) -> Any:
    return sign_in(app.test_client(), user).post(
        f"/machines/{machine.id}/signalement",
        data={"severity": severity, "text": "Le capot ne ferme plus.", "request_id": str(uuid.uuid4())},
    )


def test_the_people_of_the_lab_accept_and_refuse_and_others_do_not(app: Flask, cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, needs_approval=True)
    first = reserve(cast.ana, machine, at(1, 9), at(1, 11), purpose="Capots inox")
    second = reserve(cast.ana, machine, at(2, 9), at(2, 11))
    manon = sign_in(app.test_client(), cast.manon)
    assert "Capots inox" in manon.get(f"/labs/{lab.id}/gestion/demandes").text
    for user in (cast.bruno, cast.amir, cast.yann, cast.ana):
        answer = sign_in(app.test_client(), user).post(f"/reservations/{first.id}/acceptation")
        assert answer.status_code in (403, 404)
    assert manon.post(f"/reservations/{first.id}/acceptation").status_code == 302
    assert manon.post(f"/reservations/{second.id}/refus", data={"reason": ""}).status_code == 422
    assert manon.post(f"/reservations/{second.id}/refus", data={"reason": "Maintenance."}).status_code == 302
    assert (state_of(first), state_of(second)) == ("confirmed", "refused")


def test_a_danger_is_reported_by_a_reader_seen_on_the_desk_and_lifted_by_the_lab(
    app: Flask, cast: Cast, lab: Lab, machine: Machine
) -> None:
    booking = reserve(cast.bruno, machine, at(1, 9), at(1, 11))
    assert report(app, cast.yann, machine, "danger").status_code == 404
    assert report(app, cast.ana, machine, "danger").status_code == 302
    assert state_of(booking) == "suspended"
    incident = db.session.execute(select(Incident)).scalar_one()
    forget_access()
    assert [item.id for item in waiting.everything(cast.amir) if item.kind == "danger"] == [incident.id]
    assert waiting.pending_count(access_of(cast.amir)) == len(waiting.everything(cast.amir))
    assert [item for item in waiting.everything(cast.anne) if item.kind == "danger"] == []
    release()
    manon = sign_in(app.test_client(), cast.manon)
    assert "Le capot ne ferme plus." in manon.get(f"/labs/{lab.id}/gestion/demandes").text
    done = {"answer": "Capot remplacé.", "reopens": "1"}
    assert (
        sign_in(app.test_client(), cast.ana).post(f"/incidents/{incident.id}/suite", data=done).status_code
        == 404
    )
    assert manon.post(f"/incidents/{incident.id}/suite", data=done).status_code == 302
    assert state_of(booking) == "confirmed"
    forget_access()
    assert [item for item in waiting.everything(cast.amir) if item.kind == "danger"] == []


def test_a_report_without_words_comes_back_as_it_was(app: Flask, cast: Cast, machine: Machine) -> None:
    page = sign_in(app.test_client(), cast.ana).post(
        f"/machines/{machine.id}/signalement", data={"severity": "fault", "request_id": str(uuid.uuid4())}
    )
    assert page.status_code == 422 and "Dites ce que vous avez vu" in page.text
