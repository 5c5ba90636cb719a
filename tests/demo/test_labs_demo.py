"""The labs of the small demonstration: opened, drawn, booked for two weeks, with one stop and what was reported."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from app.accounts.models import User
from app.core import links
from app.core.blobs import Blob
from app.core.time import clock
from app.demo import bookings, describing, script
from app.demo.stage import PASSWORD, Stage
from app.extensions import db
from app.notifications.models import Notification
from app.resources.hours import Exceptional, Timetable, day_of, minutes_of
from app.resources.models import (
    Incident,
    Lab,
    LabStaff,
    Machine,
    MachineDocument,
    MachineRequirement,
    MachineUnit,
    Occupation,
    Outage,
    Qualification,
)
from app.resources.queries.bookable import case_for
from app.resources.queries.hours import timetables
from app.resources.rules import about_person
from app.search.models import SearchEntry
from tests.demo.conftest import TODAY
from tests.support.accounts import sign_in


def count(model, *conditions):
    return db.session.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one()


def sandrine():
    return db.session.execute(
        select(User).where(User.given_name == "Sandrine", User.family_name == "Caillaud")
    ).scalar_one()


def bookings_there():
    return list(
        db.session.execute(
            select(Occupation, Machine).join(Machine).where(Occupation.kind == "booking")
        ).all()
    )


def test_every_lab_and_machine_that_is_written_stands_and_is_found(demonstration):
    written = script.read(TODAY)
    assert count(Lab, Lab.state == "open") == len(written.labs)
    assert count(LabStaff) == sum(len(line["staff"]) for line in written.labs)
    assert count(Machine) == len(written.machines)
    assert count(MachineUnit) == sum(len(line["units"]) for line in written.machines)
    assert count(MachineRequirement) == sum(len(line["requires"]) for line in written.machines)
    # A drawing and a card each.
    assert count(Blob, Blob.attached_type == "machine") == 2 * len(written.machines)
    assert count(Machine, Machine.next_check_on > TODAY) == len(written.machines)
    assert count(Qualification) == len(written.workshops["qualifications"])
    assert count(SearchEntry, SearchEntry.object_type == "lab") == len(written.labs)
    assert count(SearchEntry, SearchEntry.object_type == "machine") == len(written.machines)


@pytest.mark.once
def test_every_written_booking_of_an_open_day_is_there_at_its_time(demonstration):
    written = script.read(TODAY)
    assert count(Occupation, Occupation.kind == "booking") == len(written.workshops["bookings"])
    laser = next(line for line in written.workshops["bookings"] if line["machine"] == "blois-laser-co2")
    row = db.session.execute(
        select(Occupation).where(Occupation.purpose == laser["purpose"]).limit(1)
    ).scalar_one()
    assert day_of(row.use_start, "Europe/Paris") == date(2026, 11, 16)
    assert minutes_of(row.use_start, "Europe/Paris") == 8 * 60 + 30
    assert all(booking.created_at <= clock.now() for booking, _machine in bookings_there())


@pytest.mark.once
def test_bookings_keep_to_open_hours_and_never_overlap(demonstration):
    tables = timetables(db.session.execute(select(Lab.id)).scalars())
    for booking, machine in bookings_there():
        table, span = tables[machine.lab_id], (booking.use_start, booking.use_end)
        assert (
            table.covers_ends(*span) if machine.runs_unattended or machine.leaves_lab else table.covers(*span)
        )
    held = db.session.execute(
        select(Occupation.unit_id, Occupation.blocked_start, Occupation.blocked_end)
        .where(Occupation.state.in_(("confirmed", "held")))
        .order_by(Occupation.unit_id, Occupation.blocked_start)
    ).all()
    assert all(
        one.unit_id != other.unit_id or one.blocked_end <= other.blocked_start
        for one, other in pairwise(held)
    )


@pytest.mark.once
def test_whoever_booked_was_qualified_on_that_day(demonstration):
    zones = dict(db.session.execute(select(Lab.id, Lab.time_zone)).all())
    for booking, machine in bookings_there():
        person = db.session.get_one(User, booking.user_id)
        # Itself left out: a permit for one use is used up by it.
        case = case_for(machine.id, person, booking.company_id, leaving_out=booking.id)
        day = day_of(booking.use_start, zones[machine.lab_id])
        assert case.is_served
        assert about_person(case, day, TODAY) == [], (machine.name, person.name)


@pytest.mark.once
def test_one_machine_was_stopped_another_will_be_and_two_things_were_reported(demonstration):
    over, coming = db.session.execute(select(Outage).order_by(Outage.starts_at)).scalars()
    assert (over.reason, over.ended_at is not None) == ("vérification annuelle", True)
    assert coming.reason.startswith("dévidoir") and coming.ended_at is None
    for outage in (over, coming):
        assert count(Occupation, Occupation.outage_id == outage.id, Occupation.state == "held") == 1
    suspended = db.session.execute(select(Occupation).where(Occupation.state == "suspended")).scalar_one()
    assert (suspended.purpose, suspended.outage_id) == ("piétement, suite", coming.id)
    assert count(Incident, Incident.handled_at.is_(None), Incident.severity == "remark") == 1
    assert count(Incident, Incident.handled_at.is_not(None)) == 1


@pytest.mark.once
def test_what_is_asked_for_waits_and_the_people_of_the_lab_are_told(demonstration):
    asked = [booking for booking, _machine in bookings_there() if booking.state == "requested"]
    assert len(asked) == 2
    told = count(Notification, Notification.kind == "booking_requested")
    assert told >= len(asked)
    assert count(Notification, Notification.kind == "booking_confirmed") == 0


@pytest.mark.once
def test_every_machine_has_its_card_to_read(demonstration):
    assert count(MachineDocument, MachineDocument.kind == "safety") == count(Machine)
    laser = db.session.execute(select(Machine).where(Machine.code == "laser_co2")).scalar_one()
    client = demonstration.test_client()
    sign_in(client, sandrine().email, PASSWORD)
    page = client.get(f"/machines/{laser.id}", follow_redirects=True).text
    (address,) = re.findall(r'href="(/blobs/[^"]+)"[^>]*>.*?Fiche de poste', page)
    with client.get(address) as paper:
        assert paper.mimetype == "application/pdf" and paper.data.startswith(b"%PDF-1.4")
        assert "Découpe laser CO2".encode("cp1252") in paper.data


@pytest.mark.once
def test_machines_lead_to_what_is_said_and_written_about_them(demonstration):
    lathe = db.session.execute(select(Machine).where(Machine.code == "cnc_lathe")).scalar_one()
    assert len(links.linked_ids(("machine", lathe.id), "topic")) == 3
    assert len(links.linked_ids(("machine", lathe.id), "practice")) == 1


def test_it_tells_what_to_look_at_in_the_labs(demonstration):
    noon = script.read(TODAY).instant(0, "12:00")
    with clock.frozen(noon):
        told = describing.describe()
    assert told["lab"]["name"] == "Fab lab industriel de Blois"
    assert told["bookable_machine"]["start"] > noon.isoformat()
    assert any("Usinage, niveau 2" in sentence for sentence in told["locked_machine"]["lacks"])
    assert told["outage"]["reason"].startswith("dévidoir") and not told["outage"]["is_over"]
    assert "#incident-" in told["incident"]["path"]
    assert told["counts"]["machines"] == count(Machine)
    own = db.session.get_one(Occupation, int(told["own_booking"]["path"].rsplit("/", 1)[1]))
    assert own.user_id == sandrine().id
    assert own.use_start > noon.timestamp()


@pytest.mark.once
def test_a_booking_of_a_day_that_the_law_closes_is_left_out():
    # The Friday of that week is the first of May.
    written = script.read(date(2026, 4, 28))
    assert written.day(4) == date(2026, 5, 1)
    stage = Stage(written, None, "", iter(()))
    usual = dict.fromkeys(range(5), ((7 * 60, 19 * 60),))
    tables = {"blois": Timetable("Europe/Paris", "41", usual)}
    line = {"machine": "blois-laser-co2", "day": 4, "start": "10:00", "end": "12:00"}
    assert not bookings.is_open(stage, tables, line)
    assert bookings.is_open(stage, tables, {**line, "day": 3})
    own = {"blois": Timetable("Europe/Paris", "41", usual, {written.day(3): Exceptional(False, "lab")})}
    assert not bookings.is_open(stage, own, {**line, "day": 3})
    assert written.day(-2) == written.today - timedelta(days=3)
