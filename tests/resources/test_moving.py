"""Moving a booking: given back and taken in one act, the same appointment for calendars."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.database import transaction
from app.core.errors import Forbidden, Refusal
from app.core.time import Clock
from app.resources.models import Lab, Machine
from app.resources.operations.booking import cancel, move
from app.resources.operations.refusing import BookingRefused
from app.resources.queries.occupations import booking as booking_row
from app.resources.queries.occupations import bookings_of_person
from tests.support.cast import Cast
from tests.support.labs import add_machine, at, overlaps, qualify, reserve


def test_a_moved_booking_is_the_same_appointment_one_number_further(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11), purpose="Gabarits", is_confidential=True)
    with transaction():
        moved = move(booking, at(2, 9), at(2, 12), by=cast.ana)
    assert (moved.uid, moved.sequence, moved.moved_from_id) == (booking.uid, booking.sequence + 1, booking.id)
    assert (moved.purpose, bool(moved.is_confidential), moved.company) == ("Gabarits", True, "Atelier Brenne")
    assert booking_row(booking.id).state == "moved"
    assert reserve(cast.bruno, machine, at(1, 9), at(1, 11))
    shown = bookings_of_person(cast.ana, since=at(0, 0), until=at(30, 0))
    assert [row.id for row in shown] == [moved.id]


def test_a_booking_may_move_over_itself(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    with transaction():
        moved = move(booking, at(1, 10), at(1, 12), by=cast.ana)
    assert (moved.use_start, moved.use_end) == (at(1, 10), at(1, 12))
    assert overlaps() == []


def test_a_move_that_is_refused_leaves_the_booking_where_it_was(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    reserve(cast.bruno, machine, at(1, 14), at(1, 16))
    with pytest.raises(BookingRefused) as refused, transaction():
        move(booking, at(1, 15), at(1, 17), by=cast.ana)
    assert [reason.code for reason in refused.value.why] == ["occupied"]
    assert booking_row(booking.id).state == "confirmed"
    with pytest.raises(BookingRefused):
        reserve(cast.bruno, machine, at(1, 9), at(1, 11))


def test_a_move_sent_twice_moves_once(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    with transaction():
        moved = move(booking, at(2, 9), at(2, 11), by=cast.ana)
    with transaction():
        assert move(booking, at(2, 9), at(2, 11), by=cast.ana).id == moved.id
    with pytest.raises(Refusal) as refused, transaction():
        move(booking, at(3, 9), at(3, 11), by=cast.ana)
    assert refused.value.status == 409
    with transaction():
        assert move(moved, at(2, 9), at(2, 11), by=cast.ana).id == moved.id, "nowhere is no move"


def test_another_machine_of_the_lab_is_another_place_with_its_own_rules(
    cast: Cast, lab: Lab, machine: Machine
) -> None:
    other = add_machine(lab, needs=["training_laser_cutting"], name="Découpe laser fibre")
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    with pytest.raises(BookingRefused), transaction():
        move(booking, at(1, 9), at(1, 11), by=cast.ana, machine_id=other.id)
    qualify(cast.ana, "training_laser_cutting", lab=lab)
    with transaction():
        assert move(booking, at(1, 9), at(1, 11), by=cast.ana, machine_id=other.id).machine_id == other.id


def test_once_begun_only_the_end_changes(cast: Cast, machine: Machine, monday: Clock) -> None:
    booking = reserve(cast.ana, machine, at(0, 8), at(0, 10))
    monday.advance(timedelta(minutes=70))
    with pytest.raises(Refusal), transaction():
        move(booking, at(0, 9.5), at(0, 11), by=cast.ana)
    with transaction():
        longer = move(booking, at(0, 8), at(0, 12), by=cast.ana)
    with transaction():
        shorter = move(longer, at(0, 8), at(0, 9.5), by=cast.ana)
    assert shorter.sequence == 2
    monday.advance(timedelta(hours=1))
    with pytest.raises(Refusal), transaction():
        move(shorter, at(0, 8), at(0, 12), by=cast.ana)


def test_only_its_person_and_the_lab_move_a_booking(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    for stranger in (cast.bruno, cast.rita, cast.nadia):
        with pytest.raises(Forbidden), transaction():
            move(booking, at(2, 9), at(2, 11), by=stranger)
    with transaction():
        assert move(booking, at(2, 9), at(2, 11), by=cast.manon).user_id == cast.ana.id


def test_what_was_cancelled_is_not_moved(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    with transaction():
        cancel(booking, by=cast.ana)
    with pytest.raises(Refusal) as refused, transaction():
        move(booking, at(2, 9), at(2, 11), by=cast.ana)
    assert refused.value.status == 409
