"""A machine stands still: what it touches is shown, gives way, and comes back when it can."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.core import jobs
from app.core.database import release, transaction
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.time import Clock
from app.extensions import db
from app.notifications.models import Notification
from app.resources.models import FOREVER, Lab, Machine, MachineUnit, Occupation, Outage
from app.resources.operations.booking import book, cancel
from app.resources.operations.machines import retire_unit
from app.resources.operations.outages import Unseen, change_end, declare_outage, end_outage, preview
from app.resources.operations.refusing import BookingRefused
from app.resources.queries.occupations import booking as booking_row
from tests.support.cast import Cast
from tests.support.labs import add_machine, at, overlaps, reserve
from tests.support.races import together


def stop(machine: Machine, by: Any, start: int, end: int | None = None, **more: Any) -> Outage:
    more.setdefault("kind", "outage")
    with transaction():
        outage = declare_outage(machine, by=by, reason="Tube à changer", start=start, end=end, **more)
    release()
    return outage


def states(*bookings: Any) -> list[str]:
    release()
    return [booking_row(booking.id).state for booking in bookings]


def told(person: Any) -> list[str]:
    jobs.drain()
    release()
    rows = db.session.execute(
        select(Notification.kind).where(Notification.user_id == person.id).order_by(Notification.id)
    )
    kinds = list(rows.scalars())
    release()
    return kinds


def test_what_an_outage_would_touch_is_shown_first(cast: Cast, machine: Machine) -> None:
    before = reserve(cast.ana, machine, at(1, 8), at(1, 9))
    across = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    inside = reserve(cast.bruno, machine, at(2, 9), at(2, 11))
    touched = preview(machine.id, None, at(1, 10), None)
    assert [row.id for row in touched] == [across.id, inside.id]
    assert before.id not in [row.id for row in touched]


def test_bookings_give_way_and_come_back_when_the_machine_does(cast: Cast, machine: Machine) -> None:
    soon = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    later = reserve(cast.bruno, machine, at(3, 9), at(3, 11))
    outage = stop(machine, cast.manon, at(0, 8))
    assert states(soon, later) == ["suspended", "suspended"]
    with pytest.raises(BookingRefused) as refused:
        reserve(cast.ana, machine, at(2, 9), at(2, 11))
    assert [reason.code for reason in refused.value.why] == ["outage"]
    assert refused.value.slots == ()
    assert "booking_suspended" in told(cast.ana)
    with transaction():
        end_outage(outage, by=cast.manon, note="Tube changé")
    assert states(soon, later) == ["confirmed", "confirmed"]
    assert told(cast.bruno)[-2:] == ["booking_suspended", "booking_restored"]
    assert overlaps() == []


def test_what_comes_too_late_is_told_so(cast: Cast, machine: Machine, monday: Clock) -> None:
    missed = reserve(cast.ana, machine, at(0, 9), at(0, 11))
    saved = reserve(cast.bruno, machine, at(0, 14), at(0, 16))
    outage = stop(machine, cast.manon, at(0, 8))
    monday.advance(timedelta(hours=4))
    with transaction():
        end_outage(outage, by=cast.manon)
    assert states(missed, saved) == ["cancelled", "confirmed"]
    assert told(cast.ana)[-1] == "booking_lost"
    held = db.session.execute(select(Occupation).where(Occupation.outage_id == outage.id)).scalar_one()
    assert (held.blocked_start, held.blocked_end) == (at(0, 8), at(0, 12)), "what stood still stays written"


def test_each_booking_is_treated_as_it_was_chosen(cast: Cast, machine: Machine) -> None:
    kept = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    dropped = reserve(cast.bruno, machine, at(1, 14), at(1, 16))
    outage = stop(machine, cast.manon, at(1, 8), at(1, 18), treatments={dropped.id: "cancel"})
    assert states(kept, dropped) == ["suspended", "cancelled"]
    assert booking_row(dropped.id).reason == "Tube à changer"
    with transaction():
        end_outage(outage, by=cast.manon)
    assert states(kept, dropped) == ["confirmed", "cancelled"], "cancelled stays cancelled"


def test_one_unit_stands_still_and_the_other_works(cast: Cast, lab: Lab) -> None:
    pair = add_machine(lab, units=2)
    first = reserve(cast.ana, pair, at(1, 9), at(1, 11))
    second = reserve(cast.bruno, pair, at(1, 9), at(1, 11))
    stop(pair, cast.manon, at(1, 8), at(1, 18), unit_id=first.unit_id)
    assert states(first, second) == ["suspended", "confirmed"]
    assert reserve(cast.ana, pair, at(1, 14), at(1, 16)).unit_id == second.unit_id


def test_an_outage_made_shorter_gives_back_and_longer_takes(cast: Cast, machine: Machine) -> None:
    first = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    second = reserve(cast.bruno, machine, at(2, 9), at(2, 11))
    outage = stop(machine, cast.manon, at(1, 8), at(1, 18))
    assert states(first, second) == ["suspended", "confirmed"]
    with transaction():
        change_end(outage, at(3, 0), by=cast.manon)
    assert states(first, second) == ["suspended", "suspended"]
    with transaction():
        change_end(outage, at(1, 12), by=cast.manon)
    assert states(first, second) == ["suspended", "confirmed"]
    with transaction():
        change_end(outage, at(1, 9), by=cast.manon)
    assert states(first, second) == ["confirmed", "confirmed"]
    assert overlaps() == []


def test_outages_over_one_another_hold_until_the_last_ends(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    first = stop(machine, cast.manon, at(0, 8), at(2, 0))
    second = stop(machine, cast.manon, at(1, 0), None, kind="maintenance")
    assert overlaps() == []
    with transaction():
        end_outage(first, by=cast.manon)
    assert states(booking) == ["suspended"], "the other still needs the machine"
    with pytest.raises(BookingRefused):
        reserve(cast.bruno, machine, at(1, 9), at(1, 11))
    with transaction():
        end_outage(second, by=cast.manon)
    assert states(booking) == ["confirmed"]
    assert overlaps() == []


def test_an_outage_outlives_its_unit_and_stands_in_no_others_way(cast: Cast, lab: Lab, monday: Clock) -> None:
    pair = add_machine(lab, units=2)
    booking = reserve(cast.ana, pair, at(1, 9), at(1, 11))
    with transaction():
        broken = db.session.execute(
            select(MachineUnit.id).where(MachineUnit.machine_id == pair.id, MachineUnit.id != booking.unit_id)
        ).scalar_one()
    endless = stop(pair, cast.manon, at(0, 8), None, unit_id=broken)
    other = stop(pair, cast.manon, at(1, 8), at(1, 18), unit_id=booking.unit_id)
    assert states(booking) == ["suspended"]
    with transaction():
        retire_unit(db.session.get_one(Machine, pair.id), broken, by=cast.manon)
    with transaction():
        end_outage(other, by=cast.manon)
    assert states(booking) == ["confirmed"]
    with transaction():
        change_end(endless, at(0, 12), by=cast.manon)
    monday.advance(timedelta(hours=5))
    jobs.run("resources.end_outages")
    release()
    assert db.session.get_one(Outage, endless.id, populate_existing=True).ended_at is not None
    assert overlaps() == []
    with pytest.raises(NotFound):
        stop(pair, cast.manon, at(2, 8), unit_id=broken)


def test_a_suspended_booking_that_was_given_back_does_not_return(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    outage = stop(machine, cast.manon, at(1, 0), at(2, 0))
    with transaction():
        cancel(booking, by=cast.ana)
    with transaction():
        end_outage(outage, by=cast.manon)
    assert states(booking) == ["cancelled"]


def test_an_announced_end_comes_by_itself(cast: Cast, machine: Machine, monday: Clock) -> None:
    booking = reserve(cast.ana, machine, at(0, 9), at(0, 11))
    outage = stop(machine, cast.manon, at(0, 8), at(0, 10))
    jobs.run("resources.end_outages")
    release()
    assert db.session.get_one(Outage, outage.id).ended_at is None
    monday.advance(timedelta(hours=3))
    jobs.run("resources.end_outages")
    release()
    assert db.session.get_one(Outage, outage.id, populate_existing=True).ended_at is not None
    assert states(booking) == ["cancelled"]
    assert reserve(cast.bruno, machine, at(0, 11), at(0, 12))


def test_without_a_known_end_it_lasts(cast: Cast, machine: Machine) -> None:
    stop(machine, cast.manon, at(0, 8))
    held = db.session.execute(select(Occupation)).scalar_one()
    assert (held.kind, held.state, held.blocked_end) == ("outage", "held", FOREVER)


def test_only_the_people_of_the_lab_stop_a_machine_and_say_why(cast: Cast, machine: Machine) -> None:
    for stranger in (cast.ana, cast.rita, cast.nadia):
        with pytest.raises(Forbidden):
            stop(machine, stranger, at(1, 8))
    with pytest.raises(Refusal) as refused, transaction():
        declare_outage(machine, by=cast.manon, kind="outage", reason="", start=at(1, 8))
    assert refused.value.field == "reason"
    with pytest.raises(Refusal) as refused:
        stop(machine, cast.manon, at(1, 8), at(1, 7))
    assert refused.value.field == "expected_end"


def test_nobody_who_books_while_a_machine_is_stopped_is_cancelled_unseen(
    app: Flask, cast: Cast, machine: Machine
) -> None:
    ids = {"machine": machine.id, "manon": cast.manon.id, "ana": cast.ana.id, "bruno": cast.bruno.id}

    def books(name: str, hour: int) -> Any:
        person = db.session.get_one(User, ids[name])
        return book(
            db.session.get_one(Machine, ids["machine"]),
            person=person,
            company_id=None,
            start=at(1, hour),
            end=at(1, hour + 1),
            request_id=str(uuid.uuid4()),
        ).id

    def stops() -> Any:
        return declare_outage(
            db.session.get_one(Machine, ids["machine"]),
            by=db.session.get_one(User, ids["manon"]),
            kind="outage",
            reason="Tube",
            start=at(1, 8),
            end=at(1, 18),
            treatment="cancel",
            shown=(),
        ).id

    *made, stopped = together(app, lambda: books("ana", 9), lambda: books("bruno", 14), stops)
    kept = [one for one in made if isinstance(one, int)]
    assert not any(isinstance(one, Exception) and not isinstance(one, Refusal) for one in [*made, stopped])
    release()
    if kept:
        assert isinstance(stopped, Unseen) and states(*(booking_row(one) for one in kept)) == [
            "confirmed"
        ] * len(kept)
    else:
        assert isinstance(stopped, int), "whoever stopped it first refuses the others"
    assert overlaps() == []
