"""What the pages of administration show of a lab and its machines; callers have found the lab for the person."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from app.accounts.models import User
from app.communities.models import Company, CompanyMembership, Node
from app.communities.queries import people_matching
from app.core.blobs.models import Blob
from app.core.database import BigId, read
from app.core.legal_days import legal_days
from app.core.prepared import Prepared
from app.extensions import db
from app.resources.models import (
    Incident,
    Lab,
    LabDay,
    LabNode,
    LabStaff,
    Machine,
    MachineDocument,
    MachineNode,
    MachineRequirement,
    MachineUnit,
    Occupation,
    Qualification,
    QualificationType,
)

MOST = 500
"""Lines of one list."""


class DayLine(NamedTuple):
    """A day that departs from the week, or that the law closes; `own` when the lab said so itself."""

    day: date
    label: Any
    is_open: bool
    is_legal: bool
    is_own: bool


def staff(lab_id: int) -> list[Any]:
    """The people of a lab, managers first."""
    return read(_STAFF, lab_id=lab_id).all()


def served(lab_id: int) -> list[Any]:
    """The nodes a lab serves, by name."""
    return read(_SERVED, lab_id=lab_id).all()


def machines(lab_id: int) -> list[Any]:
    """Every machine of a lab with the number of its units in use; those retired last."""
    return read(_MACHINES, lab_id=lab_id).all()


def coming_days(lab: Lab, today: date) -> list[DayLine]:
    """The legal days of the coming year and what the lab itself said of days, in order."""
    own = {row.day: row for row in read(_OWN_DAYS, lab_id=lab.id, since=today)}
    until = today + timedelta(days=366)
    legal = {
        day: name
        for year in range(today.year, until.year + 1)
        for day, name in legal_days(lab.department, year).items()
        if today <= day <= until
    }
    return [
        DayLine(
            day,
            (own[day].label if day in own else "") or legal.get(day, ""),
            own[day].is_open if day in own else False,
            day in legal,
            day in own,
        )
        for day in sorted(own.keys() | legal.keys())
    ]


def types(lab_id: int) -> list[Any]:
    """The qualification types of everywhere and of a lab, by name."""
    return read(_TYPES, lab_id=lab_id).all()


def employer_types() -> list[Any]:
    """What an employer grants."""
    return read(_EMPLOYER_TYPES).all()


def required(lab_id: int) -> dict[int, list[str]]:
    """The machines of a lab that ask for each type, by name."""
    result: dict[int, list[str]] = {}
    for row in read(_REQUIRED, lab_id=lab_id):
        result.setdefault(row.type_id, []).append(row.name)
    return result


def qualified(lab_id: int, since: date) -> list[Any]:
    """Who a lab qualified, by person, without what ended before `since`."""
    return read(_QUALIFIED, lab_id=lab_id, since=since, limit=MOST).all()


def authorised(company_id: int) -> list[Any]:
    """What a firm allowed its colleagues, taken back or not yet, by person."""
    return read(_AUTHORISED, company_id=company_id).all()


def machine_parts(machine_id: int) -> dict[str, Any]:
    """Units, requirements, places, photo and papers of a machine."""
    papers = read(_PAPERS, machine_id=machine_id).all()
    keys = {paper.key for paper in papers}
    pictures = [row for row in read(_PICTURES, machine_id=machine_id) if row.key not in keys]
    return {
        "units": read(_UNITS, machine_id=machine_id).all(),
        "types": {row.type_id for row in read(_NEEDS, machine_id=machine_id)},
        "nodes": {row.node_id for row in read(_NODES, machine_id=machine_id)},
        "papers": papers,
        "photo": pictures[-1] if pictures else None,
    }


def open_incidents(lab_id: int) -> list[Any]:
    """What was reported on the machines of a lab and nobody handled, dangers first, then the oldest."""
    return read(_INCIDENTS, lab_id=lab_id).all()


def answers_owed(lab_id: int) -> int:
    """How many reports and requests of a lab nobody answered."""
    return int(read(_OWED, lab_id=lab_id).scalar_one())


def lenders(lab_id: int) -> list[Any]:
    """The admitted firms of the places a lab serves, and those that lend it a machine already, by name."""
    return read(_LENDERS, lab_id=lab_id).all()


def narrower(lab_id: int) -> list[Any]:
    """The places that a lab serves and those below them, from the top."""
    paths = [row.path for row in served(lab_id)]
    if not paths:
        return []
    return list(
        db.session.execute(
            select(Node.id, Node.name, Node.kind)
            .where(
                or_(*(Node.path.startswith(path, autoescape=True) for path in paths)), Node.state != "draft"
            )
            .order_by(Node.kind != "nation", Node.kind != "region", Node.name)
        )
    )


def readers_matching(lab: Lab, words: str, leaving_out: Collection[int] = ()) -> list[Any]:
    """People of the firms that a lab serves, by a part of their name, firm or trade."""
    if not words.strip():
        return []
    found: dict[int, Any] = {}
    for node in _nodes_of(lab):
        for line in people_matching(node, words):
            found.setdefault(line.id, line)
    return [line for line in found.values() if line.id not in leaving_out][:20]


def _nodes_of(lab: Lab) -> Iterable[Node]:
    """The served nodes that do not stand below another served one."""
    nodes = list(
        db.session.execute(
            select(Node).join(LabNode, LabNode.node_id == Node.id).where(LabNode.lab_id == lab.id)
        ).scalars()
    )
    return [
        node
        for node in nodes
        if not any(other is not node and node.path.startswith(other.path) for other in nodes)
    ]


_LAB_ID = bindparam("lab_id", type_=BigId)
_MACHINE_ID = bindparam("machine_id", type_=BigId)
_STAFF = Prepared(
    select(
        LabStaff.id, LabStaff.user_id, LabStaff.role, LabStaff.started_at, User.given_name, User.family_name
    )
    .join(User, User.id == LabStaff.user_id)
    .where(LabStaff.lab_id == _LAB_ID, LabStaff.ended_at.is_(None))
    .order_by(LabStaff.role, User.family_name, LabStaff.id)
)
_SERVED = Prepared(
    select(Node.id, Node.name, Node.kind, Node.path)
    .join(LabNode, LabNode.node_id == Node.id)
    .where(LabNode.lab_id == _LAB_ID)
    .order_by(Node.name)
)
_MACHINES = Prepared(
    select(
        Machine.id,
        Machine.name,
        Machine.slug,
        Machine.state,
        Machine.next_check_on,
        Company.name.label("owner"),
        func.count(MachineUnit.id).label("units"),
    )
    .outerjoin(Company, Company.id == Machine.owner_company_id)
    .outerjoin(MachineUnit, and_(MachineUnit.machine_id == Machine.id, MachineUnit.retired_at.is_(None)))
    .where(Machine.lab_id == _LAB_ID)
    .group_by(Machine.id, Company.name)
    .order_by(Machine.state == "retired", Machine.position, Machine.id)
)
_OWN_DAYS = Prepared(
    select(LabDay.day, LabDay.is_open, LabDay.label)
    .where(LabDay.lab_id == _LAB_ID, LabDay.day >= bindparam("since"))
    .order_by(LabDay.day)
)
_TYPE_COLUMNS = (
    QualificationType.id,
    QualificationType.code,
    QualificationType.name,
    QualificationType.issuer,
    QualificationType.validity_months,
    QualificationType.is_single_use,
    QualificationType.lab_id,
)
_TYPES = Prepared(
    select(*_TYPE_COLUMNS)
    .where(or_(QualificationType.lab_id.is_(None), QualificationType.lab_id == _LAB_ID))
    .order_by(QualificationType.name)
)
_EMPLOYER_TYPES = Prepared(
    select(*_TYPE_COLUMNS).where(QualificationType.issuer == "employer").order_by(QualificationType.name)
)
_REQUIRED = Prepared(
    select(MachineRequirement.type_id, Machine.name)
    .join(Machine, Machine.id == MachineRequirement.machine_id)
    .where(Machine.lab_id == _LAB_ID, Machine.state != "retired")
    .order_by(Machine.position, Machine.id)
)
_GRANTER = aliased(User)
_HELD = (
    Qualification.id,
    Qualification.user_id,
    Qualification.type_id,
    Qualification.valid_from,
    Qualification.valid_until,
    Qualification.note,
    User.given_name,
    User.family_name,
    QualificationType.name.label("type_name"),
    Qualification.granted_at,
    (_GRANTER.given_name + " " + _GRANTER.family_name).label("granted_by"),
)
_QUALIFIED = Prepared(
    select(*_HELD)
    .join(User, User.id == Qualification.user_id)
    .outerjoin(_GRANTER, _GRANTER.id == Qualification.granted_by_id)
    .join(QualificationType, QualificationType.id == Qualification.type_id)
    .where(
        Qualification.lab_id == _LAB_ID,
        Qualification.revoked_at.is_(None),
        or_(Qualification.valid_until.is_(None), Qualification.valid_until >= bindparam("since")),
    )
    .order_by(User.family_name, User.given_name, User.id, QualificationType.name, Qualification.id)
    .limit(bindparam("limit"))
)
_AUTHORISED = Prepared(
    select(*_HELD)
    .join(User, User.id == Qualification.user_id)
    .outerjoin(_GRANTER, _GRANTER.id == Qualification.granted_by_id)
    .join(QualificationType, QualificationType.id == Qualification.type_id)
    .where(
        Qualification.company_id == bindparam("company_id", type_=BigId), Qualification.revoked_at.is_(None)
    )
    .order_by(User.family_name, User.given_name, User.id, QualificationType.name, Qualification.id)
)
_UNITS = Prepared(
    select(MachineUnit.id, MachineUnit.name, MachineUnit.serial_number)
    .where(MachineUnit.machine_id == _MACHINE_ID, MachineUnit.retired_at.is_(None))
    .order_by(MachineUnit.id)
)
_NEEDS = Prepared(select(MachineRequirement.type_id).where(MachineRequirement.machine_id == _MACHINE_ID))
_NODES = Prepared(select(MachineNode.node_id).where(MachineNode.machine_id == _MACHINE_ID))
_PAPERS = Prepared(
    select(
        MachineDocument.id,
        MachineDocument.kind,
        MachineDocument.title,
        Blob.key,
        Blob.original_name,
        Blob.size,
    )
    .join(Blob, Blob.id == MachineDocument.blob_id)
    .where(MachineDocument.machine_id == _MACHINE_ID)
    .order_by(MachineDocument.id)
)
_PICTURES = Prepared(
    select(Blob.key, Blob.alt, Blob.width, Blob.height)
    .where(Blob.attached_type == "machine", Blob.attached_id == _MACHINE_ID, Blob.kind == "image")
    .order_by(Blob.id)
)
_REPORTED: Any = (
    select(func.count())
    .select_from(Incident)
    .join(Machine, Machine.id == Incident.machine_id)
    .where(Machine.lab_id == _LAB_ID, Incident.handled_at.is_(None))
    .scalar_subquery()
)
_ASKED: Any = (
    select(func.count())
    .select_from(Occupation)
    .join(Machine, Machine.id == Occupation.machine_id)
    .where(Machine.lab_id == _LAB_ID, Occupation.kind == "booking", Occupation.state == "requested")
    .scalar_subquery()
)
_SUM: ColumnElement[int] = _REPORTED + _ASKED
_OWED = Prepared(select(_SUM))
_LENDERS = Prepared(
    select(Company.id, Company.name)
    .where(
        Company.state == "verified",
        or_(
            Company.id.in_(
                select(CompanyMembership.company_id)
                .join(LabNode, LabNode.node_id == CompanyMembership.node_id)
                .where(LabNode.lab_id == _LAB_ID, CompanyMembership.state == "admitted")
            ),
            Company.id.in_(select(Machine.owner_company_id).where(Machine.lab_id == _LAB_ID)),
        ),
    )
    .order_by(Company.name)
)
_INCIDENTS = Prepared(
    select(
        Incident.id,
        Incident.severity,
        Incident.text,
        Incident.reported_at,
        Incident.outage_id,
        Machine.id.label("machine_id"),
        Machine.name.label("machine"),
        Machine.slug,
        User.given_name,
        User.family_name,
    )
    .join(Machine, Machine.id == Incident.machine_id)
    .outerjoin(User, User.id == Incident.reporter_id)
    .where(Machine.lab_id == _LAB_ID, Incident.handled_at.is_(None))
    .order_by(Incident.severity != "danger", Incident.reported_at, Incident.id)
    .limit(200)
)
