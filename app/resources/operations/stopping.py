"""What an outage holds of its units, and the bookings that give way to it and come back.

Several outages of one machine may lie over one another. Each holds what no other holds; when one ends, what the others
need is held by them. The machine is locked by whoever calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.core.time import clock
from app.extensions import db
from app.resources.hours import Span, without
from app.resources.models import FOREVER, Occupation, Outage
from app.resources.operations.keeping import (
    best_fit,
    changed,
    insert_occupation,
    let_in,
    now_in_seconds,
    set_state,
)
from app.resources.queries.bookable import units_and_nodes
from app.resources.queries.free import taken
from app.resources.queries.occupations import booking as booking_row
from app.resources.queries.occupations import suspended_by, touched
from app.resources.rules import Slot


def units_of_outage(machine_id: int, unit_id: int | None) -> tuple[int, ...]:
    """The units in use that an outage is about: none when its unit was retired meanwhile."""
    units, _nodes = units_and_nodes(machine_id)
    return units if unit_id is None else tuple(unit for unit in units if unit == unit_id)


def freed(outage: Outage, end: int | None) -> list[Any]:
    """The bookings it suspended that lie outside it when it ends then."""
    return [
        booking
        for booking in suspended_by(outage.id)
        if booking.blocked_start >= (end or FOREVER) or booking.blocked_end <= outage.starts_at
    ]


def give_way(outage: Outage, by: Any, treatment: str, treatments: Mapping[int, str]) -> None:
    """Suspend or cancel the bookings in the way; before anything is held, or the guard would refuse it."""
    start, end = _span(outage)
    for booking in touched(units_of_outage(outage.machine_id, outage.unit_id), start, end):
        is_cancelled = treatments.get(booking.id, treatment) == "cancel"
        set_state(
            booking.id,
            "cancelled" if is_cancelled else "suspended",
            of=("confirmed",),
            by_id=by.id if by is not None else None,
            reason=outage.reason,
            outage_id=None if is_cancelled else outage.id,
        )
        changed(
            booking_row(booking.id),
            "cancelled" if is_cancelled else "suspended",
            by,
            news="booking_cancelled" if is_cancelled else "booking_suspended",
            tells_actor=True,
            outage=outage.id,
            by_id=by.id if by is not None else None,
        )


def hold(outage: Outage) -> None:
    """Occupy what of the outage nobody holds yet, unit by unit in order of time."""
    start, end = _span(outage)
    if outage.ended_at is not None or start >= end:
        return
    for unit_id in units_of_outage(outage.machine_id, outage.unit_id):
        held = [(hold.start, hold.end) for hold in taken([unit_id], start, end)]
        for from_, until in without([(start, end)], held):
            insert_occupation(
                [unit_id],
                {
                    "machine_id": outage.machine_id,
                    "kind": "maintenance" if outage.kind == "maintenance" else "outage",
                    "state": "held",
                    "blocked_start": from_,
                    "blocked_end": until,
                    "use_start": from_,
                    "use_end": until,
                    "outage_id": outage.id,
                    "created_by_id": outage.declared_by_id,
                    "created_at": clock.now(),
                },
            )


def let_go(outage: Outage) -> None:
    """Hold nothing more from now on; what was held until now stays written."""
    now = now_in_seconds()
    rows = db.session.execute(
        select(Occupation)
        .where(Occupation.outage_id == outage.id, Occupation.state == "held", Occupation.blocked_end > now)
        .order_by(Occupation.unit_id, Occupation.blocked_start)
        .execution_options(populate_existing=True)
    ).scalars()
    for row in list(rows):
        if row.blocked_start >= now:
            row.state = "lifted"
        else:
            row.blocked_end = row.use_end = now
        row.version += 1
    db.session.flush()


def hold_others(outage: Outage) -> None:
    """What another outage of the machine needs is held by it, now that this one holds it no more."""
    others = db.session.execute(
        select(Outage)
        .where(Outage.machine_id == outage.machine_id, Outage.ended_at.is_(None), Outage.id != outage.id)
        .order_by(Outage.id)
    ).scalars()
    for other in others:
        hold(other)


def restore(bookings: Iterable[Any], outage: Outage, by: Any) -> None:
    """Bring back what is still possible; what is not waits for another outage, or is given up."""
    now = now_in_seconds()
    units = units_of_outage(outage.machine_id, None)
    by_id = by.id if by is not None else None
    for booking in bookings:
        wanted = Slot(booking.blocked_start, booking.blocked_end)
        unit = None
        if booking.blocked_start >= now:
            unit = let_in(booking.id, _preferring(booking.unit_id, best_fit(units, wanted)), by_id=by_id)
        if unit is not None:
            changed(
                booking_row(booking.id),
                "restored",
                by,
                news="booking_restored",
                tells_actor=True,
                outage=outage.id,
                by_id=by_id,
            )
        elif not _wait_for_another(booking, outage, units):
            _give_up(booking, outage, by, by_id)


def _span(outage: Outage) -> Span:
    """What is still to be held of an outage."""
    return max(outage.starts_at, now_in_seconds()), outage.expected_end or FOREVER


def _give_up(booking: Any, outage: Outage, by: Any, by_id: int | None) -> None:
    with force_locale("fr"):
        sentence = _("La machine n’est pas revenue à temps.")
    set_state(booking.id, "cancelled", of=("suspended",), by_id=by_id, reason=sentence)
    changed(
        booking_row(booking.id),
        "cancelled",
        by,
        news="booking_lost",
        tells_actor=True,
        outage=outage.id,
        by_id=by_id,
    )


def _wait_for_another(booking: Any, outage: Outage, units: Sequence[int]) -> bool:
    """Whether another outage keeps the booking suspended: it comes back, or not, with that one."""
    if booking.blocked_start < now_in_seconds():
        return False
    other = db.session.execute(
        select(Outage.id)
        .join(Occupation, Occupation.outage_id == Outage.id)
        .where(
            Outage.machine_id == outage.machine_id,
            Outage.id != outage.id,
            Outage.ended_at.is_(None),
            Occupation.state == "held",
            Occupation.unit_id.in_(units),
            Occupation.blocked_end > booking.blocked_start,
            Occupation.blocked_start < booking.blocked_end,
        )
        .order_by(Outage.id)
        .limit(1)
    ).scalar_one_or_none()
    if other is None:
        return False
    row = db.session.get_one(Occupation, booking.id, populate_existing=True)
    row.outage_id = other
    db.session.flush()
    return True


def _preferring(unit_id: int, units: list[int]) -> list[int]:
    """The unit that was booked first, if it is among those that look free."""
    return sorted(units, key=lambda unit: unit != unit_id)
