"""Labs and their machines, as their readers see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Date, and_, bindparam, exists, func, literal, or_, select, text, union_all

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Company, CompanyMembership, Employment
from app.core.blobs.models import Blob
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import Prepared, prepared
from app.resources.access import labs_read_by, labs_staffed_by
from app.resources.models import (
    Lab,
    LabNode,
    LabStaff,
    Machine,
    MachineDocument,
    MachineNode,
    MachineRequirement,
    MachineUnit,
    Qualification,
    QualificationType,
)
from app.resources.queries.qualified import counts_here
from app.resources.rules import Held, Need

COLUMNS = (
    Lab.id,
    Lab.node_id,
    Lab.name,
    Lab.slug,
    Lab.summary,
    Lab.arrival,
    Lab.address,
    Lab.postcode,
    Lab.town,
    Lab.department,
    Lab.time_zone,
    Lab.phone,
    Lab.label_state,
    Lab.labelled_on,
    Lab.state,
    Lab.scope_id,
    Lab.version,
)


class StaffMember(NamedTuple):
    """Somebody who manages a lab or trains on its machines."""

    id: int
    name: str
    role: str


@dataclass(frozen=True)
class MachineLine:
    """A machine as a lab's page lists it: its rules, its units in use, the nodes it is narrowed to."""

    id: int
    name: str
    slug: str
    summary: str
    state: str
    supervision: str
    runs_unattended: bool
    leaves_lab: bool
    needs_approval: bool
    step_minutes: int
    default_minutes: int
    max_minutes: int
    notice_minutes: int
    horizon_days: int
    setup_minutes: int
    cleanup_minutes: int
    next_check_on: date | None
    owner_company_id: int | None
    lab_id: int
    lab_state: str
    time_zone: str
    units: tuple[int, ...] = ()
    nodes: frozenset[int] = frozenset()


def lab_for(user: Any, lab_id: int) -> Any:
    """A lab for one of its readers. Raises NotFound."""
    lab = read(_LAB, lab_id=lab_id).first()
    if lab is None or lab.id not in labs_read_by(user, [lab.id]):
        raise NotFound
    return lab


def labs_for(user: Any) -> list[Any]:
    """The labs that serve this person, or whose people count them: those of their own communities first, then by name."""
    access = access_of(user)
    staffed = list(labs_staffed_by(user))
    rows = read(_LABS, nodes=list(access.places), staffed=staffed).all()
    seen = labs_read_by(user, [row.id for row in rows])
    home = set(access.home_ids)
    return sorted(
        (row for row in rows if row.id in seen), key=lambda row: (row.node_id not in home, row.name, row.id)
    )


def machines_of(lab_id: int) -> list[MachineLine]:
    """The machines of a lab that are not retired, in its order, in two statements."""
    units: dict[int, list[int]] = {}
    nodes: dict[int, set[int]] = {}
    for line, machine_id, other_id in read(_UNITS_AND_NODES, lab_id=lab_id):
        if line == "unit":
            units.setdefault(machine_id, []).append(other_id)
        else:
            nodes.setdefault(machine_id, set()).add(other_id)
    return [
        MachineLine(
            **row._asdict(), units=tuple(units.get(row.id, ())), nodes=frozenset(nodes.get(row.id, ()))
        )
        for row in read(_MACHINES, lab_id=lab_id)
    ]


def needs_in(lab_id: int, person: Any, company_id: int | None) -> dict[int, tuple[Need, ...]]:
    """What each machine of a lab asks for, with what the person holds of it for this firm, in one statement.

    For showing: a qualification for a single use counts as long as it is valid, whatever was made of it.
    """
    types: dict[tuple[int, int], Any] = {}
    held: dict[tuple[int, int], list[Held]] = {}
    for row in read(_NEEDS, lab_id=lab_id, person_id=person.id):
        key = (row.machine_id, row.type_id)
        types[key] = row
        if row.valid_from is not None and counts_here(row, lab_id, company_id):
            held.setdefault(key, []).append(Held(row.valid_from, row.valid_until))
    result: dict[int, tuple[Need, ...]] = {}
    for (machine_id, type_id), row in types.items():
        need = Need(type_id, row.code, row.name, row.issuer, tuple(held.get((machine_id, type_id), ())))
        result[machine_id] = (*result.get(machine_id, ()), need)
    return result


