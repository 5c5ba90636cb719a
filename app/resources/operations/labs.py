"""A lab is created, described, opened on its days to those it serves, and closed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, func, select

from app.communities.access import access_of, forget_access, rights_changed_in
from app.communities.models import Node
from app.core import idempotency, journal
from app.core.database import insert_rows, rows_changed, upsert
from app.core.errors import NotFound, Refusal, require
from app.core.legal_days import legal_day
from app.core.slugs import slug_of
from app.core.text import clean_line
from app.core.time import clock
from app.extensions import db
from app.moderation import suspensions
from app.resources import permissions
from app.resources.hours import Span, day_of, day_span
from app.resources.models import (
    DAY_ORIGINS,
    LABEL_STATES,
    Lab,
    LabDay,
    LabHours,
    LabNode,
    Machine,
    Occupation,
)
from app.resources.operations.changing import (
    coming_bookings,
    is_found_otherwise,
    lab_changed,
    machine_ids_of,
    refuse_with_bookings,
    write_version,
)
from app.resources.operations.keeping import lock_machines, now_in_seconds
from app.resources.queries.occupations import OPEN
from app.resources.shapes import LabShape, checked_week


def create_lab(
    node_id: int, shape: LabShape, *, by: Any, request_id: str, serves: Collection[int] = ()
) -> Lab:
    """Prepare a lab as a draft, with its scope: those who run it see it until `open_lab`.

    It serves its own node unless told otherwise. Sent twice with the same request id (whose receipt has a primary key),
    it returns the first.
    """
    if not access_of(by).reads(node_id):
        raise NotFound
    require(
        permissions.can_create_lab_in(by, node_id), _("Les labs sont créés par l’ambassadeur de la région.")
    )
    suspensions.require_may_write(by, node_id)
    values = shape.values
    served = sorted(set(serves) or {node_id})
    _check_nodes(served, by, ())
    sender, hashed = (
        idempotency.sender_of(by.id),
        idempotency.content_hash(node_id, sorted(values.items()), served),
    )
    made = idempotency.already_made(sender, request_id, hashed, "lab")
    if made is not None:
        return db.session.get_one(Lab, made)
    lab = Lab(
        node_id=node_id,
        slug=slug_of(values["name"]),
        state="draft",
        version=1,
        created_at=clock.now(),
        **values,
    )
    db.session.add(lab)
    db.session.flush()
    lab.scope_id = journal.open_scope("lab", lab.id).id
    db.session.flush()
    insert_rows(LabNode.__table__, [{"lab_id": lab.id, "node_id": node} for node in served])
    idempotency.remember(sender, request_id, hashed, "lab", lab.id)
    is_found_otherwise(lab)
    lab_changed(lab, "lab_created", by)
    return lab


def edit_lab(lab: Lab, shape: LabShape, *, by: Any, base_version: int | None = None) -> None:
    """Change what a lab says of itself; refused when somebody else did since `base_version`."""
    require(permissions.can_run_lab(by, lab))
    suspensions.require_may_write(by, lab.node_id)
    values = shape.values
    if values["time_zone"] != lab.time_zone:
        # Held, so that no booking slips in by the clock that was.
        lock_machines(*machine_ids_of(lab.id))
        if coming_bookings(lab_id=lab.id):
            raise Refusal(
                _("Des réservations sont à venir : le lab ne peut pas changer de fuseau horaire."),
                field="postcode",
            )
    write_version(lab, base_version, slug=slug_of(values["name"]), **values)
    is_found_otherwise(lab)
    lab_changed(lab, "lab_edited", by)


def set_hours(lab: Lab, week: Mapping[int, Iterable[Span]], *, by: Any) -> None:
    """Give a lab its week: by weekday (0 is Monday), stretches in minutes after local midnight. The lab's row is held.

    Bookings already made stay, whatever the new hours.
    """
    require(permissions.can_run_lab(by, lab))
    kept = checked_week(week)
    write_version(lab, None)
    db.session.execute(delete(LabHours).where(LabHours.lab_id == lab.id))
    rows = [
        {"lab_id": lab.id, "weekday": weekday, "opens": opens, "closes": closes}
        for weekday, spans in sorted(kept.items())
        for opens, closes in spans
    ]
    if rows:
        insert_rows(LabHours.__table__, rows)
    lab_changed(lab, "lab_hours_set", by)


def set_day(
    lab: Lab,
    day: date,
    *,
    is_open: bool,
    by: Any,
    label: str = "",
    origin: str = "lab",
    despite_bookings: bool = False,
) -> int:
    """Have one day depart from the week: closed, or open although the law closes it. How many bookings it touches.

    Closing a day on which bookings start is refused until they are moved or cancelled, or `despite_bookings` says that
    they stand. The day is the primary key: said twice, the last word holds.
    """
    require(permissions.can_run_lab(by, lab))
    if origin not in DAY_ORIGINS:
        raise ValueError(f"unknown origin {origin!r}")
    if day < day_of(now_in_seconds(), lab.time_zone):
        raise Refusal(_("Ce jour est passé."), field="day")
    touched = 0
    if not is_open:
        lock_machines(*machine_ids_of(lab.id))
        touched = len(bookings_on(lab, day))
        if not despite_bookings:
            refuse_with_bookings(
                touched,
                ngettext(
                    "%(num)d réservation commence ce jour-là. Déplacez-la ou annulez-la, ou dites qu’elle est maintenue.",
                    "%(num)d réservations commencent ce jour-là. Déplacez-les ou annulez-les, "
                    "ou dites qu’elles sont maintenues.",
                    touched,
                ),
            )
    upsert(
        LabDay,
        {"lab_id": lab.id, "day": day},
        {
            "is_open": is_open,
            "origin": "legal" if is_open and legal_day(lab.department, day) else origin,
            "label": clean_line(label, limit=120, field="label"),
            "set_by_id": by.id,
        },
    )
    write_version(lab, None)
    lab_changed(lab, "lab_day_set", by, day=day.isoformat(), is_open=is_open, bookings=touched)
    return touched


def forget_day(lab: Lab, day: date, *, by: Any) -> bool:
    """Let a day be again what the week and the law say; whether it had departed."""
    require(permissions.can_run_lab(by, lab))
    gone = rows_changed(delete(LabDay).where(LabDay.lab_id == lab.id, LabDay.day == day)) > 0
    if gone:
        write_version(lab, None)
        lab_changed(lab, "lab_day_forgotten", by, day=day.isoformat())
    return gone


def serve_nodes(lab: Lab, node_ids: Collection[int], *, by: Any) -> None:
    """Say whom a lab is open to. Places are added by somebody who reads them; bookings already made stay.

    Open pages of places that it serves no more are put out within seconds.
    """
    require(permissions.can_run_lab(by, lab))
    if not node_ids:
        raise Refusal(_("Un lab sert au moins un lieu."), field="nodes")
    before = set(db.session.execute(select(LabNode.node_id).where(LabNode.lab_id == lab.id)).scalars())
    wanted = set(node_ids)
    _check_nodes(wanted, by, before)
    if wanted == before:
        return
    if before - wanted:
        db.session.execute(
            delete(LabNode).where(LabNode.lab_id == lab.id, LabNode.node_id.in_(before - wanted))
        )
        rights_changed_in(before - wanted)
    for node_id in sorted(wanted - before):
        upsert(LabNode, {"lab_id": lab.id, "node_id": node_id}, {}, keep=True)
    write_version(lab, None)
    forget_access()
    lab_changed(lab, "lab_serves", by, added=sorted(wanted - before), removed=sorted(before - wanted))


def set_label_state(lab: Lab, state: str, *, by: Any, on: date | None = None) -> None:
    """Say how far the label of a lab is, and since when it has it: the national team."""
    require(permissions.can_label_lab(by), _("Le label est suivi par l’équipe nationale."))
    if state not in LABEL_STATES:
        raise Refusal(_("Choisissez dans la liste."), field="label_state")
    labelled_on = (on or day_of(now_in_seconds(), lab.time_zone)) if state == "labelled" else None
    write_version(lab, None, label_state=state, labelled_on=labelled_on)
    lab_changed(lab, "lab_label_set", by, state=state)


def open_lab(lab: Lab, *, by: Any) -> None:
    """Let those it serves see the lab and book there: from a draft, or again after it was closed."""
    require(permissions.can_run_lab(by, lab))
    if lab.state == "open":
        return
    if db.session.execute(select(func.count()).where(LabHours.lab_id == lab.id)).scalar_one() == 0:
        raise Refusal(_("Donnez d’abord ses horaires au lab : sans eux personne ne peut réserver."))
    write_version(lab, None, state="open")
    forget_access()
    is_found_otherwise(lab)
    lab_changed(lab, "lab_opened", by)


def close_lab(lab: Lab, *, by: Any) -> None:
    """Take no more bookings. Refused while some are to come; its machines are held, so that none slips in."""
    require(permissions.can_run_lab(by, lab))
    if lab.state == "closed":
        return
    lock_machines(*machine_ids_of(lab.id))
    count = coming_bookings(lab_id=lab.id)
    refuse_with_bookings(
        count,
        ngettext(
            "%(num)d réservation est encore à venir : annulez-la d’abord, avec un motif, puis fermez le lab.",
            "%(num)d réservations sont encore à venir : annulez-les d’abord, avec un motif, puis fermez le lab.",
            count,
        ),
    )
    write_version(lab, None, state="closed")
    forget_access()
    is_found_otherwise(lab)
    lab_changed(lab, "lab_closed", by)


def bookings_on(lab: Lab, day: date) -> list[int]:
    """The open bookings of a lab that start on this local day and did not end."""
    start, end = day_span(day, lab.time_zone)
    return list(
        db.session.execute(
            select(Occupation.id)
            .join(Machine, Machine.id == Occupation.machine_id)
            .where(
                Machine.lab_id == lab.id,
                Occupation.kind == "booking",
                Occupation.state.in_(OPEN),
                Occupation.use_start >= start,
                Occupation.use_start < end,
                Occupation.use_end > now_in_seconds(),
            )
            .order_by(Occupation.use_start)
        ).scalars()
    )


def _check_nodes(wanted: Collection[int], by: Any, before: Collection[int]) -> None:
    access = access_of(by)
    if any(node_id not in before and not access.reads(node_id) for node_id in wanted):
        raise Refusal(_("Choisissez des lieux que vous lisez."), field="nodes")
    closed = db.session.execute(
        select(Node.name).where(Node.id.in_(set(wanted) - set(before)), Node.state == "closed")
    ).scalar()
    if closed is not None:
        raise Refusal(_("« %(name)s » est fermée.", name=closed), field="nodes")
