"""A lab is created by an ambassador, run by its people, and opens to those it serves when it has hours."""

from __future__ import annotations

import uuid
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.communities.access import forget_access
from app.core.audit import AuditLine
from app.core.database import release, transaction
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.journal import JournalEntry
from app.core.time import Clock
from app.extensions import db
from app.resources.access import labs_read_by
from app.resources.models import Lab, LabDay, LabHours, LabNode
from app.resources.operations import labs
from app.resources.operations.booking import book, cancel
from app.resources.operations.refusing import BookingRefused
from app.resources.queries.administration import lab_to_change
from app.resources.queries.hours import timetable
from app.resources.shapes import LabShape
from tests.support.cast import Cast
from tests.support.labs import add_machine, at, reserve
from tests.support.races import together

SHAPE = LabShape(name="Atelier partagé", town="Vendôme", postcode="41100", address="3 rue des Forges")
WEEKDAYS = {day: [(8 * 60, 12 * 60), (13 * 60 + 30, 18 * 60)] for day in range(5)}


def create(by: Any, node: Any, shape: LabShape = SHAPE, **more: Any) -> Lab:
    forget_access()
    more.setdefault("request_id", str(uuid.uuid4()))
    with transaction():
        made = labs.create_lab(node.id, shape, by=by, **more)
    forget_access()
    return made


def change(user: Any, lab: Lab, act: Any, *args: Any, **more: Any) -> Any:
    forget_access()
    with transaction():
        result = act(lab_to_change(user, lab.id), *args, by=user, **more)
    forget_access()
    release()
    return result


def kinds(lab: Lab) -> list[str]:
    rows = db.session.execute(
        select(JournalEntry.kind).filter_by(scope_id=lab.scope_id).order_by(JournalEntry.seq)
    )
    return list(rows.scalars())


def test_a_new_lab_has_a_scope_a_clock_and_is_seen_by_those_above_it_alone(cast: Cast, monday: Clock) -> None:
    lab = create(cast.amir, cast.loire)
    assert (lab.state, lab.department, lab.time_zone, lab.slug) == (
        "draft", "41", "Europe/Paris", "atelier-partage",
    )  # fmt: skip
    assert kinds(lab) == ["lab.changed"]
    assert labs_read_by(cast.manon, [lab.id]) == {lab.id}
    assert labs_read_by(cast.ana, [lab.id]) == set()
    line = db.session.execute(select(AuditLine).filter_by(act="lab_created")).scalar_one()
    assert (line.object_id, line.actor_id, line.node_id) == (lab.id, cast.amir.id, cast.loire.id)


def test_a_lab_overseas_lives_by_the_clock_of_its_department(cast: Cast, monday: Clock) -> None:
    lab = create(cast.nadia, cast.nation, LabShape(name="Fab lab du Port", town="Le Port", postcode="97420"))
    assert (lab.department, lab.time_zone) == ("974", "Indian/Reunion")


def test_a_form_sent_twice_creates_one_lab(cast: Cast, monday: Clock) -> None:
    request_id = str(uuid.uuid4())
    first = create(cast.amir, cast.loire, request_id=request_id)
    assert create(cast.amir, cast.loire, request_id=request_id).id == first.id


