"""A lab's week: one day of all its machines, and the slot being chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import redirect, request
from flask.typing import ResponseReturnValue

from app.communities.access import access_of
from app.core import shell
from app.core.database import transacted
from app.core.doors import signed_in
from app.core.errors import NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, new_request_id, whole
from app.core.pages import page
from app.resources import choosing
from app.resources.access import can_move_booking
from app.resources.addresses import booking_url, lab_url
from app.resources.choosing import Choice
from app.resources.hours import MINUTE, Span, day_of, moment
from app.resources.operations.booking import book, move
from app.resources.operations.refusing import BookingRefused
from app.resources.queries.bookable import bookable_for
from app.resources.queries.facts import facts_for
from app.resources.queries.labs import MachineLine
from app.resources.queries.occupations import booking_for
from app.resources.rules import Slot
from app.resources.views import bp, me, now_in_seconds, stand_in_lab
from app.resources.views.drawn_week import drawn_week
from app.resources.words import span_words

FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2098, 12, 31)
LOOKED_AHEAD = 14
"""Days looked through for the next open one, when no day is asked for."""


@dataclass(frozen=True)
class Asked:
    """What an address asks of the week: a day, a slot being chosen, a booking to move; anything else is not given."""

    day: date | None = None
    machine_id: int = 0
    start: int = 0
    end: int | None = None
    company_id: int | None = None
    moving_id: int = 0


class Typed(NamedTuple):
    """What was written beside a slot, kept through every refusal."""

    purpose: str = ""
    is_confidential: bool = False


@bp.get("/labs/<int:lab_id>-<slug>")
@bp.get("/labs/<int:lab_id>")
@signed_in
def show_lab(lab_id: int, slug: str = "") -> ResponseReturnValue:
    """The week of a lab, one day at a time."""
    return lab_page(checked_id(lab_id), _asked(request.args))


@bp.post("/machines/<int:machine_id>/reservations")
@signed_in
def create_booking(machine_id: int) -> ResponseReturnValue:
    """Book a machine."""
    asked, typed = _asked(request.form), _typed()
    asked = replace(asked, machine_id=checked_id(machine_id))
    try:
        request_id = parse_request_id(request.form.get("request_id"))
        booking = transacted(
            lambda: book(
                bookable_for(me(), asked.machine_id),
                person=me(),
                company_id=asked.company_id,
                start=asked.start,
                end=asked.end or 0,
                purpose=typed.purpose,
                is_confidential=typed.is_confidential,
                request_id=str(request_id),
            )
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _refused(asked, typed, refusal)
    return redirect(f"{booking_url(booking.id)}?fait=1")


@bp.post("/reservations/<int:booking_id>/deplacement")
@signed_in
def move_booking(booking_id: int) -> ResponseReturnValue:
    """Give a booking another time, or another machine of the lab."""
    asked = replace(_asked(request.form), moving_id=checked_id(booking_id))
    try:
        moved = transacted(
            lambda: move(
                booking_for(me(), asked.moving_id),
                asked.start,
                asked.end or 0,
                by=me(),
                machine_id=asked.machine_id or None,
            )
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _refused(asked, _typed(), refusal)
    return redirect(f"{booking_url(moved.id)}?fait=1")


def _refused(asked: Asked, typed: Typed, refusal: Refusal) -> ResponseReturnValue:
    machine_id = asked.machine_id or booking_for(me(), asked.moving_id).machine_id
    machine = bookable_for(me(), machine_id)
    asked = replace(asked, machine_id=machine_id)
    return lab_page(machine.lab_id, asked, typed=typed, refusal=refusal, status=refusal.status)


def lab_page(
    lab_id: int,
    asked: Asked,
    *,
    typed: Typed | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The page of a lab; with a refusal, the slot comes back with all that was typed and what would be accepted."""
    user, now = me(), now_in_seconds()
    facts = facts_for(user, lab_id, lambda lab: stand_in_lab(lab.node_id, lab.scope_id, lab.time_zone))
    lab = facts.lab
    companies = access_of(user).companies
    company_id = asked.company_id if asked.company_id in companies else next(iter(companies), None)
    moving = _moving(user, asked.moving_id, lab.id)
    choice = _choice(user, asked, company_id, facts.machines, now, moving)
    html = page(
        "resources/lab.html",
        scopes=shell.current_shell().seqs,
        lab=lab,
        week=drawn_week(
            user,
            facts,
            _day(asked, facts.table, now),
            company_id=company_id,
            moving=moving,
            chosen=_chosen(choice),
        ),
        address=lab_url(lab.id, lab.slug),
        choice=choice,
        moving=moving,
        companies=companies,
        company_id=company_id,
        typed=typed or Typed(),
        refusal=refusal,
        proposals=_proposals(refusal, choice),
        request_id=new_request_id(),
        moment=moment,
    )
    return html, status


def _asked(values: Any) -> Asked:
    # One of the slots proposed after a refusal, taken as it stands.
    start, _dash, end = (values.get("creneau") or "").partition("-")
    try:
        day: date | None = date.fromisoformat(values.get("jour", ""))
    except ValueError:
        day = None
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        day = None
    return Asked(
        day=day,
        machine_id=whole(values.get("machine")),
        start=_second(start or values.get("debut")),
        end=_second(end or values.get("fin")) or None,
        company_id=whole(values.get("entreprise")) or None,
        moving_id=whole(values.get("deplacer")),
    )


def _second(value: Any) -> int:
    """A second that a calendar has; 0 for anything else."""
    found = whole(value)
    return found if found < 4_000_000_000 else 0


def _typed() -> Typed:
    return Typed(
        " ".join((request.form.get("objet") or "").split())[:1000], request.form.get("confidentiel") == "1"
    )


def _day(asked: Asked, table: Any, now: int) -> date:
    """The day asked for, else that of the slot, else the next one on which the lab is still open."""
    if asked.day is not None:
        return asked.day
    if asked.start:
        return day_of(asked.start, table.zone)
    today = day_of(now, table.zone)
    ahead = table.open_between(today, today + timedelta(days=LOOKED_AHEAD))
    return next(
        (max(day_of(start, table.zone), today) for start, end in ahead if end > now + 30 * MINUTE), today
    )


def _moving(user: Any, booking_id: int, lab_id: int) -> Any | None:
    if not booking_id:
        return None
    booking = booking_for(user, booking_id)
    if booking.lab_id != lab_id or not can_move_booking(user, booking):
        raise NotFound
    return booking


def _choice(
    user: Any,
    asked: Asked,
    company_id: int | None,
    machines: Sequence[MachineLine],
    now: int,
    moving: Any | None,
) -> Choice | None:
    if not asked.start or asked.machine_id not in {machine.id for machine in machines}:
        return None
    if moving is not None:
        company_id = moving.company_id
    return choosing.choice(
        asked.machine_id, user, company_id, asked.start, asked.end, now, leaving_out=moving
    )


def _chosen(choice: Choice | None) -> tuple[int, Span] | None:
    """The machine and the slot to be marked, when there is one of some length."""
    if choice is None or choice.slot.start >= choice.slot.end:
        return None
    return choice.machine.id, choice.slot


def _proposals(refusal: Refusal | None, choice: Choice | None) -> list[tuple[Slot, str]]:
    """The next slots that would be accepted, when the one chosen is refused or could not be booked."""
    if isinstance(refusal, BookingRefused):
        return list(zip(refusal.slots, refusal.proposals, strict=True))
    if choice is None or not choice.why:
        return []
    return [(slot, span_words(slot.start, slot.end, choice.zone)) for slot in choice.instead()]
