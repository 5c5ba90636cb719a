"""Machines that are asked for: many may ask, one gets the slot, the others are told."""

from __future__ import annotations

from datetime import date

import pytest

from app.core.database import transaction
from app.core.errors import Forbidden, Refusal
from app.resources.models import Lab, Machine
from app.resources.operations.approval import approve, refuse
from app.resources.operations.booking import cancel, move
from app.resources.operations.refusing import BookingRefused
from app.resources.queries.occupations import booking as booking_row
from app.resources.queries.occupations import requested_in
from tests.support.cast import Cast
from tests.support.labs import add_machine, at, overlaps, qualify, reserve


@pytest.fixture
def robot(lab: Lab) -> Machine:
    return add_machine(lab, needs_approval=True, name="Robot 6 axes")


def test_a_request_holds_nothing_until_it_is_approved(cast: Cast, robot: Machine, lab: Lab) -> None:
    first = reserve(cast.ana, robot, at(1, 9), at(1, 11))
    second = reserve(cast.bruno, robot, at(1, 10), at(1, 12))
    later = reserve(cast.bruno, robot, at(1, 12), at(1, 13))
    assert {first.state, second.state} == {"requested"}
    assert [row.id for row in requested_in(cast.manon, [lab.id])] == [first.id, second.id, later.id]
    with transaction():
        assert approve(second, by=cast.manon).state == "confirmed"
    assert booking_row(first.id).state == "refused"
    assert "autre demande" in booking_row(first.id).reason
    assert booking_row(later.id).state == "requested", "what only touches it still waits"
    with pytest.raises(Refusal) as refused, transaction():
        approve(first, by=cast.manon)
    assert refused.value.status == 409


def test_a_slot_that_was_taken_meanwhile_is_not_approved(cast: Cast, robot: Machine) -> None:
    asked = reserve(cast.ana, robot, at(1, 9), at(1, 11))
    reserve(cast.bruno, robot, at(1, 10), at(1, 12), by=cast.manon)
    with pytest.raises(BookingRefused) as refused, transaction():
        approve(asked, by=cast.manon)
    assert [reason.code for reason in refused.value.why] == ["occupied"]
    assert booking_row(asked.id).state == "requested"
    assert overlaps() == []


def test_with_two_units_two_requests_are_met(cast: Cast, lab: Lab) -> None:
    pair = add_machine(lab, needs_approval=True, units=2)
    asked = [reserve(who, pair, at(1, 9), at(1, 11)) for who in (cast.ana, cast.bruno, cast.rita)]
    for booking in asked[:2]:
        with transaction():
            approve(booking, by=cast.manon)
    assert [booking_row(booking.id).state for booking in asked] == ["confirmed", "confirmed", "refused"]
    assert overlaps() == []


def test_only_the_people_of_the_lab_decide_and_a_refusal_says_why(cast: Cast, robot: Machine) -> None:
    asked = reserve(cast.ana, robot, at(1, 9), at(1, 11))
    for stranger in (cast.ana, cast.bruno, cast.nadia):
        with pytest.raises(Forbidden), transaction():
            approve(asked, by=stranger)
    with pytest.raises(Refusal) as refused, transaction():
        refuse(asked, by=cast.manon, reason=" ")
    assert refused.value.field == "reason"
    with transaction():
        assert refuse(asked, by=cast.manon, reason="Formation ce jour-là").state == "refused"


def test_what_was_learned_must_still_count_when_it_is_approved(cast: Cast, lab: Lab) -> None:
    robot = add_machine(lab, needs_approval=True, needs=["training_robot"])
    held = qualify(cast.ana, "training_robot", lab=lab)
    asked = reserve(cast.ana, robot, at(3, 9), at(3, 11))
    with transaction():
        from app.extensions import db

        db.session.merge(held).valid_until = date(2026, 11, 25)
    with pytest.raises(BookingRefused) as refused, transaction():
        approve(asked, by=cast.manon)
    assert [reason.code for reason in refused.value.why] == ["qualification_expired"]


def test_a_request_is_given_back_and_an_approved_slot_moved_is_asked_for_anew(
    cast: Cast, robot: Machine
) -> None:
    asked = reserve(cast.ana, robot, at(1, 9), at(1, 12))
    with transaction():
        approved = approve(asked, by=cast.manon)
    with transaction():
        shorter = move(approved, at(1, 9), at(1, 11), by=cast.ana)
    assert shorter.state == "confirmed", "within what was given"
    with transaction():
        elsewhere = move(shorter, at(2, 9), at(2, 11), by=cast.ana)
    assert elsewhere.state == "requested"
    with transaction():
        assert cancel(elsewhere, by=cast.ana).state == "cancelled"
