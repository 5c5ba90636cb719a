"""Somebody leaves a firm, or altogether: what they booked is free for others, and those concerned know."""

from __future__ import annotations

import threading
import time
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update

from app.accounts import operations as accounts
from app.accounts.models import User
from app.communities import operations as communities
from app.communities.models import Employment
from app.core import jobs
from app.core.database import release, transaction
from app.extensions import db
from app.notifications.models import Notification
from app.resources import calendars, leaving
from app.resources.models import CalendarFeed, Machine
from app.resources.operations.booking import book
from app.resources.queries.occupations import booking as booking_row
from tests.support.cast import Cast
from tests.support.labs import at, reserve
from tests.support.races import together

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def wait_until_somebody_waits() -> None:
    """Until another connection waits for a row that this one holds."""
    deadline = time.monotonic() + 10
    with db.engine.connect() as connection:
        while not connection.execute(WAITING).scalar_one():
            assert time.monotonic() < deadline
            time.sleep(0.01)


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


def test_what_somebody_who_left_still_holds_is_given_back(cast: Cast, machine: Machine) -> None:
    left = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    staying = reserve(cast.rita, machine, at(2, 9), at(2, 11))
    with transaction():
        # As if it had been booked a moment after everything was given back.
        db.session.execute(
            update(Employment).where(Employment.user_id == cast.ana.id).values(ended_at=left.created_at)
        )
    jobs.run("resources.release_left_behind")
    release()
    assert [booking_row(booking.id).state for booking in (left, staying)] == ["cancelled", "confirmed"]
    assert "booking_released" in told(cast.manon.id)
    assert leaving.left_behind() == []


@pytest.mark.postgresql
def test_a_booking_made_at_the_moment_its_person_leaves_the_firm_does_not_stay(
    app: Flask, cast: Cast, machine: Machine
) -> None:
    ana_id, rita_id, wanted = cast.ana.id, cast.rita.id, SimpleNamespace(id=machine.id)
    gave_back = threading.Event()

    def before(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        # Everything was given back; nothing is committed before the booking waits for the row of its firm.
        if statement.startswith("UPDATE user_account") and not gave_back.is_set():
            gave_back.set()
            wait_until_somebody_waits()

    def take() -> int:
        assert gave_back.wait(10)
        ana = db.session.get_one(User, ana_id)
        span = {"start": at(1, 9), "end": at(1, 11), "request_id": str(uuid.uuid4())}
        return int(book(wanted, person=ana, company_id=None, **span).id)

    def leave() -> None:
        employment = db.session.query(Employment).filter_by(user_id=ana_id).one()
        communities.end_employment(employment, by=db.session.get_one(User, rita_id))

    event.listen(db.engine, "before_cursor_execute", before)
    try:
        results = together(app, take, leave)
    finally:
        event.remove(db.engine, "before_cursor_execute", before)

    assert results[1] is None
    assert booking_row(results[0]).state == "confirmed", "made beside the act that gives everything back"
    release()
    jobs.run("resources.release_left_behind")
    release()
    assert booking_row(results[0]).state == "cancelled"
    assert reserve(cast.bruno, machine, at(1, 9), at(1, 11))
