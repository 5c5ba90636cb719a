"""What lower layers are told of bookings, incidents and qualifications: who sees them, how they are described, what people hear of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app.communities.access import access_of
from app.core import news, things
from app.core.things import Description
from app.extensions import db
from app.resources.access import labs_staffed_by
from app.resources.addresses import booking_url, machine_url, qualification_url
from app.resources.audience import NEWS
from app.resources.models import Incident, Lab, Machine
from app.resources.queries.holding import qualifications, visible_qualification_ids
from app.resources.queries.occupations import bookings, visible_booking_ids
from app.resources.words import capital, span_words


def register() -> None:
    """Make bookings, incidents and their news known to every lower layer."""
    things.register("booking", visible_ids=visible_booking_ids, describe=describe_bookings)
    things.register("incident", visible_ids=visible_incident_ids, describe=describe_incidents)
    things.register("qualification", visible_ids=visible_qualification_ids, describe=describe_qualifications)
    news.register(*NEWS)


def describe_qualifications(ids: Collection[int]) -> dict[int, Description]:
    """Qualifications by their name; their holder reads of them on one page."""
    return {
        row.id: Description(
            title=row.name,
            url=qualification_url(row.id),
            node_id=row.node_id,
            scope_id=row.scope_id,
            author_id=row.user_id,
            company_id=row.company_id,
        )
        for row in qualifications(ids)
    }


def describe_bookings(ids: Collection[int]) -> dict[int, Description]:
    """Bookings by machine, slot and place; what they are for stays on their page."""
    return {
        row.id: Description(
            title=row.machine_name,
            url=booking_url(row.id),
            node_id=row.lab_node_id,
            scope_id=row.lab_scope_id,
            author_id=row.user_id,
            company_id=row.company_id,
            text=f"{capital(span_words(row.use_start, row.use_end, row.time_zone))}. {_place_of(row)}",
        )
        for row in bookings(ids).values()
    }


def _place_of(row: Any) -> str:
    """Where to go, as on an envelope."""
    return ", ".join(filter(None, (row.lab_name, row.address, f"{row.postcode} {row.town}".strip())))


def visible_incident_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Whoever reported, the people of the lab, and those who manage its place: where nobody is named, they are told."""
    labs, access = labs_staffed_by(user), access_of(user)
    rows = db.session.execute(
        select(Incident.id, Incident.reporter_id, Machine.lab_id, Lab.node_id)
        .join(Machine, Machine.id == Incident.machine_id)
        .join(Lab, Lab.id == Machine.lab_id)
        .where(Incident.id.in_(ids))
    )
    return {
        row.id
        for row in rows
        if row.reporter_id == user.id or row.lab_id in labs or access.manages(row.node_id)
    }


def describe_incidents(ids: Collection[int]) -> dict[int, Description]:
    """Incidents under the name of their machine, with what was seen."""
    rows = db.session.execute(
        select(
            Incident.id,
            Incident.text,
            Incident.answer,
            Incident.reporter_id,
            Incident.company_id,
            Machine.id.label("machine_id"),
            Machine.name,
            Machine.slug,
            Lab.node_id,
            Lab.scope_id,
        )
        .join(Machine, Machine.id == Incident.machine_id)
        .join(Lab, Lab.id == Machine.lab_id)
        .where(Incident.id.in_(ids))
    )
    return {
        row.id: Description(
            title=row.name,
            url=f"{machine_url(row.machine_id, row.slug)}#incident-{row.id}",
            node_id=row.node_id,
            scope_id=row.scope_id,
            author_id=row.reporter_id,
            company_id=row.company_id,
            text=row.answer or row.text,
        )
        for row in rows
    }
