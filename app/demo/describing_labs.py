"""What a demonstration shows of labs: one, a machine to book, one not to, a booking, a stop, a report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.models import User
from app.communities.access import access_of
from app.core.time import clock
from app.extensions import db
from app.resources.access import labs_read_by
from app.resources.addresses import booking_url, lab_url, machine_url
from app.resources.hours import day_of, moment
from app.resources.models import Incident, Lab, Machine, Outage
from app.resources.queries.bookable import case_for
from app.resources.queries.occupations import bookings_of_person
from app.resources.rules import about_machine, about_person
from app.resources.slots import possible

LOOKED_AT = 40
"""Machines among which one to book and one not to are looked for."""


def describe(member: User | None) -> dict[str, Any]:
    """One example of each thing of labs worth looking at, as the member who visits may see it."""
    lab = _lab(member)
    if member is None or lab is None:
        names = ("lab", "bookable_machine", "locked_machine", "own_booking", "outage", "incident")
        return dict.fromkeys(names)
    machines = list(
        db.session.execute(
            select(Machine.id, Machine.name, Machine.slug, Machine.default_minutes)
            .where(Machine.lab_id == lab.id, Machine.state == "bookable")
            .order_by(Machine.position)
            .limit(LOOKED_AT)
        )
    )
    return {
        "lab": {"name": lab.name, "path": lab_url(lab.id, lab.slug)},
        "bookable_machine": _first(_with_slot(member, machine) for machine in machines),
        "locked_machine": _first(_with_what_lacks(member, machine) for machine in machines),
        "own_booking": _own_booking(member),
        "outage": _outage(lab),
        "incident": _incident(lab),
    }


def _first(found: Any) -> dict[str, Any] | None:
    return next((one for one in found if one is not None), None)


def _lab(member: User | None) -> Any | None:
    """The first lab that the member reads."""
    if member is None:
        return None
    rows = db.session.execute(select(Lab.id, Lab.name, Lab.slug).where(Lab.state == "open").order_by(Lab.id))
    return next((row for row in rows.all() if labs_read_by(member, [row.id])), None)


def _company(member: User) -> int | None:
    return next(iter(access_of(member).companies), None)


def _named(machine: Any) -> dict[str, Any]:
    return {"name": machine.name, "path": machine_url(machine.id, machine.slug)}


def _with_slot(member: User, machine: Any) -> dict[str, Any] | None:
    """A machine with its next slot from tomorrow on that the member may book."""
    case = case_for(machine.id, member, _company(member))
    tomorrow = int((clock.now() + timedelta(days=1)).timestamp())
    slots = possible(case, machine.default_minutes, tomorrow, 1)
    if not slots:
        return None
    return {**_named(machine), "start": _iso(slots[0].start), "end": _iso(slots[0].end)}


def _with_what_lacks(member: User, machine: Any) -> dict[str, Any] | None:
    """A machine that is booked, and asks for a qualification that the member lacks."""
    case = case_for(machine.id, member, _company(member))
    today = day_of(int(clock.now().timestamp()), case.zone)
    lacks = about_person(case, today, today)
    if not lacks or about_machine(case, today):
        return None
    return {**_named(machine), "lacks": [reason.sentence for reason in lacks]}


def _own_booking(member: User) -> dict[str, Any] | None:
    """The member's next booking, else the last one."""
    now = int(clock.now().timestamp())
    rows = bookings_of_person(member, since=0, until=2**62)
    coming = [row for row in rows if row.use_start > now]
    if not rows:
        return None
    row = coming[0] if coming else rows[-1]
    return {
        "machine": row.machine_name,
        "path": booking_url(row.id),
        "start": _iso(row.use_start),
        "end": _iso(row.use_end),
    }


def _outage(lab: Any) -> dict[str, Any] | None:
    """A stop of this lab: one that is not over, if there is one."""
    row = db.session.execute(
        select(Machine.id, Machine.name, Machine.slug, Outage.reason, Outage.ended_at)
        .join(Machine, Machine.id == Outage.machine_id)
        .where(Machine.lab_id == lab.id)
        .order_by(Outage.ended_at.is_not(None), Outage.id.desc())
        .limit(1)
    ).first()
    return {**_named(row), "reason": row.reason, "is_over": row.ended_at is not None} if row else None


def _incident(lab: Any) -> dict[str, Any] | None:
    """What was reported in this lab and nobody took care of yet."""
    row = db.session.execute(
        select(Machine.id, Machine.name, Machine.slug, Incident.id.label("incident_id"), Incident.severity)
        .join(Machine, Machine.id == Incident.machine_id)
        .where(Machine.lab_id == lab.id, Incident.handled_at.is_(None))
        .order_by(Incident.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    said = _named(row)
    return {**said, "path": f"{said['path']}#incident-{row.incident_id}", "severity": row.severity}


def _iso(instant: int) -> str:
    return moment(instant).isoformat()
