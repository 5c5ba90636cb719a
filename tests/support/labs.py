"""A lab with machines for tests, made of rows: hours, rules and qualifications as each test says."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.communities.access import forget_access
from app.core import journal
from app.core.database import release, transaction
from app.core.time import clock
from app.extensions import db
from app.resources.models import (
    Lab,
    LabHours,
    LabNode,
    LabStaff,
    Machine,
    MachineRequirement,
    MachineUnit,
    Occupation,
    Qualification,
    QualificationType,
)
from app.resources.operations.booking import book

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
"""Eight in the morning in Paris, at which the tests of bookings stop the clock."""

_numbers = itertools.count(1)


def open_lab(
    node: Any,
    *,
    name: str = "Fab lab de Vendôme",
    zone: str = "Europe/Paris",
    department: str = "41",
    hours: Sequence[tuple[int, int]] = ((8 * 60, 18 * 60),),
    weekdays: Sequence[int] = range(7),
    state: str = "open",
) -> Lab:
    """A lab that serves one node, open every day from eight to six unless told otherwise."""
    with transaction():
        lab = Lab(
            node_id=node.id,
            name=name,
            slug=f"lab-{next(_numbers)}",
            address="3 rue des Forges",
            postcode="41100",
            town="Vendôme",
            department=department,
            time_zone=zone,
            state=state,
            created_at=clock.now(),
        )
        db.session.add(lab)
        db.session.flush()
        lab.scope_id = journal.open_scope("lab", lab.id).id
        db.session.add(LabNode(lab_id=lab.id, node_id=node.id))
        db.session.add_all(
            LabHours(lab_id=lab.id, weekday=weekday, opens=opens, closes=closes)
            for weekday in weekdays
            for opens, closes in hours
        )
    forget_access()
    return lab


def add_machine(lab: Lab, *, units: int = 1, needs: Sequence[str] = (), **rules: Any) -> Machine:
    """A machine of this lab, with so many units and these rules; `needs` names qualification types by code."""
    with transaction():
        machine = Machine(
            lab_id=lab.id,
            name=rules.pop("name", "Découpe laser CO2"),
            slug=f"machine-{next(_numbers)}",
            created_at=clock.now(),
            **rules,
        )
        db.session.add(machine)
        db.session.flush()
        db.session.add_all(MachineUnit(machine_id=machine.id, name=f"n° {n}") for n in range(1, units + 1))
        types = db.session.execute(select(QualificationType.id).where(QualificationType.code.in_(needs)))
        db.session.add_all(
            MachineRequirement(machine_id=machine.id, type_id=type_id) for type_id in types.scalars()
        )
        # Open pages are told, as by the operation: what is remembered of the lab hangs on it.
        journal.record(lab.scope_id, "machine.changed", "machine", machine.id)
    release()
    return machine


def name_staff(lab: Lab, user: Any, role: str = "lab_manager") -> None:
    """Make somebody one of the lab's people."""
    with transaction():
        db.session.add(LabStaff(lab_id=lab.id, user_id=user.id, role=role, started_at=clock.now()))
    forget_access()


def qualify(
    user: Any,
    code: str,
    *,
    lab: Lab | None = None,
    company: Any = None,
    since: date = date(2026, 1, 1),
    until: date | None = None,
) -> Qualification:
    """Grant somebody a qualification."""
    with transaction():
        type_id = db.session.execute(
            select(QualificationType.id).where(QualificationType.code == code)
        ).scalar_one()
        held = Qualification(
            user_id=user.id,
            type_id=type_id,
            lab_id=lab.id if lab else None,
            company_id=company.id if company else None,
            valid_from=since,
            valid_until=until,
            granted_at=clock.now(),
        )
        db.session.add(held)
    release()
    return held


def at(day: int, hour: float, *, zone: str = "Europe/Paris") -> int:
    """So many days after the Monday of the tests, at this hour of the place: seconds since 1970."""
    when = MONDAY.date() + timedelta(days=day)
    minutes = round(hour * 60)
    local = datetime(when.year, when.month, when.day, minutes // 60, minutes % 60, tzinfo=ZoneInfo(zone))
    return int(local.timestamp())


def reserve(person: Any, machine: Any, start: int, end: int, **more: Any) -> Any:
    """Book as the person would, outside any page."""
    forget_access()
    more.setdefault("company_id", None)
    more.setdefault("request_id", str(uuid.uuid4()))
    with transaction():
        booking = book(machine, person=person, start=start, end=end, **more)
    forget_access()
    return booking


def overlaps() -> list[tuple[int, int]]:
    """Pairs of occupations that hold one unit at one time, found by walking over every row."""
    release()
    rows = db.session.execute(
        select(Occupation.unit_id, Occupation.blocked_start, Occupation.blocked_end, Occupation.id)
        .where(Occupation.state.in_(("confirmed", "held")))
        .order_by(Occupation.unit_id, Occupation.blocked_start, Occupation.id)
    ).all()
    found = []
    reaches: dict[int, tuple[int, int]] = {}
    for row in rows:
        end, other = reaches.get(row.unit_id, (0, 0))
        if row.blocked_start < end:
            found.append((other, row.id))
        if row.blocked_end > end:
            reaches[row.unit_id] = (row.blocked_end, row.id)
    release()
    return found
