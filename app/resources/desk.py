"""What waits on the desk of labs and machines: dangers, what else is reported, and bookings that are asked for.

A danger stands before everybody who moderates the place of its lab. What else is reported and what is asked for is
answered by the people of the lab: it waits for those of them who moderate, and, where a lab has nobody, for those who
moderate its place, who name somebody.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, exists, func, or_, select

from app.communities.access import Access, access_of
from app.core import time
from app.core.database import read
from app.core.prepared import prepared
from app.core.shell import Count
from app.moderation import waiting
from app.moderation.queries.judging import JUDGE, JUDGED_NODES
from app.moderation.waiting import Waiting
from app.resources.hours import moment
from app.resources.models import Incident, Lab, LabStaff, Machine, Occupation


def register() -> None:
    """Have them wait there."""
    waiting.register(
        "danger",
        label=_l("Machines en danger"),
        icon="warning",
        order=15,
        pending=lambda access: Count(_dangers_number(), _values(access)),
        items=_danger_lines,
    )
    waiting.register(
        "incident",
        label=_l("Signalé sur les machines"),
        icon="settings",
        order=50,
        pending=lambda access: Count(_incidents_number(), _values(access)),
        items=_incident_lines,
    )
    waiting.register(
        "booking",
        label=_l("Machines demandées"),
        icon="book",
        order=51,
        pending=lambda access: Count(_requests_number(), _values(access)),
        items=_request_lines,
    )


def _values(access: Access) -> dict[str, Any]:
    return {"judge_id": access.user_id, "judged_nodes": list(access.moderated_ids)}


def _danger_lines(user: Any) -> list[Waiting]:
    rows = read(_dangers(), judged_nodes=list(access_of(user).moderated_ids))
    return [
        Waiting(
            kind="danger",
            id=row.id,
            title=row.machine,
            url=_answered_at(row.lab_id, "incident", row.id),
            node_id=row.node_id,
            since=row.reported_at,
            urgent=True,
            text=row.lab,
        )
        for row in rows
    ]


def _incident_lines(user: Any) -> list[Waiting]:
    return [
        Waiting(
            kind="incident",
            id=row.id,
            title=row.machine,
            url=_answered_at(row.lab_id, "incident", row.id) if row.has_people else _named_at(row.lab_id),
            node_id=row.node_id,
            since=row.reported_at,
            text=row.lab if row.has_people else _without_people(row.lab),
        )
        for row in read(_incidents(), **_values(access_of(user)))
    ]


def _request_lines(user: Any) -> list[Waiting]:
    return [
        Waiting(
            kind="booking",
            id=row.id,
            title=row.machine,
            url=_answered_at(row.lab_id, "demande", row.id) if row.has_people else _named_at(row.lab_id),
            node_id=row.node_id,
            since=row.created_at,
            text=f"{time.span(moment(row.use_start), moment(row.use_end), row.time_zone)}, {row.lab}"
            if row.has_people
            else _without_people(row.lab),
        )
        for row in read(_requests(), **_values(access_of(user)))
    ]


def _answered_at(lab_id: int, what: str, thing_id: int) -> str:
    return f"/labs/{lab_id}/gestion/demandes#{what}-{thing_id}"


def _named_at(lab_id: int) -> str:
    return f"/labs/{lab_id}/gestion/equipe"


def _without_people(lab: str) -> str:
    return _("%(lab)s n’a personne pour répondre : nommez quelqu’un", lab=lab)


def _people() -> Any:
    return exists().where(LabStaff.lab_id == Lab.id, LabStaff.ended_at.is_(None)).correlate(Lab)


def _acts() -> Any:
    """The judge is of the lab's people, or names somebody where it has none."""
    mine = (
        exists()
        .where(LabStaff.lab_id == Lab.id, LabStaff.ended_at.is_(None), LabStaff.user_id == JUDGE)
        .correlate(Lab)
    )
    return or_(mine, and_(Lab.node_id.in_(JUDGED_NODES), ~_people()))


def _dangerous() -> tuple[Any, ...]:
    return Incident.severity == "danger", Incident.handled_at.is_(None), Lab.node_id.in_(JUDGED_NODES)


def _reported() -> tuple[Any, ...]:
    return Incident.severity != "danger", Incident.handled_at.is_(None), _acts()


def _asked() -> tuple[Any, ...]:
    return Occupation.kind == "booking", Occupation.state == "requested", _acts()


def _of(table: Any, *columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(table)
        .join(Machine, Machine.id == table.machine_id)
        .join(Lab, Lab.id == Machine.lab_id)
    )


@cache
def _dangers_number() -> Any:
    return _of(Incident, func.count()).where(*_dangerous())


@cache
def _incidents_number() -> Any:
    return _of(Incident, func.count()).where(*_reported())


@cache
def _requests_number() -> Any:
    return _of(Occupation, func.count()).where(*_asked())


def _columns() -> tuple[Any, ...]:
    return (
        Machine.name.label("machine"),
        Machine.lab_id,
        Lab.name.label("lab"),
        Lab.node_id,
        Lab.time_zone,
        _people().label("has_people"),
    )


@prepared
def _dangers() -> Any:
    return (
        _of(Incident, Incident.id, Incident.reported_at, *_columns())
        .where(*_dangerous())
        .order_by(Incident.reported_at, Incident.id)
        .limit(waiting.MOST)
    )


@prepared
def _incidents() -> Any:
    return (
        _of(Incident, Incident.id, Incident.reported_at, *_columns())
        .where(*_reported())
        .order_by(Incident.reported_at, Incident.id)
        .limit(waiting.MOST)
    )


@prepared
def _requests() -> Any:
    return (
        _of(
            Occupation,
            Occupation.id,
            Occupation.use_start,
            Occupation.use_end,
            Occupation.created_at,
            *_columns(),
        )
        .where(*_asked())
        .order_by(Occupation.created_at, Occupation.id)
        .limit(waiting.MOST)
    )
