"""Bookings as those they belong to see them: one, one's own, one's firm's."""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from app.communities.access import access_of
from app.core import shell
from app.core.database import transacted
from app.core.doors import permission, signed_in
from app.core.errors import NotFound, Refusal
from app.core.inputs import checked_id, whole
from app.core.pages import page
from app.core.time import use_zone
from app.resources.access import can_cancel_booking, can_move_booking
from app.resources.addresses import booking_url, lab_url, machine_url
from app.resources.operations.booking import cancel
from app.resources.queries.holding import Lack, lacking_for_booking, lacking_for_person
from app.resources.queries.occupations import (
    OPEN,
    booking_for,
    bookings_of_company,
    bookings_of_person,
    past_bookings_of_person,
)
from app.resources.views import bp, me, now_in_seconds, stand_in_lab

YEAR = 366 * 24 * 3600
REASON_SHOWN = 500

OF_THE_BOOKING = permission("its person, their colleagues, the people of the lab")


@bp.get("/reservations")
@signed_in
def own_bookings() -> str:
    """One's own bookings, or those of a firm one works for."""
    user, now = me(), now_in_seconds()
    companies = access_of(user).companies
    company_id = whole(request.args.get("entreprise"))
    if company_id:
        coming = bookings_of_company(user, company_id, since=now, until=now + YEAR)
        past: list[Any] = []
        lacking: dict[int, list[Lack]] = {}
    else:
        coming = bookings_of_person(user, since=now, until=now + YEAR)
        past = past_bookings_of_person(user, before=now)
        lacking = lacking_for_person(user.id, now)
    shell.listen({booking.lab_scope_id for booking in coming})
    return page(
        "resources/bookings.html",
        scopes=shell.current_shell().seqs,
        coming=coming,
        past=past,
        lacking=lacking,
        companies=companies,
        company_id=company_id,
        booking_url=booking_url,
    )


@bp.get("/reservations/<int:booking_id>")
@OF_THE_BOOKING
def show_booking(booking_id: int) -> ResponseReturnValue:
    """One booking in words, and what can be done with it."""
    return _booking_page(checked_id(booking_id))


@bp.post("/reservations/<int:booking_id>/annulation")
@OF_THE_BOOKING
def cancel_booking(booking_id: int) -> ResponseReturnValue:
    """Give a booking back."""
    reason = request.form.get("motif") or ""
    try:
        booking = transacted(
            lambda: cancel(booking_for(me(), checked_id(booking_id)), by=me(), reason=reason)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _booking_page(checked_id(booking_id), refusal=refusal, reason=reason)
    return redirect(booking_url(booking.id))


def _booking_page(
    booking_id: int, *, refusal: Refusal | None = None, reason: str = ""
) -> ResponseReturnValue:
    user, now = me(), now_in_seconds()
    booking = booking_for(user, booking_id)
    use_zone(booking.time_zone)
    seqs = stand_in_lab(booking.lab_node_id, booking.lab_scope_id, booking.time_zone)
    is_open = booking.state in OPEN
    html = page(
        "resources/booking.html",
        scopes=seqs,
        booking=booking,
        is_new="fait" in request.args and booking.state in OPEN,
        is_mine=booking.user_id == user.id,
        lacking=lacking_for_booking(booking.id, now) if is_open else [],
        is_over=booking.use_end <= now,
        has_begun=booking.use_start <= now,
        may_move=is_open and booking.use_end > now and can_move_booking(user, booking),
        may_cancel=is_open and booking.use_start > now and can_cancel_booking(user, booking),
        lab_url=lab_url(booking.lab_id, booking.lab_slug),
        machine_url=machine_url(booking.machine_id, booking.machine_slug),
        refusal=refusal,
        reason=reason[:REASON_SHOWN],
    )
    return html, refusal.status if refusal is not None else 200
