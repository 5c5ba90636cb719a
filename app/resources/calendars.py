"""Bookings as appointments: the file that travels with a mail, the one of a page, the private feed of a person.

A feed is read by a program that nobody signs in: its address is the secret. Only its hash is kept, and it says no more
than its person may see anyway.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import bindparam, delete, select

from app.accounts.models import User
from app.core import audit, icalendar
from app.core.database import read, rows_changed, upsert
from app.core.icalendar import Address, Event
from app.core.news import Attachment
from app.core.prepared import Prepared
from app.core.time import clock
from app.extensions import db
from app.resources.addresses import booking_url
from app.resources.hours import moment
from app.resources.models import CalendarFeed
from app.resources.queries.occupations import bookings_of_person

PAST = timedelta(days=92)
"""How far back a feed reaches; forwards it has all there is."""

MOST = 1000


def event_of(booking: Any) -> Event:
    """A booking as an appointment of its person."""
    place = ", ".join(
        part
        for part in (booking.lab_name, booking.address, f"{booking.postcode} {booking.town}".strip())
        if part
    )
    words = [booking.purpose, booking.arrival]
    if booking.state == "requested":
        words.insert(0, _("Demande en attente de réponse."))
    elif booking.state == "suspended":
        words.insert(0, _("Suspendue : la machine est à l’arrêt."))
    url = f"{current_app.config['PUBLIC_URL']}{booking_url(booking.id)}"
    return Event(
        uid=f"{booking.uid}@{_host()}",
        sequence=booking.sequence,
        stamp=booking.decided_at or booking.created_at,
        start=moment(booking.use_start),
        end=moment(booking.use_end),
        zone=booking.time_zone,
        summary=booking.machine_name,
        location=place,
        description="\n\n".join(part for part in [*words, url] if part),
        url=url,
        is_cancelled=booking.state in ("cancelled", "refused", "moved"),
        is_tentative=booking.state in ("requested", "suspended"),
    )


def file_of(booking: Any) -> str:
    """One booking as a file to open in a calendar."""
    return icalendar.calendar([event_of(booking)], method="PUBLISH")


def attached_to_mail(booking: Any, person: Any) -> Attachment:
    """The file that puts a booking into its person's calendar, changes it there, or takes it out."""
    event = event_of(booking)
    method = "CANCEL" if event.is_cancelled else "REQUEST"
    name, address = parseaddr(current_app.config["MAIL_FROM"])
    text = icalendar.calendar(
        [event],
        method=method,
        organizer=Address(booking.lab_name or name, address),
        attendee=Address(person.name, person.email or ""),
    )
    return Attachment("reservation.ics", f"text/calendar; method={method}", text)


def feed_of(person: Any) -> str:
    """Everything a person booked, from three months ago on."""
    since = int((clock.now() - PAST).timestamp())
    rows: Sequence[Any] = bookings_of_person(person, since=since, until=2**62, limit=MOST)
    name = _("Mes réservations de machines")
    return icalendar.calendar([event_of(row) for row in rows], method="PUBLISH", name=name)


def feed_address(user: Any) -> str | None:
    """The secret address of a person's feed; None when they have none."""
    nonce = db.session.execute(
        select(CalendarFeed.nonce).where(CalendarFeed.user_id == user.id)
    ).scalar_one_or_none()
    if nonce is None:
        return None
    return f"{current_app.config['PUBLIC_URL']}/calendriers/{_token(nonce)}.ics"


def open_feed(user: Any) -> str:
    """Give the person a new address, inside a transaction; the one they had serves no more."""
    nonce = secrets.token_hex(16)
    token = _token(nonce)
    upsert(
        CalendarFeed,
        {"user_id": user.id},
        {"nonce": nonce, "token_hash": _hash(token), "created_at": clock.now()},
    )
    audit.record(user, "opened_calendar", "person", user.id)
    return f"{current_app.config['PUBLIC_URL']}/calendriers/{token}.ics"


def close_feed(user: Any) -> bool:
    """Take the address back, inside a transaction; whether there was one."""
    gone = rows_changed(delete(CalendarFeed).where(CalendarFeed.user_id == user.id)) > 0
    if gone:
        audit.record(user, "closed_calendar", "person", user.id)
    return gone


def reader_of(token: str) -> User | None:
    """Whose feed this token opens, if their account is open."""
    row = read(_READER, token_hash=_hash(token)).first()
    user = db.session.get(User, row.user_id) if row is not None else None
    return user if user is not None and user.is_active else None


_READER = Prepared(select(CalendarFeed.user_id).where(CalendarFeed.token_hash == bindparam("token_hash")))


def _token(nonce: str) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    digest = hmac.new(key, f"calendar:{nonce}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _host() -> str:
    return urlsplit(current_app.config["PUBLIC_URL"]).hostname or "convergence"
