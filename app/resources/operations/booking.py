"""Booking a machine, giving a booking back, moving it: the guard of the database decides, the rules explain."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import gettext as _

from app.accounts.models import User
from app.communities.access import access_of
from app.core import idempotency
from app.core.errors import NotFound, Refusal, Repeated, require
from app.core.time import clock
from app.extensions import db
from app.moderation.suspensions import sentence_for
from app.resources.access import can_cancel_booking, can_move_booking, labs_read_by, staffs
from app.resources.operations.keeping import (
    best_fit,
    changed,
    insert_occupation,
    lock_machines,
    now_in_seconds,
    set_state,
)
from app.resources.operations.refusing import check, refused
from app.resources.queries.bookable import case_for
from app.resources.queries.occupations import OPEN, successor
from app.resources.queries.occupations import booking as booking_row
from app.resources.rules import Case, Slot, blocked

PURPOSE_LENGTH, REASON_LENGTH = 200, 500


def book(
    machine: Any,
    *,
    person: Any,
    company_id: int | None,
    start: int,
    end: int,
    purpose: str = "",
    is_confidential: bool = False,
    request_id: str,
    by: Any = None,
    overriding: str = "",
) -> Any:
    """Book a machine for somebody, in the name of one of their firms; the booking, as `queries.occupations.booking`.

    The people of the lab book for others, and pass over length, notice and horizon with a reason (`overriding`). A
    machine that needs approval takes a request, which holds nothing yet. Sent twice with the same request id it gives
    the first booking back. Raises `BookingRefused` with every reason and the next slots.
    """
    by = by or person
    company_id = firm_of(person, company_id)
    hashed = idempotency.content_hash(machine.id, person.id, company_id, start, end, purpose, is_confidential)
    sender = idempotency.sender_of(by.id)
    made = _already_made(sender, request_id, hashed)
    if made is not None:
        return booking_row(made)
    lock_machines(machine.id)
    case, slot = case_for(machine.id, person, company_id), Slot(start, end)
    if not (case.is_read if by.id == person.id else labs_read_by(by, [case.machine.lab_id])):
        raise NotFound
    is_staff = staffs(by, case.machine.lab_id)
    require(
        by.id == person.id or is_staff, _("Seules les personnes du lab réservent pour quelqu’un d’autre.")
    )
    if not is_staff:
        _require_may_say(by, case.machine.lab_node_id, purpose)
    passed_over = check(case, slot, by=by, overriding=overriding)
    booking_id = _write(
        case,
        slot,
        "requested" if case.machine.needs_approval and not is_staff else "confirmed",
        user_id=person.id,
        company_id=company_id,
        created_by_id=by.id,
        purpose=one_line(purpose, PURPOSE_LENGTH),
        is_confidential=is_confidential,
        uid=str(uuid.uuid4()),
        reason=one_line(overriding, REASON_LENGTH) if passed_over else "",
    )
    idempotency.remember(sender, request_id, hashed, "booking", booking_id)
    return _told(booking_id, by, "booked", for_id=person.id, passed_over=list(passed_over))


def cancel(booking: Any, *, by: Any, reason: str = "") -> Any:
    """Give a booking back before it starts; for somebody else's a reason is owed. Twice changes nothing more."""
    lock_machines(booking.machine_id)
    booking = _found(booking.id)
    require(can_cancel_booking(by, booking))
    if booking.state == "cancelled":
        return booking
    reason = one_line(reason, REASON_LENGTH)
    if booking.user_id != by.id and not reason:
        raise Refusal(_("Dites pourquoi : la personne qui a réservé lira votre motif."), field="reason")
    if booking.user_id == by.id and not staffs(by, booking.lab_id):
        _require_may_say(by, booking.lab_node_id, reason)
    if booking.state == "confirmed" and booking.use_start <= now_in_seconds():
        raise Refusal(_("Ce créneau a commencé : raccourcissez-le plutôt."), status=409)
    if not set_state(booking.id, "cancelled", of=OPEN, by_id=by.id, reason=reason):
        raise Refusal(_("Cette réservation n’est plus à annuler."), status=409)
    booking = _found(booking.id)
    changed(booking, "cancelled", by, news="booking_cancelled", tells_actor=True, by_id=by.id)
    return booking


