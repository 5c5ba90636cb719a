"""Saying yes or no to what was asked for: many may ask for one slot, the guard lets one in.

Requests stand outside the guard. Approving one takes it inside, and refuses in the same act the others that no unit is
left for.
"""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from app.core.errors import NotFound, Refusal, require
from app.resources.access import can_decide_booking
from app.resources.hours import day_of
from app.resources.operations.booking import REASON_LENGTH, one_line, person_of
from app.resources.operations.keeping import (
    best_fit,
    changed,
    let_in,
    lock_machines,
    now_in_seconds,
    set_state,
)
from app.resources.operations.refusing import BookingRefused, refused
from app.resources.queries.bookable import case_for
from app.resources.queries.free import taken
from app.resources.queries.occupations import booking as booking_row
from app.resources.queries.occupations import requests_of
from app.resources.rules import Case, Slot, about_machine, about_person, blocked


def approve(booking: Any, *, by: Any, reason: str = "") -> Any:
    """Give the slot to whoever asked for it, if it is still free and they may still have it.

    Raises `BookingRefused` with the reasons when it is not. Requests that cannot be met any more are refused with it.
    """
    booking = _request(booking, by)
    slot = Slot(booking.use_start, booking.use_end)
    case = case_for(booking.machine_id, person_of(booking), booking.company_id, leaving_out=booking.id)
    _require_still_possible(case, slot)
    unit = let_in(
        booking.id,
        best_fit(case.units, blocked(case.machine, slot)),
        by_id=by.id,
        reason=one_line(reason, REASON_LENGTH),
    )
    if unit is None:
        raise refused(case, slot, keeps_start=True)
    booking = booking_row(booking.id)
    changed(booking, "approved", by, news="booking_approved", by_id=by.id)
    for other in requests_of(booking.machine_id, booking.blocked_start, booking.blocked_end):
        held = taken(case.units, other.blocked_start, other.blocked_end)
        if {hold.unit_id for hold in held} >= set(case.units):
            with force_locale("fr"):
                sentence = _("Ce créneau a été donné à une autre demande.")
            _refuse(other, by, sentence)
    return booking


def refuse(booking: Any, *, by: Any, reason: str) -> Any:
    """Say no, and why."""
    booking = _request(booking, by)
    reason = one_line(reason, REASON_LENGTH)
    if not reason:
        raise Refusal(_("Dites pourquoi : la personne qui a demandé lira votre motif."), field="reason")
    return _refuse(booking, by, reason)


def _request(booking: Any, by: Any) -> Any:
    lock_machines(booking.machine_id)
    found = booking_row(booking.id)
    if found is None:
        raise NotFound
    require(can_decide_booking(by, found.lab_id))
    if found.state != "requested":
        raise Refusal(_("Cette demande a déjà reçu une réponse."), status=409)
    return found


def _refuse(booking: Any, by: Any, reason: str) -> Any:
    set_state(booking.id, "refused", of=("requested",), by_id=by.id, reason=reason)
    booking = booking_row(booking.id)
    changed(booking, "refused", by, news="booking_refused", by_id=by.id)
    return booking


def _require_still_possible(case: Case, slot: Slot) -> None:
    now = now_in_seconds()
    if slot.start <= now:
        raise Refusal(_("Ce créneau a commencé : la demande est trop ancienne."), status=409)
    day = day_of(slot.start, case.zone)
    why = [*about_machine(case, day), *about_person(case, day, day_of(now, case.zone))]
    if why:
        raise BookingRefused(why, case, slot)