def staff_of(lab_id: int) -> list[StaffMember]:
    """The people of a lab, those who manage it first."""
    rows = read(_STAFF, lab_id=lab_id)
    return [StaffMember(row.id, f"{row.given_name} {row.family_name}", row.role) for row in rows]


def machine_for(user: Any, machine_id: int) -> Any:
    """A machine with all its page says, for a reader of its lab; columns of the lab as `lab_…`. Raises NotFound."""
    machine = read(_MACHINE, machine_id=machine_id).first()
    if machine is None or machine.lab_id not in labs_read_by(user, [machine.lab_id]):
        raise NotFound
    return machine


def documents_of(machine_id: int) -> list[Any]:
    """The papers of a machine with the address of each file."""
    return read(_DOCUMENTS, machine_id=machine_id).all()


def photos_of(machine_ids: Collection[int]) -> dict[int, str]:
    """The key of the last picture of each of these machines."""
    if not machine_ids:
        return {}
    return {row.attached_id: row.key for row in read(_PHOTOS, machine_ids=sorted(machine_ids))}


def qualified_on(user: Any, machine_id: int, today: date) -> list[Any]:
    """Who holds all that a machine asks for today, among those whose firm this person may see; at most twelve."""
    return read(
        _qualified(), machine_id=machine_id, today=today, places=list(access_of(user).places) or [0]
    ).all()


_LAB = Prepared(select(*COLUMNS).where(Lab.id == bindparam("lab_id", type_=BigId)))

_LABS = Prepared(
    select(*COLUMNS, func.count(Machine.id).label("machines"))
    .outerjoin(Machine, and_(Machine.lab_id == Lab.id, Machine.state != "retired"))
    .where(
        or_(
            Lab.id.in_(bindparam("staffed", expanding=True)),
            exists().where(LabNode.lab_id == Lab.id, LabNode.node_id.in_(bindparam("nodes", expanding=True))),
        )
    )
    .group_by(Lab.id)
)

_MACHINES = Prepared(
    select(
        Machine.id,
        Machine.name,
        Machine.slug,
        Machine.summary,
        Machine.state,
        Machine.supervision,
        Machine.runs_unattended,
        Machine.leaves_lab,
        Machine.needs_approval,
        Machine.step_minutes,
        Machine.default_minutes,
        Machine.max_minutes,
        Machine.notice_minutes,
        Machine.horizon_days,
        Machine.setup_minutes,
        Machine.cleanup_minutes,
        Machine.next_check_on,
        Machine.owner_company_id,
        Machine.lab_id,
        Lab.state.label("lab_state"),
        Lab.time_zone,
    )
    .join(Lab, Lab.id == Machine.lab_id)
    .where(Machine.lab_id == bindparam("lab_id", type_=BigId), Machine.state != "retired")
    .order_by(Machine.position, Machine.id)
)

_UNITS_AND_NODES = Prepared(
    union_all(
        select(literal("unit").label("line"), MachineUnit.machine_id, MachineUnit.id.label("other_id"))
        .join(Machine, Machine.id == MachineUnit.machine_id)
        .where(Machine.lab_id == bindparam("lab_id", type_=BigId), MachineUnit.retired_at.is_(None)),
        select(literal("node"), MachineNode.machine_id, MachineNode.node_id)
        .join(Machine, Machine.id == MachineNode.machine_id)
        .where(Machine.lab_id == bindparam("lab_id", type_=BigId)),
    ).order_by(text("1, 2, 3"))
)

