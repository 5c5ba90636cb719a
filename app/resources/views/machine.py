"""A machine: what it can do, what one needs there, when it is free, and what else is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.communities.access import access_of
from app.core import links
from app.core.doors import signed_in
from app.core.inputs import checked_id
from app.core.pages import page
from app.resources.access import can_stop_machine, labs_staffed_by
from app.resources.addresses import lab_url, machine_url
from app.resources.hours import day_of, moment
from app.resources.permissions import can_link_machine
from app.resources.queries import labs
from app.resources.queries.bookable import case_for
from app.resources.queries.outages import outages_of_machine
from app.resources.rules import Need, Slot, about_machine, length
from app.resources.slots import possible
from app.resources.views import bp, me, now_in_seconds, stand_in_lab

SLOTS_SHOWN = 4
PEOPLE_SHOWN = 6

KINDS_OF_PAPER = {
    "notice": lambda: _("Notice"),
    "conformity": lambda: _("Déclaration de conformité"),
    "check": lambda: _("Rapport de contrôle"),
    "safety": lambda: _("Consigne de sécurité"),
    "other": lambda: _("Document"),
}


@bp.get("/machines/<int:machine_id>-<slug>")
@bp.get("/machines/<int:machine_id>")
@signed_in
def show_machine(machine_id: int, slug: str = "") -> ResponseReturnValue:
    """The page of a machine."""
    user, now = me(), now_in_seconds()
    machine = labs.machine_for(user, checked_id(machine_id))
    seqs = stand_in_lab(machine.lab_node_id, machine.lab_scope_id, machine.time_zone)
    company_id = next(iter(access_of(user).companies), None)
    case = case_for(machine.id, user, company_id)
    today = day_of(now, machine.time_zone)
    against = about_machine(case, today)
    lab_address = lab_url(machine.lab_id, machine.lab_slug)
    slots = possible(case, machine.default_minutes, now, SLOTS_SHOWN)
    photo = labs.photos_of([machine.id]).get(machine.id)
    return page(
        "resources/machine.html",
        scopes=seqs,
        machine=machine,
        lab_url=lab_address,
        photo=f"/blobs/{photo}" if photo else None,
        against=against,
        needs=[(need, need.held_on(today), _ends(need, today)) for need in case.needs],
        lacks_need=any(not need.held_on(today) for need in case.needs),
        days=_by_day(slots, machine, lab_address),
        week_url=f"{lab_address}?jour={_first_day(slots, machine, today).isoformat()}",
        documents=[(KINDS_OF_PAPER[paper.kind](), paper) for paper in labs.documents_of(machine.id)],
        qualified=_others(user, machine.id, today) if case.needs else [],
        staff=labs.staff_of(machine.lab_id),
        runs=machine.lab_id in labs_staffed_by(user) or access_of(user).manages(machine.lab_node_id),
        looks_after=can_link_machine(user, machine.lab_id, machine.lab_node_id, machine.owner_company_id),
        outages=outages_of_machine(machine.id, now),
        stops=can_stop_machine(user, machine.lab_id),
        now=now,
        may_link=can_link_machine(user, machine.lab_id, machine.lab_node_id, machine.owner_company_id),
        linked=links.panel(user, ("machine", machine.id)),
        address=machine_url(machine.id, machine.slug),
        ask_url=f"/sujets/nouveau?genre=question&lien=machine:{machine.id}",
        length=length,
        moment=moment,
        units=len(case.units),
    )


def _by_day(
    slots: Sequence[Slot], machine: Any, lab_address: str
) -> list[tuple[Slot, list[tuple[Slot, str]]]]:
    """The slots of each day with the addresses that choose them, under the first of the day."""
    days: dict[date, list[tuple[Slot, str]]] = {}
    for slot in slots:
        address = f"{lab_address}?machine={machine.id}&debut={slot.start}&fin={slot.end}#choix"
        days.setdefault(day_of(slot.start, machine.time_zone), []).append((slot, address))
    return [(found[0][0], found) for found in days.values()]


def _first_day(slots: Sequence[Slot], machine: Any, today: date) -> date:
    return day_of(slots[0].start, machine.time_zone) if slots else today


def _others(user: Any, machine_id: int, today: date) -> list[Any]:
    """Some of those who know how to use it, the reader left out."""
    people = labs.qualified_on(user, machine_id, today)
    return [person for person in people if person.id != user.id][:PEOPLE_SHOWN]


def _ends(need: Need, today: date) -> date | None:
    """The last day of what is held today; None for good."""
    ends = [held.valid_until for held in need.held if held.valid_from <= today]
    return None if None in ends else max((end for end in ends if end is not None), default=None)