def move(
    booking: Any,
    start: int,
    end: int,
    *,
    by: Any,
    machine_id: int | None = None,
    overriding: str = "",
) -> Any:
    """Give a booking another time, or another machine, in one act: what it was is given back and what it becomes taken.

    Calendars know it under the same uid, one number further. When the new slot is refused the old one stays as it is. On
    a machine that needs approval a new time is asked for anew, unless it lies within the old one.
    """
    target = machine_id or booking.machine_id
    lock_machines(booking.machine_id, target)
    booking = _found(booking.id)
    require(can_move_booking(by, booking))
    slot = Slot(start, end)
    if booking.state == "moved":
        return _moved_before(booking, target, slot)
    if booking.state not in OPEN or booking.use_end <= now_in_seconds():
        raise Refusal(_("Cette réservation n’est plus à déplacer."), status=409)
    if (target, slot) == (booking.machine_id, (booking.use_start, booking.use_end)):
        return booking
    case = case_for(target, person_of(booking), booking.company_id, leaving_out=booking.id)
    if case.machine.lab_id != booking.lab_id:
        raise NotFound
    keeps_start = target == booking.machine_id and start == booking.use_start
    if booking.use_start <= now_in_seconds() and not keeps_start:
        raise Refusal(_("Ce créneau a commencé : seule sa fin peut changer."), status=409)
    set_state(booking.id, "moved", of=OPEN, by_id=by.id)
    passed_over = check(case, slot, by=by, overriding=overriding, keeps_start=keeps_start)
    moved_id = _write(
        case,
        slot,
        _state_after(booking, case, slot, by),
        user_id=booking.user_id,
        company_id=booking.company_id,
        created_by_id=by.id,
        purpose=booking.purpose,
        is_confidential=booking.is_confidential,
        uid=booking.uid,
        sequence=booking.sequence + 1,
        moved_from_id=booking.id,
        reason=one_line(overriding, REASON_LENGTH) if passed_over else "",
        keeps_start=keeps_start,
    )
    changed(_found(booking.id), "moved", by, to=moved_id)
    return _told(
        moved_id,
        by,
        "booked",
        news="booking_moved",
        was=[booking.use_start, booking.use_end],
        passed_over=list(passed_over),
    )


def _require_may_say(by: Any, node_id: int, words: str) -> None:
    """Somebody whose writing is suspended uses machines like everybody, without words that others read."""
    sentence = sentence_for(by, node_id) if words.strip() else None
    if sentence is not None:
        raise Refusal(
            _("%(sentence)s Laissez ce champ vide : le créneau, lui, reste permis.", sentence=sentence),
            status=403,
            field="purpose",
        )


def firm_of(person: Any, company_id: int | None) -> int | None:
    """The firm booked for: the one chosen, else the first; None for somebody without a firm."""
    companies = access_of(person).companies
    if company_id is not None and company_id not in companies:
        raise Refusal(_("On ne réserve que pour une entreprise où l’on travaille."), field="company_id")
    return company_id if company_id is not None else next(iter(companies), None)


def one_line(words: str, most: int) -> str:
    """What was typed, on one line and no longer than it may be. Raises Refusal when it is."""
    line = " ".join(words.replace("\x00", " ").split())
    if len(line) > most:
        raise Refusal(_("%(num)d caractères au plus.", num=most))
    return line


def _write(case: Case, slot: Slot, state: str, *, keeps_start: bool = False, **values: Any) -> int:
    """Insert first; what stands against it is looked for only after a refusal."""
    wanted = blocked(case.machine, slot)
    units = case.units if state == "requested" else best_fit(case.units, wanted)
    booking_id = insert_occupation(
        units,
        {
            "machine_id": case.machine.id,
            "kind": "booking",
            "state": state,
            "blocked_start": wanted.start,
            "blocked_end": wanted.end,
            "use_start": slot.start,
            "use_end": slot.end,
            "created_at": clock.now(),
            **values,
        },
    )
    if booking_id is None:
        raise refused(case, slot, keeps_start=keeps_start)
    return booking_id


def _told(booking_id: int, by: Any, act: str, *, news: str = "", **detail: Any) -> Any:
    booking = _found(booking_id)
    if booking.state == "requested":
        changed(booking, act, by, news="booking_requested", **detail)
    else:
        changed(booking, act, by, news=news or "booking_confirmed", tells_actor=True, by_id=by.id, **detail)
    return booking


def _state_after(booking: Any, case: Case, slot: Slot, by: Any) -> str:
    is_within = (
        booking.state == "confirmed"
        and case.machine.id == booking.machine_id
        and booking.use_start <= slot.start
        and slot.end <= booking.use_end
    )
    is_free_to = is_within or staffs(by, case.machine.lab_id)
    return "requested" if case.machine.needs_approval and not is_free_to else "confirmed"


def _moved_before(booking: Any, machine_id: int, slot: Slot) -> Any:
    """What a move sent twice gives: the booking it made the first time."""
    after = successor(booking.id)
    if after is not None and (after.machine_id, after.use_start, after.use_end) == (machine_id, *slot):
        return after
    raise Refusal(_("Cette réservation a déjà été déplacée : rechargez la page."), status=409)


def _already_made(sender: str, request_id: str, hashed: str) -> int | None:
    try:
        return idempotency.already_made(sender, request_id, hashed, "booking")
    except Repeated:
        raise Refusal(
            _(
                "Ce formulaire a déjà servi pour un autre créneau. Rechargez la page, puis réservez de nouveau."
            ),
            status=409,
        ) from None


def _found(booking_id: int) -> Any:
    found = booking_row(booking_id)
    if found is None:
        raise NotFound
    return found


def person_of(booking: Any) -> User:
    """Whose booking it is."""
    return db.session.get_one(User, booking.user_id)