_NEEDS = Prepared(
    select(
        MachineRequirement.machine_id,
        QualificationType.id.label("type_id"),
        QualificationType.code,
        QualificationType.name,
        QualificationType.issuer,
        Qualification.valid_from,
        Qualification.valid_until,
        Qualification.lab_id.label("held_lab_id"),
        Qualification.company_id.label("held_company_id"),
    )
    .select_from(MachineRequirement)
    .join(Machine, Machine.id == MachineRequirement.machine_id)
    .join(QualificationType, QualificationType.id == MachineRequirement.type_id)
    .outerjoin(
        Qualification,
        and_(
            Qualification.type_id == MachineRequirement.type_id,
            Qualification.user_id == bindparam("person_id", type_=BigId),
            Qualification.revoked_at.is_(None),
        ),
    )
    .where(Machine.lab_id == bindparam("lab_id", type_=BigId))
    .order_by(MachineRequirement.machine_id, QualificationType.id, Qualification.id)
)

_STAFF = Prepared(
    select(User.id, User.given_name, User.family_name, LabStaff.role)
    .join(User, User.id == LabStaff.user_id)
    .where(LabStaff.lab_id == bindparam("lab_id", type_=BigId), LabStaff.ended_at.is_(None))
    .order_by(LabStaff.role, LabStaff.id)
)

_MACHINE = Prepared(
    select(
        *(column for column in Machine.__table__.columns),
        Lab.name.label("lab_name"),
        Lab.slug.label("lab_slug"),
        Lab.state.label("lab_state"),
        Lab.node_id.label("lab_node_id"),
        Lab.scope_id.label("lab_scope_id"),
        Lab.town.label("lab_town"),
        Lab.time_zone.label("time_zone"),
        Company.name.label("owner_name"),
    )
    .join(Lab, Lab.id == Machine.lab_id)
    .outerjoin(Company, Company.id == Machine.owner_company_id)
    .where(Machine.id == bindparam("machine_id", type_=BigId))
)

_DOCUMENTS = Prepared(
    select(MachineDocument.id, MachineDocument.kind, MachineDocument.title, Blob.key, Blob.size)
    .join(Blob, Blob.id == MachineDocument.blob_id)
    .where(MachineDocument.machine_id == bindparam("machine_id", type_=BigId))
    .order_by(MachineDocument.kind, MachineDocument.id)
)

_PHOTOS = Prepared(
    select(Blob.attached_id, Blob.key)
    .where(
        Blob.attached_type == "machine",
        Blob.attached_id.in_(bindparam("machine_ids", expanding=True)),
        Blob.kind == "image",
    )
    .order_by(Blob.id)
)


@prepared
def _qualified() -> Any:
    machine_id, today = bindparam("machine_id", type_=BigId), bindparam("today", type_=Date)
    asked = select(func.count()).where(MachineRequirement.machine_id == machine_id).scalar_subquery()
    return (
        select(User.id, User.given_name, User.family_name, Company.name.label("company"), Company.town)
        .join(Qualification, Qualification.user_id == User.id)
        .join(
            MachineRequirement,
            and_(
                MachineRequirement.type_id == Qualification.type_id,
                MachineRequirement.machine_id == machine_id,
            ),
        )
        .join(Employment, and_(Employment.user_id == User.id, Employment.ended_at.is_(None)))
        .join(Company, Company.id == Employment.company_id)
        .where(
            User.state == "active",
            Qualification.revoked_at.is_(None),
            Qualification.valid_from <= today,
            or_(Qualification.valid_until.is_(None), Qualification.valid_until >= today),
            exists().where(
                CompanyMembership.company_id == Company.id,
                CompanyMembership.state == "admitted",
                CompanyMembership.node_id.in_(bindparam("places", expanding=True)),
            ),
        )
        .group_by(User.id, User.given_name, User.family_name, Company.id, Company.name, Company.town)
        .having(func.count(func.distinct(Qualification.type_id)) == asked)
        .order_by(User.family_name, User.given_name, User.id)
        .limit(12)
    )
