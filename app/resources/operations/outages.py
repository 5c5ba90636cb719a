"""A machine stands still: what it touches is shown first, then suspended or cancelled in the act that occupies the units.

A suspended booking comes back through the guard when its outage ends before it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, duties, idempotency, journal
from app.core.errors import NotFound, Refusal, require
from app.core.time import clock
from app.extensions import db
from app.resources.access import can_stop_machine
from app.resources.hours import Span
from app.resources.models import FOREVER, Incident, Outage
from app.resources.operations.booking import REASON_LENGTH, one_line
from app.resources.operations.keeping import lock_machines, now_in_seconds
from app.resources.operations.stopping import (
    freed,
    give_way,
    hold,
    hold_others,
    let_go,
    restore,
    units_of_outage,
)
from app.resources.queries.bookable import bookable
from app.resources.queries.occupations import suspended_by, touched

TREATMENTS = ("suspend", "cancel")
KINDS = ("outage", "maintenance", "danger")


class Unseen(Refusal):
    """Bookings stand in the way that whoever acts has not been shown: nothing is done before they read them."""

    status = 409

    def __init__(self, bookings: Sequence[Any]) -> None:
        super().__init__(_("D’autres réservations sont touchées. Relisez la liste, puis confirmez."))
        self.bookings = bookings


def preview(machine_id: int, unit_id: int | None, start: int, end: int | None) -> list[Any]:
    """The bookings that an outage of the machine, or of one unit, would touch."""
    start = max(start, now_in_seconds())
    _require_unit(machine_id, unit_id)
    return touched(units_of_outage(machine_id, unit_id), start, end or FOREVER)


def preview_end(outage: Outage, end: int | None) -> tuple[list[Any], list[Any]]:
    """The bookings that another end would touch, and those it would free of the outage. Raises Refusal."""
    _require_end(outage, end)
    start = max(outage.starts_at, now_in_seconds())
    units = units_of_outage(outage.machine_id, outage.unit_id)
    return touched(units, start, end or FOREVER), freed(outage, end)


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
    shown: Collection[int] | None = None,
    request_id: str | None = None,
) -> Outage:
    """Stop a machine, or one of its units, from now or later, until an instant or for as long as it takes (no `end`).

    `treatment` is what becomes of the bookings it touches, `treatments` that of some of them by id. Raises Refusal;
    `Unseen` when it touches others than `shown`, the ids that were read: nobody books while the machine is locked. Sent
    twice with the same request id it stops the machine once.
    """
    lock_machines(machine.id)
    sender, hashed = idempotency.sender_of(by.id), idempotency.content_hash(machine.id, unit_id, kind, reason)
    if request_id is not None:
        made = idempotency.already_made(sender, request_id, hashed, "outage")
        if made is not None:
            return db.session.get_one(Outage, made)
    row = _machine(machine.id)
    require(can_stop_machine(by, row.lab_id))
    reason = one_line(reason, REASON_LENGTH)
    if kind not in KINDS or not {treatment, *(treatments or {}).values()} <= set(TREATMENTS):
        raise Refusal(_("Ce choix n’existe pas."), status=400)
    if not reason:
        raise Refusal(_("Dites ce qui se passe : les personnes qui ont réservé le liront."), field="reason")
    start = max(start, now_in_seconds())
    if end is not None and end <= start:
        raise Refusal(_("Le retour vient après le début de l’arrêt."), field="expected_end")
    if max(start, end or 0) >= FOREVER:
        raise Refusal(_("Cette date est trop lointaine."), field="expected_end")
    _require_unit(row.id, unit_id)
    _require_shown(touched(units_of_outage(row.id, unit_id), start, end or FOREVER), shown)
    outage = stop(
        row,
        by=by,
        kind=kind,
        reason=reason,
        span=(start, end or FOREVER),
        unit_id=unit_id,
        treatment=treatment,
        treatments=treatments,
    )
    if request_id is not None:
        idempotency.remember(sender, request_id, hashed, "outage", outage.id)
    return outage


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
    give_way(outage, by, treatment, treatments or {})
    hold(outage)
    _told(machine, outage, "stopped_machine", by)
    return outage


def change_end(
    outage: Outage,
    end: int | None,
    *,
    by: Any,
    treatment: str = "suspend",
    treatments: Mapping[int, str] | None = None,
    shown: Collection[int] | None = None,
) -> Outage:
    """Make an outage shorter or longer: bookings that are free of it come back, those it now touches give way.

    Raises `Unseen` when it touches others than `shown`, as `declare_outage` does.
    """
    lock_machines(outage.machine_id)
    outage, machine = _open(outage, by)
    if not {treatment, *(treatments or {}).values()} <= set(TREATMENTS):
        raise Refusal(_("Ce choix n’existe pas."), status=400)
    _require_shown(preview_end(outage, end)[0], shown)
    outage.expected_end = end
    db.session.flush()
    let_go(outage)
    give_way(outage, by, treatment, treatments or {})
    hold(outage)
    hold_others(outage)
    restore(freed(outage, end), outage, by)
    _told(machine, outage, "changed_outage", by)
    return outage


def end_outage(outage: Outage, *, by: Any, note: str = "") -> Outage:
    """The machine runs again: what was suspended and is still possible comes back, the others are told that it does not."""
    lock_machines(outage.machine_id)
    outage, machine = _open(outage, by)
    if _endangers(outage):
        raise Refusal(
            _("Un danger est signalé sur cette machine : dites d’abord ce qui a été fait."), status=409
        )
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
    let_go(outage)
    hold_others(outage)
    restore(suspended_by(outage.id), outage, by)
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


def _require_end(outage: Any, end: int | None) -> None:
    if outage.kind == "danger":
        raise Refusal(_("Un danger n’a pas de date : il se lève en disant ce qui a été fait."), status=409)
    if end is not None and end <= max(now_in_seconds(), outage.starts_at):
        raise Refusal(
            _("Le retour vient après le début de l’arrêt, et pas avant maintenant."), field="expected_end"
        )
    if end is not None and end >= FOREVER:
        raise Refusal(_("Cette date est trop lointaine."), field="expected_end")


def _endangers(outage: Outage) -> bool:
    """Whether a danger that nobody handled keeps the machine locked."""
    return (
        db.session.execute(
            select(Incident.id).where(Incident.outage_id == outage.id, Incident.handled_at.is_(None)).limit(1)
        ).first()
        is not None
    )


def _require_shown(bookings: Sequence[Any], shown: Collection[int] | None) -> None:
    if shown is not None and not {booking.id for booking in bookings} <= set(shown):
        raise Unseen(bookings)


def _require_unit(machine_id: int, unit_id: int | None) -> None:
    if unit_id is not None and not units_of_outage(machine_id, unit_id):
        raise NotFound


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
