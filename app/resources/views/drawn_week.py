"""The week of a lab as one reader sees it: drawn again when the lab, the reader or the minute has changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask_babel import gettext as _
from markupsafe import Markup

from app.communities.access import access_of
from app.core import time
from app.core.fragments import drawn
from app.core.phrases import language
from app.core.versions import Remembered
from app.resources import grid
from app.resources.access import labs_staffed_by
from app.resources.addresses import lab_url
from app.resources.hours import MINUTE, Span, day_of, day_span
from app.resources.queries import labs
from app.resources.queries.administration import answers_owed
from app.resources.queries.facts import Facts, version_of
from app.resources.queries.labs import MachineLine
from app.resources.queries.occupations import week
from app.resources.rules import Case, Need, about_machine
from app.resources.views import now_in_seconds


class Note(NamedTuple):
    """A line beside a machine: what one needs there, and whether one lacks it."""

    words: str
    is_lacking: bool = False
    short: str = ""


def drawn_week(
    user: Any,
    facts: Facts,
    day: date,
    *,
    company_id: int | None,
    moving: Any | None = None,
    chosen: tuple[int, Span] | None = None,
) -> Markup:
    """One day of a lab and the week around it; `chosen` is the machine and slot to be marked, `moving` what gives way."""
    # All that is compared with it lies on whole minutes.
    now = now_in_seconds() // MINUTE * MINUTE

    def draw() -> Markup:
        return _draw(user, facts, day, now, company_id, moving, chosen)

    version = version_of(facts.lab)
    if version is None or moving is not None or chosen is not None:
        return draw()
    return _weeks.get((user.id, facts.lab.id, day, company_id), (version, now, language()), draw)


_weeks: Remembered[Markup] = Remembered(40)
"""Some 100 KB each."""


def _draw(
    user: Any,
    facts: Facts,
    day: date,
    now: int,
    company_id: int | None,
    moving: Any | None,
    chosen: tuple[int, Span] | None,
) -> Markup:
    lab, machines, table, staff = facts
    monday = grid.monday_of(day)
    start, end = day_span(monday, lab.time_zone)[0], day_span(monday + timedelta(days=6), lab.time_zone)[1]
    held = week(user, lab.id, [machine.id for machine in machines], start, end)
    needs = labs.needs_in(lab.id, user, company_id)
    query = {"deplacer": str(moving.id)} if moving is not None else {}
    before = monday > day_of(now, lab.time_zone)
    runs = lab.id in labs_staffed_by(user) or access_of(user).manages(lab.node_id)
    return drawn(
        "resources/_lab_week.html",
        None,
        None,
        lab=lab,
        address=lab_url(lab.id, lab.slug),
        staff=staff,
        runs=runs,
        owed=answers_owed(lab.id) if runs else 0,
        day=grid.day_of_lab(table, machines, held, day, now, chosen=chosen),
        tabs=grid.tabs(table, machines, held, monday, now),
        earlier=_week_url(lab, monday - timedelta(days=7), query) if before else None,
        later=_week_url(lab, monday + timedelta(days=7), query),
        notes={
            machine.id: _note(_case(user, facts, machine, needs.get(machine.id, ())), day)
            for machine in machines
        },
        query=query,
        moving=moving,
    )


def _case(user: Any, facts: Facts, machine: MachineLine, needs: tuple[Need, ...]) -> Case:
    return Case(machine, facts.table, needs, machine.units, _serves(user, machine))


def _serves(user: Any, machine: MachineLine) -> bool:
    return not machine.nodes or any(access_of(user).reads(node_id) for node_id in machine.nodes)


def _note(case: Case, day: date) -> Note:
    """What stands beside a machine's name: what is missing first, else what one holds, else how it is used."""
    against = about_machine(case, day)
    if against:
        return Note(_SHORT[against[0].code](), is_lacking=True)
    missing = [need for need in case.needs if not need.held_on(day)]
    if missing:
        more = len(missing) - 1
        words = _("Il vous manque « %(name)s »", name=missing[0].name)
        words += _(" et %(num)d autre", num=more) if more else ""
        return Note(words, is_lacking=True, short=_("habilitation"))
    if case.machine.supervision == "manager_present":
        return Note(_("Avec une personne du lab"))
    if case.machine.supervision == "two_people":
        return Note(_("À deux"))
    until = [last for need in case.needs if (last := _until(need, day)) is not None]
    if until:
        return Note(_("Habilitation jusqu’en %(month)s", month=time.month(min(until))))
    return Note(_("Habilitation acquise") if case.needs else _("Sans habilitation"))


_SHORT = {
    "lab_not_open": lambda: _("Lab fermé à la réservation"),
    "machine_not_opened": lambda: _("Pas encore ouverte à la réservation"),
    "machine_retired": lambda: _("N’est plus proposée"),
    "check_overdue": lambda: _("Contrôle périodique en retard"),
    "not_served": lambda: _("Réservée à d’autres communautés"),
}


def _until(need: Need, day: date) -> date | None:
    """The last day on which what is held today still counts; None for good."""
    ends = [held.valid_until for held in need.held if held.valid_from <= day]
    if None in ends:
        return None
    return max((end for end in ends if end is not None), default=None)


def _week_url(lab: Any, day: date, query: dict[str, str]) -> str:
    return f"{lab_url(lab.id, lab.slug)}?{urlencode({'jour': day.isoformat(), **query})}"
