"""Who may do what with bookings, outages and incidents, as one table: each role tries each act."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from app.core.database import release, transaction
from app.core.errors import Forbidden, NotFound
from app.extensions import db
from app.resources.models import Incident, Lab, Machine, Outage
from app.resources.operations.approval import approve, refuse
from app.resources.operations.booking import book, cancel, move
from app.resources.operations.incidents import handle_incident, report_incident
from app.resources.operations.outages import change_end, declare_outage, end_outage
from app.resources.queries.occupations import booking_for, bookings_of_company
from tests.support.cast import Cast
from tests.support.labs import add_machine, at, name_staff, reserve

TABLE = """
                 ana rita bruno maelle manon amir nadia yann anne
book             y   y    y     y      y     y    y     .    .
book_for_ana     y   .    .     y      .     .    .     .    .
see              y   y    .     y      .     .    .     .    .
list_of_firm     y   y    .     .      .     .    .     .    .
move             y   .    .     y      .     .    .     .    .
cancel           y   y    .     y      .     .    .     .    .
approve          .   .    .     y      .     .    .     .    .
refuse           .   .    .     y      .     .    .     .    .
stop             .   .    .     y      .     .    .     .    .
change_stop      .   .    .     y      .     .    .     .    .
end_stop         .   .    .     y      .     .    .     .    .
report           y   y    y     y      y     y    y     .    .
handle           .   .    .     y      .     .    .     .    .
"""
"""Whose booking it is, her referent, another member, one of the lab's people (who belongs elsewhere), those who manage
the place and those above; a stranger and the ambassador elsewhere."""


def expectations() -> list[tuple[str, str, bool]]:
    lines = [line.split() for line in TABLE.strip().splitlines()]
    names, rows = lines[0], lines[1:]
    return [(role, row[0], mark == "y") for row in rows for role, mark in zip(names, row[1:], strict=True)]


@pytest.fixture
def place(cast: Cast, lab: Lab) -> Lab:
    """The lab of these tests, run by somebody of another place."""
    from app.resources.models import LabStaff

    with transaction():
        db.session.query(LabStaff).delete()
    name_staff(lab, cast.maelle)
    return lab


@pytest.mark.parametrize(("role", "act", "allowed"), expectations())
def test_each_role_does_what_the_table_says(
    cast: Cast, place: Lab, role: str, act: str, allowed: bool
) -> None:
    person = getattr(cast, role)
    machine = add_machine(place, needs_approval=act in ("approve", "refuse"))
    facts = _facts(cast, machine, act)
    try:
        with transaction():
            _ACTS[act](person, cast, machine, facts)
        done = True
    except (Forbidden, NotFound):
        done = False
    release()
    assert done == allowed


def _facts(cast: Cast, machine: Machine, act: str) -> Any:
    """What the act is about."""
    if act in ("see", "move", "cancel", "approve", "refuse"):
        return reserve(cast.ana, machine, at(1, 9), at(1, 11), is_confidential=True)
    if act in ("change_stop", "end_stop"):
        with transaction():
            outage = declare_outage(
                machine, by=cast.maelle, kind="outage", reason="Panne", start=at(1, 8), end=at(1, 12)
            )
        return outage
    if act == "handle":
        with transaction():
            incident = report_incident(
                machine, by=cast.ana, severity="fault", text="Jeu", request_id=str(uuid.uuid4())
            )
        return incident
    return None


def _book(person: Any, cast: Cast, machine: Machine, _facts: Any, *, whom: Any = None) -> Any:
    return book(
        machine,
        person=whom or person,
        by=person,
        company_id=None,
        start=at(1, 9),
        end=at(1, 11),
        request_id=str(uuid.uuid4()),
    )


def _report(person: Any, _cast: Cast, machine: Machine, _facts: Any) -> Incident:
    return report_incident(machine, by=person, severity="remark", text="Jeu", request_id=str(uuid.uuid4()))


def _stop(person: Any, _cast: Cast, machine: Machine, _facts: Any) -> Outage:
    return declare_outage(machine, by=person, kind="outage", reason="Panne", start=at(1, 8))


_ACTS: dict[str, Any] = {
    "book": _book,
    "book_for_ana": lambda who, cast, machine, facts: _book(who, cast, machine, facts, whom=cast.ana),
    "see": lambda who, cast, machine, booking: booking_for(who, booking.id),
    "list_of_firm": lambda who, cast, machine, facts: bookings_of_company(
        who, cast.atelier.id, since=0, until=at(9, 0)
    ),
    "move": lambda who, cast, machine, booking: move(booking, at(2, 9), at(2, 11), by=who),
    "cancel": lambda who, cast, machine, booking: cancel(booking, by=who, reason="Autre commande"),
    "approve": lambda who, cast, machine, booking: approve(booking, by=who),
    "refuse": lambda who, cast, machine, booking: refuse(booking, by=who, reason="Formation"),
    "stop": _stop,
    "change_stop": lambda who, cast, machine, outage: change_end(outage, at(1, 10), by=who),
    "end_stop": lambda who, cast, machine, outage: end_outage(outage, by=who),
    "report": _report,
    "handle": lambda who, cast, machine, incident: handle_incident(incident, by=who, answer="Réglé"),
}
