"""What is wrong with a machine, said by whoever sees it. A danger locks it at once, before anybody decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit, duties, idempotency, journal
from app.core.blobs import attach_keys
from app.core.errors import NotFound, Refusal, require
from app.core.time import clock
from app.extensions import db
from app.moderation.broadcasts import desk_changed
from app.resources.access import can_report_incident, can_stop_machine
from app.resources.models import FOREVER, SEVERITIES, Incident, Outage
from app.resources.operations.booking import firm_of
from app.resources.operations.keeping import lock_machines, now_in_seconds
from app.resources.operations.outages import end_outage, stop
from app.resources.queries.bookable import bookable, units_and_nodes

TEXT_LENGTH = 2000


def report_incident(
    machine: Any,
    *,
    by: Any,
    severity: str,
    text: str,
    request_id: str,
    unit_id: int | None = None,
    photos: Sequence[str] = (),
) -> Incident:
    """Say what one sees. The people of the lab are told; a danger stops the machine and suspends what is booked on it."""
    words = text.replace("\x00", " ").strip()
    hashed = idempotency.content_hash(machine.id, severity, words)
    sender = idempotency.sender_of(by.id)
    made = idempotency.already_made(sender, request_id, hashed, "incident")
    if made is not None:
        return db.session.get_one(Incident, made)
    lock_machines(machine.id)
    row = bookable(machine.id)
    if row is None or not can_report_incident(by, row.lab_id):
        raise NotFound
    _require_shape(row, severity, words, unit_id)
    outage_id = _locked(row, by, words, unit_id) if severity == "danger" else None
    incident = Incident(
        machine_id=machine.id,
        unit_id=unit_id,
        severity=severity,
        text=words,
        reporter_id=by.id,
        company_id=firm_of(by, None),
        reported_at=clock.now(),
        outage_id=outage_id,
    )
    db.session.add(incident)
    db.session.flush()
    attach_keys(by.id, "incident", incident.id, photos)
    idempotency.remember(sender, request_id, hashed, "incident", incident.id)
    _told(row, incident, "reported_incident", by)
    duties.owe(
        "danger_reported" if severity == "danger" else "incident_reported", "incident", incident.id, by.id
    )
    return incident


def handle_incident(incident: Incident, *, by: Any, answer: str, reopens: bool = False) -> Incident:
    """Say what was done about it; whoever reported it is told. `reopens` ends the lock that a danger put on."""
    lock_machines(incident.machine_id)
    found = db.session.get(Incident, incident.id, populate_existing=True)
    row = bookable(incident.machine_id)
    if found is None or row is None:
        raise NotFound
    require(can_stop_machine(by, row.lab_id))
    words = answer.replace("\x00", " ").strip()
    if not words or len(words) > TEXT_LENGTH:
        raise Refusal(
            _("Dites ce qui a été fait, en %(num)d caractères au plus.", num=TEXT_LENGTH), field="answer"
        )
    if found.handled_at is not None:
        raise Refusal(_("Quelqu’un du lab s’en est déjà occupé."), status=409)
    found.handled_at, found.handled_by_id, found.answer = clock.now(), by.id, words
    db.session.flush()
    if reopens and found.outage_id is not None:
        _reopen(found, by, words)
    _told(row, found, "handled_incident", by)
    duties.owe("incident_handled", "incident", found.id, by.id)
    return found


def _require_shape(machine: Any, severity: str, words: str, unit_id: int | None) -> None:
    if severity not in SEVERITIES:
        raise Refusal(_("Ce choix n’existe pas."), status=400)
    if not words or len(words) > TEXT_LENGTH:
        raise Refusal(
            _("Dites ce que vous avez vu, en %(num)d caractères au plus.", num=TEXT_LENGTH), field="text"
        )
    if unit_id is not None and unit_id not in units_and_nodes(machine.id)[0]:
        raise NotFound


def _locked(machine: Any, by: Any, words: str, unit_id: int | None) -> int:
    """The lock that keeps everybody from the machine: the one there is, or a new one, without an end."""
    there = db.session.execute(
        select(Outage)
        .where(Outage.machine_id == machine.id, Outage.kind == "danger", Outage.ended_at.is_(None))
        .order_by(Outage.id)
    ).scalars()
    for outage in there:
        if outage.expected_end is None and outage.unit_id in (None, unit_id):
            return outage.id
    reason = words if len(words) <= 200 else words[:199].rstrip() + "…"
    span = (now_in_seconds(), FOREVER)
    return stop(machine, by=by, kind="danger", reason=" ".join(reason.split()), span=span, unit_id=unit_id).id


def _reopen(incident: Incident, by: Any, words: str) -> None:
    """End the lock, unless another danger under it waits for somebody."""
    others = db.session.execute(
        select(Incident.id).where(
            Incident.outage_id == incident.outage_id,
            Incident.handled_at.is_(None),
            Incident.id != incident.id,
        )
    ).first()
    if others is not None:
        raise Refusal(
            _("Un autre danger est signalé sur cette machine : occupez-vous-en d’abord."), status=409
        )
    outage = db.session.get_one(Outage, incident.outage_id)
    if outage.ended_at is None:
        end_outage(outage, by=by, note=" ".join(words.split())[:500])


def _told(machine: Any, incident: Incident, act: str, by: Any) -> None:
    journal.record(machine.lab_scope_id, "machine.changed", "machine", machine.id, actor_id=by.id)
    desk_changed(machine.lab_node_id, "incident", incident.id)
    audit.record(
        by,
        act,
        "incident",
        incident.id,
        node_id=machine.lab_node_id,
        machine=machine.id,
        severity=incident.severity,
    )
