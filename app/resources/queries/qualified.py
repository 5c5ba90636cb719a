"""What a machine asks of who uses it, and what a person holds of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, select

from app.core.database import BigId, read
from app.core.prepared import prepared
from app.resources.hours import day_of
from app.resources.models import (
    Lab,
    Machine,
    MachineRequirement,
    Occupation,
    Qualification,
    QualificationPrerequisite,
    QualificationType,
)
from app.resources.rules import Held, Need

PLACE_KNOWLEDGE = "place_knowledge"
"""Known of one place: what another lab says of somebody does not count."""

USING_UP = ("requested", "confirmed", "suspended")
"""States of a booking in which it uses up a qualification granted for one."""


def needs_of(
    machine_id: int, lab_id: int, person_id: int, company_id: int | None, *, leaving_out: int | None = None
) -> tuple[Need, ...]:
    """The qualifications that a machine asks for, with what the person holds of each for this firm in this lab."""
    rows = read(_needs(), machine_id=machine_id, person_id=person_id).all()
    held: dict[int, list[Held]] = {}
    types: dict[int, Any] = {}
    for row in rows:
        types[row.type_id] = row
        if row.valid_from is not None and counts_here(row, lab_id, company_id):
            held.setdefault(row.type_id, []).append(Held(row.valid_from, row.valid_until))
    lacking = [type_id for type_id in types if type_id not in held]
    first = _prerequisites(lacking, person_id) if lacking else {}
    return tuple(
        Need(
            type_id,
            row.code,
            row.name,
            row.issuer,
            tuple(held.get(type_id, ())),
            row.is_single_use,
            _used_on(type_id, person_id, leaving_out) if row.is_single_use else (),
            first.get(type_id, ()),
        )
        for type_id, row in types.items()
    )


def counts_here(row: Any, lab_id: int, company_id: int | None) -> bool:
    """An employer's word counts for that firm alone, knowledge of a place in that place alone."""
    if row.issuer == "employer" or row.held_company_id is not None:
        return bool(row.held_company_id == company_id and company_id is not None)
    if row.code == PLACE_KNOWLEDGE:
        return bool(row.held_lab_id == lab_id)
    return True


def _prerequisites(type_ids: list[int], person_id: int) -> dict[int, tuple[str, ...]]:
    """What one must hold before each of these is granted, and the person holds nothing of, whatever its dates."""
    result: dict[int, tuple[str, ...]] = {}
    for row in read(_lacking_first(), type_ids=type_ids, person_id=person_id):
        result[row.type_id] = (*result.get(row.type_id, ()), row.name)
    return result


def _used_on(type_id: int, person_id: int, leaving_out: int | None) -> tuple[date, ...]:
    rows = read(_uses(), type_id=type_id, person_id=person_id, leaving_out=leaving_out or 0)
    return tuple(day_of(row.use_start, row.time_zone) for row in rows)


@prepared
def _needs() -> Any:
    return (
        select(
            QualificationType.id.label("type_id"),
            QualificationType.code,
            QualificationType.name,
            QualificationType.issuer,
            QualificationType.is_single_use,
            Qualification.valid_from,
            Qualification.valid_until,
            Qualification.lab_id.label("held_lab_id"),
            Qualification.company_id.label("held_company_id"),
        )
        .select_from(MachineRequirement)
        .join(QualificationType, QualificationType.id == MachineRequirement.type_id)
        .outerjoin(
            Qualification,
            and_(
                Qualification.type_id == MachineRequirement.type_id,
                Qualification.user_id == bindparam("person_id", type_=BigId),
                Qualification.revoked_at.is_(None),
            ),
        )
        .where(MachineRequirement.machine_id == bindparam("machine_id", type_=BigId))
        .order_by(QualificationType.id, Qualification.id)
    )


@prepared
def _lacking_first() -> Any:
    holds = (
        select(Qualification.id)
        .where(
            Qualification.type_id == QualificationPrerequisite.needs_type_id,
            Qualification.user_id == bindparam("person_id", type_=BigId),
            Qualification.revoked_at.is_(None),
        )
        .exists()
    )
    return (
        select(QualificationPrerequisite.type_id, QualificationType.name)
        .join(QualificationType, QualificationType.id == QualificationPrerequisite.needs_type_id)
        .where(QualificationPrerequisite.type_id.in_(bindparam("type_ids", expanding=True)), ~holds)
        .order_by(QualificationPrerequisite.type_id, QualificationType.id)
    )


@prepared
def _uses() -> Any:
    """Bookings of machines that ask for this, which use it up."""
    return (
        select(Occupation.use_start, Lab.time_zone)
        .join(MachineRequirement, MachineRequirement.machine_id == Occupation.machine_id)
        .join(Machine, Machine.id == Occupation.machine_id)
        .join(Lab, Lab.id == Machine.lab_id)
        .where(
            MachineRequirement.type_id == bindparam("type_id", type_=BigId),
            Occupation.user_id == bindparam("person_id", type_=BigId),
            Occupation.state.in_(USING_UP),
            Occupation.id != bindparam("leaving_out", type_=BigId),
        )
    )
