"""Bookings in the calendar one already has: a file for one, a secret address for all of them."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import current_user

from app.communities.access import access_of
from app.core.database import release, transaction
from app.core.doors import permission, public, signed_in
from app.core.errors import NotFound
from app.core.inputs import checked_id
from app.core.limits import Rate, client_address
from app.resources import calendars
from app.resources.queries.occupations import booking_for

bp = Blueprint("calendars", __name__, template_folder="../templates")

LONGEST_TOKEN = 64
READING = Rate("calendar", 60, 900)
"""A calendar asks a few times an hour; several of one person may."""
TRYING = Rate("calendar_tried", 60, 900)
"""Addresses that open nothing: a guess, or a calendar that still asks for one taken back."""


@bp.get("/calendriers/<token>.ics")
@public("a secret address: whoever holds it reads one person's bookings, as that person may")
def feed(token: str) -> ResponseReturnValue:
    """Everything the person of this address booked."""
    reader = calendars.reader_of(token) if len(token) <= LONGEST_TOKEN else None
    if reader is None:
        TRYING.spend(client_address())
        raise NotFound
    READING.spend(reader.id)
    with force_locale(reader.locale):
        text = calendars.feed_of(reader)
    release()
    return _file(text, "reservations.ics")


@bp.get("/reservations/<int:booking_id>.ics")
@permission("whose booking it is, their colleagues, and the people of the lab")
def one(booking_id: int) -> ResponseReturnValue:
    """One booking, as a file to open in a calendar."""
    booking = booking_for(current_user, checked_id(booking_id))
    return _file(calendars.file_of(booking), f"reservation-{booking_id}.ics", is_download=True)


@bp.get("/reservations/agenda")
@signed_in
def settings() -> ResponseReturnValue:
    """The person's secret address, and what to do with it."""
    return render_template(
        "resources/calendar.html",
        address=calendars.feed_address(current_user),
        companies=access_of(current_user).companies,
    )


@bp.post("/reservations/agenda")
@signed_in
def renew() -> ResponseReturnValue:
    """Make an address, or another one: the former serves no more."""
    had_one = calendars.feed_address(current_user) is not None
    with transaction():
        calendars.open_feed(current_user)
    if had_one:
        flash(_("Votre nouvelle adresse est prête. L’ancienne ne sert plus."), "success")
    else:
        flash(_("Votre adresse d’agenda est prête."), "success")
    return redirect(url_for(".settings"))


@bp.post("/reservations/agenda/fermeture")
@signed_in
def close() -> ResponseReturnValue:
    """Take the address back."""
    with transaction():
        calendars.close_feed(current_user)
    flash(_("L’adresse est retirée : plus aucun agenda ne lit vos réservations."), "success")
    return redirect(url_for(".settings"))


def _file(text: str, name: str, *, is_download: bool = False) -> Response:
    response = make_response(text.encode())
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    place = "attachment" if is_download else "inline"
    response.headers["Content-Disposition"] = f'{place}; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
