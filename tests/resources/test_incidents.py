"""What is wrong with a machine, said by whoever sees it: a danger locks it at once and everybody concerned knows."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from app.core import jobs, things
from app.core.database import release, transaction
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.time import clock
from app.extensions import db
from app.notifications.models import Mail, Notification
from app.resources.models import Incident, Machine, Outage
from app.resources.operations.incidents import handle_incident, report_incident
from app.resources.operations.refusing import BookingRefused
from app.resources.queries.occupations import booking as booking_row
from tests.support.cast import Cast
from tests.support.labs import add_machine, at, open_lab, reserve


def report(machine: Machine, by: Any, severity: str, text: str = "Capot fendu", **more: Any) -> Incident:
    more.setdefault("request_id", str(uuid.uuid4()))
    with transaction():
        incident = report_incident(machine, by=by, severity=severity, text=text, **more)
    release()
    return incident


def told(person: Any) -> list[str]:
    jobs.drain()
    release()
    rows = db.session.execute(
        select(Notification.kind).where(Notification.user_id == person.id).order_by(Notification.id)
    )
    kinds = list(rows.scalars())
    release()
    return kinds


def test_a_danger_locks_the_machine_and_tells_everybody_within_the_minute(
    cast: Cast, machine: Machine
) -> None:
    mine = reserve(cast.bruno, machine, at(0, 8), at(0, 10))
    coming = reserve(cast.bruno, machine, at(2, 9), at(2, 11))
    jobs.drain()
    incident = report(machine, cast.ana, "danger")
    assert [booking_row(booking.id).state for booking in (mine, coming)] == ["suspended", "suspended"]
    with pytest.raises(BookingRefused) as refused:
        reserve(cast.ana, machine, at(3, 9), at(3, 10))
    assert [reason.code for reason in refused.value.why] == ["danger"]
    outage = db.session.get_one(Outage, incident.outage_id)
    assert (outage.kind, outage.expected_end) == ("danger", None)
    # The clock stands still: whatever is sent now is sent within the minute.
    assert told(cast.bruno)[-2:] == ["booking_suspended", "booking_suspended"]
    assert "danger_reported" in told(cast.manon)
    sent = db.session.execute(select(Mail.kind, Mail.created_at).where(Mail.user_id == cast.bruno.id)).all()
    assert [kind for kind, _at in sent].count("booking_suspended") == 2
    assert {at_ for _kind, at_ in sent} == {clock.now()}


def test_a_remark_is_told_and_stops_nothing(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 10))
    incident = report(machine, cast.bruno, "remark", "Il manque des gants")
    assert booking_row(booking.id).state == "confirmed"
    assert incident.outage_id is None
    assert told(cast.manon)[-1] == "incident_reported"


def test_whoever_reported_learns_what_was_done(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.bruno, machine, at(1, 9), at(1, 11))
    incident = report(machine, cast.ana, "danger")
    with transaction():
        handle_incident(incident, by=cast.manon, answer="Capot remplacé", reopens=True)
    assert booking_row(booking.id).state == "confirmed"
    assert told(cast.ana)[-1] == "incident_handled"
    with pytest.raises(Refusal) as refused, transaction():
        handle_incident(incident, by=cast.manon, answer="Encore")
    assert refused.value.status == 409


def test_a_second_danger_keeps_the_machine_locked(cast: Cast, machine: Machine) -> None:
    first, second = report(machine, cast.ana, "danger"), report(machine, cast.bruno, "danger", "Fumée")
    assert first.outage_id == second.outage_id
    with pytest.raises(Refusal) as refused, transaction():
        handle_incident(first, by=cast.manon, answer="Fait", reopens=True)
    assert refused.value.status == 409
    with transaction():
        handle_incident(second, by=cast.manon, answer="Ventilation réglée")
    with transaction():
        handle_incident(first, by=cast.manon, answer="Fait", reopens=True)
    assert reserve(cast.ana, machine, at(1, 9), at(1, 10))


def test_a_report_sent_twice_is_one(cast: Cast, machine: Machine) -> None:
    request_id = str(uuid.uuid4())
    first = report(machine, cast.ana, "danger", request_id=request_id)
    again = report(machine, cast.ana, "danger", request_id=request_id)
    assert first.id == again.id
    assert db.session.query(Outage).count() == 1


def test_what_is_reported_needs_words_and_a_reader_of_the_lab(cast: Cast, machine: Machine) -> None:
    with pytest.raises(Refusal) as refused:
        report(machine, cast.ana, "fault", "  ")
    assert refused.value.field == "text"
    with pytest.raises(Refusal):
        report(machine, cast.ana, "catastrophe")
    with pytest.raises(NotFound):
        report(machine, cast.yann, "danger")


def test_an_incident_is_read_by_its_author_and_handled_by_the_lab(cast: Cast, machine: Machine) -> None:
    incident = report(machine, cast.ana, "fault")
    visible = {
        who.name
        for who in (cast.ana, cast.bruno, cast.manon, cast.nadia, cast.anne)
        if things.is_visible(who, "incident", incident.id)
    }
    assert visible == {"Ana Costa", "Manon Petit", "Nadia Roche"}
    for stranger in (cast.ana, cast.bruno, cast.nadia):
        with pytest.raises(Forbidden), transaction():
            handle_incident(incident, by=stranger, answer="Fait")


def test_where_nobody_looks_after_a_lab_those_who_run_its_place_are_told(cast: Cast, monday: Any) -> None:
    orphan = add_machine(open_lab(cast.loire, name="Lab sans équipe"))
    report(orphan, cast.ana, "danger", "Fumée au moteur")
    assert "danger_reported" in told(cast.manon)
    assert "danger_reported" not in told(cast.bruno)