@pytest.mark.parametrize(
    ("shape", "field"),
    [
        (LabShape(name="  ", town="Vendôme", postcode="41100"), "name"),
        (LabShape(name="Atelier", town="", postcode="41100"), "town"),
        (LabShape(name="Atelier", town="Vendôme", postcode="abc"), "postcode"),
        (LabShape(name="Atelier", town="Vendôme", postcode="41100", summary="x" * 2_001), "summary"),
    ],
)
def test_what_is_wrong_names_its_field(cast: Cast, monday: Clock, shape: LabShape, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        create(cast.amir, cast.loire, shape)
    assert refused.value.field == field


def test_a_lab_opens_once_it_has_hours_and_is_then_read_by_those_it_serves(cast: Cast, monday: Clock) -> None:
    lab = create(cast.amir, cast.loire)
    with pytest.raises(Refusal):
        change(cast.amir, lab, labs.open_lab)
    change(cast.manon, lab, labs.set_hours, WEEKDAYS)
    change(cast.manon, lab, labs.open_lab)
    assert labs_read_by(cast.ana, [lab.id]) == {lab.id}
    assert labs_read_by(cast.yann, [lab.id]) == set()


def test_two_stretches_that_overlap_are_refused_and_the_week_stays(cast: Cast, lab: Lab) -> None:
    with pytest.raises(Refusal) as refused:
        change(cast.manon, lab, labs.set_hours, {0: [(480, 720), (700, 900)]})
    assert refused.value.field == "day0"
    release()
    assert len(db.session.execute(select(LabHours).filter_by(lab_id=lab.id)).all()) == 7


def test_new_hours_replace_the_whole_week(cast: Cast, lab: Lab) -> None:
    change(cast.manon, lab, labs.set_hours, WEEKDAYS)
    week = timetable(lab.id).week
    assert week[0] == ((480, 720), (810, 1080)) and 6 not in week


def test_an_editor_who_started_from_an_older_version_is_refused(cast: Cast, lab: Lab) -> None:
    before = lab.version
    change(cast.manon, lab, labs.edit_lab, SHAPE, base_version=before)
    with pytest.raises(Refusal) as refused:
        change(cast.manon, lab, labs.edit_lab, LabShape("Autre nom", "Vendôme", "41100"), base_version=before)
    assert refused.value.status == 409
    release()
    assert db.session.get_one(Lab, lab.id).name == "Atelier partagé"


def test_a_legal_day_is_opened_and_then_left_to_the_law_again(cast: Cast, lab: Lab) -> None:
    christmas = date(2026, 12, 25)
    machine = add_machine(lab)
    with pytest.raises(BookingRefused):
        reserve(cast.ana, machine, at(32, 9), at(32, 11))
    change(cast.manon, lab, labs.set_day, christmas, is_open=True)
    day = db.session.get_one(LabDay, (lab.id, christmas))
    assert (day.is_open, day.origin) == (True, "legal")
    assert reserve(cast.ana, machine, at(32, 9), at(32, 11)).state == "confirmed"
    assert change(cast.manon, lab, labs.forget_day, christmas) is True
    assert change(cast.manon, lab, labs.forget_day, christmas) is False
    with pytest.raises(BookingRefused):
        reserve(cast.bruno, machine, at(32, 13), at(32, 14))


def test_a_day_with_bookings_is_closed_only_when_somebody_says_that_they_stand(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab)
    reserve(cast.ana, machine, at(1, 9), at(1, 11))
    with pytest.raises(Refusal) as refused:
        change(cast.manon, lab, labs.set_day, date(2026, 11, 24), is_open=False, label="Inventaire")
    assert refused.value.status == 409
    touched = change(
        cast.manon,
        lab,
        labs.set_day,
        date(2026, 11, 24),
        is_open=False,
        label="Inventaire",
        despite_bookings=True,
    )
    assert touched == 1
    with pytest.raises(BookingRefused) as closed:
        reserve(cast.bruno, machine, at(1, 14), at(1, 15))
    assert "Inventaire" in closed.value.sentence


def test_a_past_day_stays_as_it_was(cast: Cast, lab: Lab) -> None:
    with pytest.raises(Refusal):
        change(cast.manon, lab, labs.set_day, date(2026, 11, 20), is_open=False)


def test_a_lab_serves_places_that_whoever_adds_them_reads(cast: Cast, lab: Lab) -> None:
    with pytest.raises(Refusal):
        change(cast.manon, lab, labs.serve_nodes, [cast.loire.id, cast.vitre.id])
    with pytest.raises(Refusal):
        change(cast.manon, lab, labs.serve_nodes, [])
    change(cast.nadia, lab, labs.serve_nodes, [cast.loire.id, cast.vitre.id])
    assert labs_read_by(cast.yann, [lab.id]) == {lab.id}
    change(cast.manon, lab, labs.serve_nodes, [cast.loire.id])
    assert labs_read_by(cast.yann, [lab.id]) == set()
    served = db.session.execute(select(LabNode.node_id).filter_by(lab_id=lab.id)).scalars()
    assert list(served) == [cast.loire.id]


def test_the_label_is_the_national_teams_and_has_a_day(cast: Cast, lab: Lab) -> None:
    with pytest.raises(Forbidden):
        change(cast.amir, lab, labs.set_label_state, "labelled")
    change(cast.nadia, lab, labs.set_label_state, "labelled")
    assert (lab.label_state, lab.labelled_on) == ("labelled", date(2026, 11, 23))
    change(cast.nadia, lab, labs.set_label_state, "suspended")
    assert lab.labelled_on is None


def test_a_lab_closes_once_nothing_is_booked(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab)
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    with pytest.raises(Refusal) as refused:
        change(cast.manon, lab, labs.close_lab)
    assert refused.value.status == 409
    with transaction():
        cancel(booking, by=cast.ana)
    change(cast.manon, lab, labs.close_lab)
    with pytest.raises(BookingRefused):
        reserve(cast.ana, machine, at(1, 9), at(1, 11))
    change(cast.manon, lab, labs.open_lab)
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11)).state == "confirmed"


def test_a_stranger_finds_no_lab_to_change(cast: Cast, lab: Lab) -> None:
    with pytest.raises(NotFound):
        change(cast.yann, lab, labs.set_hours, WEEKDAYS)
    with pytest.raises(Forbidden):
        change(cast.ana, lab, labs.set_hours, WEEKDAYS)


def test_a_booking_and_a_change_of_clock_at_once_leave_one_of_the_two(
    app: Flask, cast: Cast, monday: Clock
) -> None:
    ana_id, amir_id = cast.ana.id, cast.amir.id
    elsewhere = LabShape(name="Atelier partagé", town="Le Port", postcode="97420")
    for _ in range(4):
        lab = create(cast.amir, cast.loire)
        change(cast.amir, lab, labs.set_hours, {day: [(8 * 60, 18 * 60)] for day in range(7)})
        change(cast.amir, lab, labs.open_lab)
        machine = SimpleNamespace(id=add_machine(lab).id)
        lab_id = lab.id

        def take(machine: Any = machine) -> None:
            # Five in the afternoon in Paris, when the lab of Le Port has closed.
            book(
                machine,
                person=db.session.get_one(User, ana_id),
                company_id=None,
                start=at(1, 17),
                end=at(1, 18),
                request_id=str(uuid.uuid4()),
            )

        def go_elsewhere(lab_id: int = lab_id) -> None:
            amir = db.session.get_one(User, amir_id)
            labs.edit_lab(lab_to_change(amir, lab_id), elsewhere, by=amir)

        results = together(app, take, go_elsewhere)
        assert sorted(type(result).__name__ for result in results) in (
            ["BookingRefused", "NoneType"],
            ["NoneType", "Refusal"],
        )
