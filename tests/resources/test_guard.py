"""The guard of the database alone: whatever a program writes, two occupations of a unit never overlap."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.resources.models import Machine, MachineUnit
from app.resources.operations.keeping import is_overlap
from tests.support.cast import Cast
from tests.support.labs import add_machine, overlaps

HOUR = 3600
NINE = 1_800_000_000

INSERT = """
INSERT INTO occupation (machine_id, unit_id, kind, state, blocked_start, blocked_end, use_start, use_end, user_id,
    purpose, is_confidential, uid, sequence, reason, version, created_at)
VALUES (:machine, :unit, 'booking', :state, :start, :end, :start, :end, :user, '', false, 'x', 0, '', 1, :now)
"""


@pytest.fixture
def write(cast: Cast, machine: Machine) -> Any:
    """Write an occupation past every operation."""
    units = _units(machine)

    def insert(start: Any, end: Any, *, state: str = "confirmed", unit: int = 0) -> None:
        values = {
            "machine": machine.id,
            "unit": units[unit],
            "state": state,
            "start": start,
            "end": end,
            "user": cast.ana.id,
            "now": clock.now().isoformat(" "),
        }
        with transaction():
            db.session.execute(text(INSERT), values)

    return insert


def _units(machine: Machine) -> list[int]:
    rows = db.session.query(MachineUnit.id).filter_by(machine_id=machine.id).order_by(MachineUnit.id).all()
    db.session.commit()
    return [row.id for row in rows]


def _set(values: str, where: str) -> None:
    with transaction():
        db.session.execute(text(f"UPDATE occupation SET {values} WHERE {where}"))


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 2), (1, 3), (-1, 1), (-1, 3), (0.5, 1), (1.5, 2.5)],
    ids=["same", "over its end", "over its start", "around it", "inside it", "across its end"],
)
def test_an_overlap_is_refused_however_it_lies(write: Any, start: float, end: float) -> None:
    write(NINE, NINE + 2 * HOUR)
    with pytest.raises(IntegrityError) as refused:
        write(NINE + int(start * HOUR), NINE + int(end * HOUR))
    assert is_overlap(refused.value)


def test_back_to_back_is_no_overlap(write: Any) -> None:
    write(NINE, NINE + HOUR)
    write(NINE + HOUR, NINE + 2 * HOUR)
    write(NINE - HOUR, NINE)
    assert overlaps() == []


@pytest.mark.parametrize("state", ["requested", "suspended", "cancelled", "refused", "moved", "lifted"])
def test_what_holds_nothing_stands_in_nobodys_way_until_it_holds(write: Any, state: str) -> None:
    write(NINE, NINE + HOUR)
    write(NINE, NINE + HOUR, state=state)
    with pytest.raises(IntegrityError) as refused:
        _set("state = 'confirmed'", f"state = '{state}'")
    assert is_overlap(refused.value)


def test_times_and_units_cannot_be_changed_into_an_overlap(write: Any, cast: Cast, lab: Any) -> None:
    write(NINE, NINE + HOUR)
    write(NINE + HOUR, NINE + 2 * HOUR)
    for change in (
        f"blocked_start = {NINE + HOUR - 1}",
        f"blocked_start = {NINE}, use_start = {NINE}, blocked_end = {NINE + HOUR}, use_end = {NINE + HOUR}",
    ):
        with pytest.raises(IntegrityError) as refused:
            _set(change, f"blocked_start = {NINE + HOUR}")
        assert is_overlap(refused.value)


def test_a_booking_cannot_be_put_on_a_unit_that_is_taken(cast: Cast, lab: Any) -> None:
    machine = add_machine(lab, units=2)
    first, second = _units(machine)
    for unit in (first, second):
        with transaction():
            db.session.execute(
                text(INSERT),
                {
                    "machine": machine.id,
                    "unit": unit,
                    "state": "confirmed",
                    "start": NINE,
                    "end": NINE + HOUR,
                    "user": cast.ana.id,
                    "now": clock.now().isoformat(" "),
                },
            )
    with pytest.raises(IntegrityError) as refused:
        _set(f"unit_id = {first}", f"unit_id = {second}")
    assert is_overlap(refused.value)


@pytest.mark.parametrize(
    ("start", "end"), [(NINE, NINE), (NINE + HOUR, NINE)], ids=["no length", "end before start"]
)
def test_what_has_no_length_would_slip_through_and_is_refused(write: Any, start: int, end: int) -> None:
    with pytest.raises(IntegrityError):
        write(start, end)


def test_times_that_are_no_whole_numbers_are_refused_or_read_as_such(write: Any, database_kind: str) -> None:
    write(NINE, NINE + HOUR)
    for start, end in (("2027-01-15T09:00", "2027-01-15T10:00"), (NINE + 0.5, NINE + HOUR + 0.5)):
        # SQLite compares what it is given, so it is given numbers alone; PostgreSQL knows the type of its column.
        with pytest.raises(DBAPIError):
            write(start, end)
    assert overlaps() == []


def test_use_stays_within_what_is_blocked(write: Any) -> None:
    write(NINE, NINE + HOUR)
    with pytest.raises(IntegrityError):
        _set(f"use_end = {NINE + 2 * HOUR}", "state = 'confirmed'")
