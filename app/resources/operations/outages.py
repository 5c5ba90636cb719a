"""A machine stands still: what it touches is shown first, then suspended or cancelled in the act that occupies the units.

Several outages of one machine may lie over one another. Each holds what no other holds; when one ends, what the others
need is held by them. A suspended booking comes back through the guard when its outage ends before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, duties, journal
from app.core.errors import NotFound, Refusal, require
from app.core.time import clock
from app.extensions import db
from app.resources.access import can_stop_machine
from app.resources.hours import Span, without
from app.resources.models import FOREVER, Occupation, Outage
from app.resources.operations.booking import REASON_LENGTH, one_line
from app.resources.operations.keeping import (
    best_fit,
    changed,
    insert_occupation,
    let_in,
    lock_machines,
    now_in_seconds,
    set_state,
)
from app.resources.queries.bookable import bookable, units_and_nodes
from app.resources.queries.free import taken
from app.resources.queries.occupations import booking as booking_row
from app.resources.queries.occupations import suspended_by, touched
from app.resources.rules import Slot

TREATMENTS = ("suspend", "cancel")
KINDS = ("outage", "maintenance", "danger")


def preview(machine_id: int, unit_id: int | None, start: int, end: int | None) -> list[Any]:
    """The bookings that an outage of the machine, or of one unit, would touch."""
    start = max(start, now_in_seconds())
    _require_unit(machine_id, unit_id)
    return touched(_units(machine_id, unit_id), start, end or FOREVER)


def declare_outage(
    machine: Any,
    *,
    by: Any,
    kind: str,
    reason: str,
    start: int,
    end: int | None = None,
    unit_id: int | None = None,
    treatment: str = "suspend",
    treatments: Mapping[int, str] | None = None,
) -> Outage:
    """Stop a machine, or one of its units, from now or later, until an instant or for as long as it takes (no `end`).

    `treatment` is what becomes of the bookings it touches, `treatments` that of some of them by id. Raises Refusal.
    """
    lock_machines(machine.id)
    row = _machine(machine.id)
    require(can_stop_machine(by, row.lab_id))
    reason = one_line(reason, REASON_LENGTH)
    if kind not in KINDS or not {treatment, *(treatments or {}).values()} <= set(TREATMENTS):
        raise Refusal(_("Ce choix n’existe pas."), status=400)
    if not reason:
        raise Refusal(_("Dites ce qui se passe : les personnes qui ont réservé le liront."), field="reason")
    start = max(start, now_in_seconds())
    if end is not None and end <= start:
        raise Refusal(_("La fin vient après le début."), field="end")
    return stop(
        row,
        by=by,
        kind=kind,
        reason=reason,
        span=(start, end or FOREVER),
        unit_id=unit_id,
        treatment=treatment,
        treatments=treatments,
    )


def stop(
    machine: Any,
    *,
    by: Any,
    kind: str,
    reason: str,
    span: Span,
    unit_id: int | None = None,
    treatment: str = "suspend",
    treatments: Mapping[int, str] | None = None,
) -> Outage:
    """`declare_outage` without asking who may: a danger stops the machine whoever saw it. The machine is locked."""
    _require_unit(machine.id, unit_id)
    outage = Outage(
        machine_id=machine.id,
        unit_id=unit_id,
        kind=kind,
        reason=reason,
        starts_at=span[0],
        expected_end=span[1] if span[1] < FOREVER else None,
        declared_by_id=by.id if by is not None else None,
        declared_at=clock.now(),
    )
    db.session.add(outage)
    db.session.flush()
    _give_way(outage, by, treatment, treatments or {})
    _hold(outage)
    _told(machine, outage, "stopped_machine", by)
    return outage


def change_end(
    outage: Outage,
    end: int | None,
    *,
    by: Any,
    treatment: str = "suspend",
    treatments: Mapping[int, str] | None = None,
) -> Outage:
    """Make an outage shorter or longer: bookings that are free of it come back, those it now touches give way."""
    lock_machines(outage.machine_id)
    outage, machine = _open(outage, by)
    now = now_in_seconds()
    if end is not None and end <= max(now, outage.starts_at):
        raise Refusal(_("La fin vient après le début, et pas avant maintenant."), field="end")
    outage.expected_end = end
    db.session.flush()
    _let_go(outage)
    _give_way(outage, by, treatment, treatments or {})
    _hold(outage)
    _hold_others(outage)
    free = [
        booking
        for booking in suspended_by(outage.id)
        if booking.blocked_start >= (end or FOREVER) or booking.blocked_end <= outage.starts_at
    ]
    _restore(free, outage, by)
    _told(machine, outage, "changed_outage", by)
    return outage


def end_outage(outage: Outage, *, by: Any, note: str = "") -> Outage:
    """The machine runs again: what was suspended and is still possible comes back, the others are told that it does not."""
    lock_machines(outage.machine_id)
    outage, machine = _open(outage, by)
    return _end(outage, machine, by, one_line(note, REASON_LENGTH))


def end_what_is_over(outage_id: int) -> bool:
    """An outage whose announced end has come ends by itself; whether it did."""
    outage = db.session.get(Outage, outage_id)
    if outage is None:
        return False
    lock_machines(outage.machine_id)
    db.session.refresh(outage)
    if outage.ended_at is not None or outage.expected_end is None or outage.expected_end > now_in_seconds():
        return False
    _end(outage, _machine(outage.machine_id), None, "")
    return True


def _end(outage: Outage, machine: Any, by: Any, note: str) -> Outage:
    outage.ended_at, outage.end_note = clock.now(), note
    outage.ended_by_id = by.id if by is not None else None
    db.session.flush()
    _let_go(outage)
    _hold_others(outage)
    _restore(suspended_by(outage.id), outage, by)
    _told(machine, outage, "ended_outage", by)
    return outage


def _open(outage: Outage, by: Any) -> tuple[Outage, Any]:
    found = db.session.get(Outage, outage.id)
    if found is None:
        raise NotFound
    db.session.refresh(found)
    machine = _machine(found.machine_id)
    require(can_stop_machine(by, machine.lab_id))
    if found.ended_at is not None:
        raise Refusal(_("Cet arrêt est déjà terminé."), status=409)
    return found, machine


def _machine(machine_id: int) -> Any:
    machine = bookable(machine_id)
    if machine is None:
        raise NotFound
    return machine


def _units(machine_id: int, unit_id: int | None) -> tuple[int, ...]:
    """The units in use that an outage is about: none when its unit was retired meanwhile."""
    units, _nodes = units_and_nodes(machine_id)
    return units if unit_id is None else tuple(unit for unit in units if unit == unit_id)


def _require_unit(machine_id: int, unit_id: int | None) -> None:
    if unit_id is not None and not _units(machine_id, unit_id):
        raise NotFound


def _span(outage: Outage) -> Span:
    """What is still to be held of an outage."""
    return max(outage.starts_at, now_in_seconds()), outage.expected_end or FOREVER


def _give_way(outage: Outage, by: Any, treatment: str, treatments: Mapping[int, str]) -> None:
    """Suspend or cancel the bookings in the way; before anything is held, or the guard would refuse it."""
    start, end = _span(outage)
    for booking in touched(_units(outage.machine_id, outage.unit_id), start, end):
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


def _hold(outage: Outage) -> None:
    """Occupy what of the outage nobody holds yet, unit by unit in order of time."""
    start, end = _span(outage)
    if outage.ended_at is not None or start >= end:
        return
    for unit_id in _units(outage.machine_id, outage.unit_id):
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


def _let_go(outage: Outage) -> None:
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


def _hold_others(outage: Outage) -> None:
    """What another outage of the machine needs is held by it, now that this one holds it no more."""
    others = db.session.execute(
        select(Outage)
        .where(Outage.machine_id == outage.machine_id, Outage.ended_at.is_(None), Outage.id != outage.id)
        .order_by(Outage.id)
    ).scalars()
    for other in others:
        _hold(other)


def _restore(bookings: Iterable[Any], outage: Outage, by: Any) -> None:
    now = now_in_seconds()
    units = _units(outage.machine_id, None)
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


def _told(machine: Any, outage: Outage, act: str, by: Any) -> None:
    actor_id = by.id if by is not None else None
    journal.record(machine.lab_scope_id, "machine.changed", "machine", machine.id, actor_id=actor_id)
    audit.record(
        by, act, "machine", machine.id, node_id=machine.lab_node_id, outage=outage.id, kind=outage.kind
    )
    if act != "changed_outage":
        duties.owe(
            "machine_stopped" if act == "stopped_machine" else "machine_back",
            "machine",
            machine.id,
            actor_id,
            outage=outage.id,
        )
