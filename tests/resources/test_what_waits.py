"""What waits for the people of a lab, and the dangers that moderators of its place see on their desk."""

from __future__ import annotations

import io
import re
import uuid
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.communities.access import access_of, forget_access
from app.core.database import release
from app.extensions import db
from app.moderation import waiting
from app.resources.models import Incident, Lab, Machine, Occupation
from tests.support.cast import Cast, sign_in
from tests.support.labs import add_machine, at, name_staff, open_lab, reserve


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


def on_the_desk(user: Any) -> list[tuple[str, int, str]]:
    """What of labs waits for somebody; the badge counts the same."""
    release()
    forget_access()
    found = waiting.everything(user)
    assert waiting.pending_count(access_of(user)) == len(found)
    kinds = ("incident", "booking")
    return sorted((item.kind, item.id, item.url) for item in found if item.kind in kinds)


def test_reports_and_requests_wait_on_the_desk_of_those_who_answer_them(
    app: Flask, cast: Cast, lab: Lab
) -> None:
    machine = add_machine(lab, needs_approval=True)
    asked = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    report(app, cast.ana, machine, "fault")
    incident = db.session.execute(select(Incident.id)).scalar_one()
    page = f"/labs/{lab.id}/gestion/demandes"
    both = [
        ("booking", asked.id, f"{page}#demande-{asked.id}"),
        ("incident", incident, f"{page}#incident-{incident}"),
    ]
    assert on_the_desk(cast.manon) == both, "of the lab's people, and she moderates"
    for user in (cast.amir, cast.nadia, cast.anne, cast.ana):
        assert on_the_desk(user) == [], "whoever cannot answer is not called"
    manon = sign_in(app.test_client(), cast.manon)
    shown = manon.get(page).text
    assert f'id="demande-{asked.id}"' in shown and f'id="incident-{incident}"' in shown
    manon.post(f"/incidents/{incident}/suite", data={"answer": "Vu."})
    manon.post(f"/reservations/{asked.id}/acceptation")
    assert on_the_desk(cast.manon) == []


def test_where_a_lab_has_nobody_those_who_can_name_somebody_are_called(app: Flask, cast: Cast) -> None:
    empty = open_lab(cast.loire)
    machine = add_machine(empty, needs_approval=True)
    report(app, cast.ana, machine, "remark")
    for user in (cast.manon, cast.amir, cast.nadia):
        assert [(kind, url) for kind, _id, url in on_the_desk(user)] == [
            ("incident", f"/labs/{empty.id}/gestion/equipe")
        ]
    assert on_the_desk(cast.anne) == []
    name_staff(empty, cast.bruno, "machine_trainer")
    assert on_the_desk(cast.amir) == []


def test_an_answer_that_is_refused_stands_where_it_was_typed(
    app: Flask, cast: Cast, lab: Lab, machine: Machine
) -> None:
    asked = reserve(cast.ana, add_machine(lab, needs_approval=True), at(1, 9), at(1, 11))
    report(app, cast.ana, machine, "danger")
    incident = db.session.execute(select(Incident.id)).scalar_one()
    manon = sign_in(app.test_client(), cast.manon)
    long = "Capot changé. " * 200
    answer = manon.post(f"/incidents/{incident}/suite", data={"answer": long, "reopens": "1"})
    assert answer.status_code == 422 and "en 2000 caractères au plus" in answer.text
    assert long.strip() in answer.text and 'name="reopens" value="1" checked' in answer.text
    reason = "non " * 150
    answer = manon.post(f"/reservations/{asked.id}/refus", data={"reason": reason})
    assert answer.status_code == 422 and "500 caractères au plus" in answer.text and reason in answer.text
    assert f'id="demande-{asked.id}-error"' in answer.text
    manon.post(f"/reservations/{asked.id}/refus", data={"reason": "Maintenance."})
    twice = manon.post(f"/reservations/{asked.id}/acceptation")
    assert twice.status_code == 409 and "déjà reçu une réponse" in twice.text


def test_the_photos_of_a_report_are_shown_to_those_who_answer_it(
    app: Flask, cast: Cast, lab: Lab, machine: Machine
) -> None:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#334").save(content, "PNG")
    content.seek(0)
    sign_in(app.test_client(), cast.ana).post(
        f"/machines/{machine.id}/signalement",
        data={
            "severity": "fault",
            "text": "Voyez la vitre.",
            "request_id": str(uuid.uuid4()),
            "photos": (content, "vitre.png"),
        },
    )
    manon = sign_in(app.test_client(), cast.manon)
    page = manon.get(f"/labs/{lab.id}/gestion/demandes").text
    found = re.search(r'src="(/blobs/[^"]+/thumb)"', page)
    assert found is not None
    with manon.get(found[1]) as photo:
        assert photo.status_code == 200
    assert sign_in(app.test_client(), cast.bruno).get(found[1]).status_code == 404


def test_the_people_of_a_lab_read_on_its_page_how_much_waits(
    app: Flask, cast: Cast, lab: Lab, machine: Machine
) -> None:
    waits = re.compile(r'class="count"[^>]*>1<')
    manon, ana = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.ana)
    assert not waits.search(manon.get(f"/labs/{lab.id}").text.partition("lab-links")[2][:900])
    report(app, cast.ana, machine, "fault")
    assert waits.search(manon.get(f"/labs/{lab.id}").text.partition("lab-links")[2][:900])
    assert not waits.search(ana.get(f"/labs/{lab.id}").text.partition("lab-links")[2][:900])
