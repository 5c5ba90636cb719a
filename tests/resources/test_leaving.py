"""Somebody leaves a firm, or altogether: what they booked is free for others, and those concerned know."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.accounts import operations as accounts
from app.communities import operations as communities
from app.communities.models import Employment
from app.core import jobs
from app.core.database import release, transaction
from app.extensions import db
from app.notifications.models import Notification
from app.resources import calendars
from app.resources.models import CalendarFeed, Machine
from app.resources.queries.occupations import booking as booking_row
from tests.support.cast import Cast
from tests.support.labs import at, reserve


def told(person_id: int) -> list[str]:
    jobs.drain()
    release()
    rows = db.session.execute(select(Notification.kind).where(Notification.user_id == person_id))
    kinds = list(rows.scalars())
    release()
    return kinds


def test_who_leaves_a_firm_gives_back_what_was_booked_for_it(cast: Cast, machine: Machine) -> None:
    begun = reserve(cast.ana, machine, at(0, 8), at(0, 9))
    coming = reserve(cast.ana, machine, at(2, 9), at(2, 11))
    others = reserve(cast.rita, machine, at(3, 9), at(3, 11))
    with transaction():
        employment = db.session.execute(
            select(Employment).where(Employment.user_id == cast.ana.id)
        ).scalar_one()
        communities.end_employment(employment, by=cast.rita)
    release()
    states = [booking_row(booking.id).state for booking in (begun, coming, others)]
    assert states == ["confirmed", "cancelled", "confirmed"]
    assert "quitté" in booking_row(coming.id).reason
    assert "booking_cancelled" in told(cast.ana.id)
    assert "booking_released" in told(cast.manon.id)
    assert reserve(cast.bruno, machine, at(2, 9), at(2, 11))


def test_a_closed_account_holds_no_machine_and_no_calendar_address(cast: Cast, machine: Machine) -> None:
    coming = reserve(cast.ana, machine, at(2, 9), at(2, 11))
    with transaction():
        calendars.open_feed(cast.ana)
    person: Any = cast.ana
    person_id = person.id
    with transaction():
        accounts.close_account(person)
    release()
    assert booking_row(coming.id).state == "cancelled"
    assert db.session.query(CalendarFeed).count() == 0
    assert "booking_released" in told(cast.manon.id)
    assert told(person_id) == []
